"""Detectors of the storage category."""
