"""Detectors of the residency category."""
