"""The logs of Google Cloud: records decoded from the provider's own format. Pure: no SDK, no I/O."""
