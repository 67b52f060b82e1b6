"""When and where to: schedule, state, drift, shipping, web and command line."""
