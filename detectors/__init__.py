"""What it means. Pure functions over facts: no I/O, no SDK, no clock."""
