"""The logs of AWS: records decoded from the provider's own format. Pure: no SDK, no I/O."""
