"""Detectors of the network category."""
