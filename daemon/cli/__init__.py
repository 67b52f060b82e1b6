"""The commands, one module each. A command imports what it works with only when it is called."""
