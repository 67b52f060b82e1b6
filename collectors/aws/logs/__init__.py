"""The logs of AWS: the sources that read them, and their records, decoded from the provider's own format."""
