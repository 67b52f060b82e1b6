"""Sigma rules over log records: parsed by pySigma, matched here."""
