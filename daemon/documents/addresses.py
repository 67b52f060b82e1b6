"""Telling network addresses from the names that clouds put where an address is expected."""

from __future__ import annotations

import ipaddress


def ip_of(text: str) -> str:
    """Return the IP address in its shortest form, empty where the text is none.

    An address with a zone (``fe80::1%eth0``) is none: the ``ip`` field type refuses it.
    """
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return ""
    return "" if "%" in text else str(parsed)
