"""One module a version, in the order of ``daemon.state.schema.REVISIONS``."""
