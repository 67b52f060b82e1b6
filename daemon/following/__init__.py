"""Following logs: what happened in a cloud is matched, counted, and looked at again where it changed something."""
