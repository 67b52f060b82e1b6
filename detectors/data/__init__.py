"""Detectors of the data category."""
