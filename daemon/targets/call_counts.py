"""How often the APIs of each account were called since that was last told."""

from __future__ import annotations

import threading
from collections import Counter

from collectors.model import Provider


class CallCounts:
    """Calls by account, service and outcome. Safe for use by many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counted: dict[tuple[Provider, str], Counter[tuple[str, str]]] = {}

    def count(self, provider: Provider, account: str, service: str, outcome: str) -> None:
        """Count one call that is over."""
        with self._lock:
            self._counted.setdefault((provider, account), Counter())[service, outcome] += 1

    def take(self, provider: Provider, account: str) -> Counter[tuple[str, str]]:
        """Return an account's calls by service and outcome, and begin anew with it."""
        with self._lock:
            return self._counted.pop((provider, account), Counter())
