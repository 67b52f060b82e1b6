"""Log records on their way from bytes to documents and matches."""
