"""What an operator does about facts that could not be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from collectors.model import Unread, UnreadReason

_MEND = {
    UnreadReason.CREDENTIALS: "Renew the credentials cspmd reads with; `cspmd doctor` tries them.",
    UnreadReason.THROTTLED: "The cloud slowed cspmd down; it is read again by itself. If that lasts, lengthen the "
    "target's schedule.",
    UnreadReason.SERVICE_DISABLED: "Enable the service's API for this account, or take the account out of the target.",
    UnreadReason.UNREACHABLE: "Check the network path (egress, proxy, DNS, endpoint) from cspmd to the service; "
    "it is read again by itself.",
    UnreadReason.UNSUPPORTED: "cspmd does not know this answer well enough to judge it; look at it by hand, and "
    "upgrade cspmd if a newer version knows it.",
    UnreadReason.NOT_TOLD: "The cloud answered and leaves this out; look at it by hand.",
    UnreadReason.NOT_ASKED: "Nothing judged it when it was read last; it is read with the next poll by itself.",
    UnreadReason.MALFORMED: "The answer could not be understood; look at the named document by hand.",
    UnreadReason.ERROR: "The cloud answered with an error; it is read again by itself.",
}


def how_to_read(unread: Iterable[Unread]) -> str:
    """Return what to do so that these facts can be read: what failed, what to grant, how to check."""
    failures = tuple(unread)
    lines = (f"- {failure.summary}" for failure in failures)
    return "\n".join(("Could not be judged:", *lines, *_mending(failures)))


def _mending(failures: tuple[Unread, ...]) -> Iterator[str]:
    denied = [failure for failure in failures if failure.reason is UnreadReason.DENIED]
    permissions = sorted({failure.permission for failure in denied if failure.permission})
    if permissions:
        yield (
            f"Grant {', '.join(permissions)} to the identity cspmd reads with "
            "(`cspmd permissions` prints the whole policy; `cspmd doctor` says what is missing)."
        )
    elif denied:
        yield "Grant the identity cspmd reads with access to it; `cspmd doctor` says what is missing."
    for reason, words in _MEND.items():
        if any(failure.reason is reason for failure in failures):
            yield words
