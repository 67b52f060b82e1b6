"""What was read already: a bounded set that a cursor can carry."""

from __future__ import annotations

from hashlib import blake2b

_HASH = 8
_TIME = 4
_ENTRY = _HASH + _TIME
_LATEST = 2**32 - 1


class Seen:
    """Names that were read, each with a moment (seconds since 1970) after which it may be forgotten.

    Holds 12 bytes a name: its hash and the moment. Beyond ``most`` the oldest are forgotten. Of a million
    names, two share a hash with a chance of one in 37 million.
    """

    def __init__(self, packed: bytes = b"", *, most: int) -> None:
        self._most = most
        self._times: dict[bytes, int] = {
            packed[at : at + _HASH]: int.from_bytes(packed[at + _HASH : at + _ENTRY], "big")
            for at in range(0, len(packed) - _ENTRY + 1, _ENTRY)
        }

    def __contains__(self, name: str) -> bool:
        """Whether a name is remembered."""
        return _hashed(name) in self._times

    def __len__(self) -> int:
        """Return how many names are remembered."""
        return len(self._times)

    def add(self, name: str, moment: float) -> None:
        """Remember a name."""
        self._times[_hashed(name)] = max(0, min(_LATEST, int(moment)))
        if len(self._times) > self._most:
            # A tenth at once: finding the oldest costs as much as there are names.
            ordered = sorted(self._times, key=self._times.__getitem__)
            for name_hash in ordered[: max(1, self._most // 10)]:
                del self._times[name_hash]

    def forget_before(self, moment: float) -> None:
        """Forget every name whose moment lies before this one."""
        for old in [name_hash for name_hash, time in self._times.items() if time < moment]:
            del self._times[old]

    def packed(self) -> bytes:
        """Return everything as bytes, for a new Seen to be made from."""
        return b"".join(name_hash + time.to_bytes(_TIME, "big") for name_hash, time in self._times.items())


def _hashed(name: str) -> bytes:
    return blake2b(name.encode(), digest_size=_HASH).digest()
