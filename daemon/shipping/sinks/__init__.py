"""Sinks: each only encodes, sends and classifies. Retry and backoff live in the shipper alone."""
