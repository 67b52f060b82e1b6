"""Getting queued documents to their sinks: at least once, by ids that make a second delivery change nothing."""
