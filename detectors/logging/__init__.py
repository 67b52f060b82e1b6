"""Detectors of the logging category."""
