"""The running program: what is read when, what happens when that fails, how it starts, reloads and ends."""
