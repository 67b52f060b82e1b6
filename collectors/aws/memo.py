"""Values that many threads want and one of them makes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Memo(Generic[K, V]):
    """A value per key, made once by whoever asks first while the others wait for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._making: dict[K, threading.Lock] = {}
        self._made: dict[K, V] = {}

    def get(self, key: K, make: Callable[[], V]) -> V:
        """Return the key's value; what ``make`` raises is raised, and made again by who asks next."""
        try:
            return self._made[key]
        except KeyError:
            pass
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            if key not in self._made:
                self._made[key] = make()
            return self._made[key]
