"""Detectors of the keys category."""
