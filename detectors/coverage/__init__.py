"""Detectors of the coverage category."""
