"""What is required of the key that data at rest is encrypted with."""

from __future__ import annotations

from enum import StrEnum

from collectors.model import KeyHolder

STRENGTH = {holder: strength for strength, holder in enumerate(KeyHolder)}
"""Who holds the key, weakest first."""


class Requirement(StrEnum):
    """Who must hold the key, weakest first: the words an operator may write."""

    PROVIDER = KeyHolder.PROVIDER
    CUSTOMER_KEY = KeyHolder.CUSTOMER_KEY
    HSM = KeyHolder.HSM
