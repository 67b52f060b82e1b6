"""Which addresses the prefix lists stand for that rules refer to."""

from __future__ import annotations

from collectors.aws.answers import Answer, GoneError, member
from collectors.aws.ec2.listing import gathered, listed
from collectors.aws.ec2.operations import GET_MANAGED_PREFIX_LIST_ENTRIES
from collectors.aws.memo import Memo
from collectors.aws.session import AwsAccount
from collectors.model import Fact, Known

# The most that this operation gives in one answer (EC2 API reference).
_PAGE = 100


class PrefixLists:
    """The prefix lists of one region, the account's own, others' shared with it and AWS's; each read at most once."""

    def __init__(self, account: AwsAccount, region: str) -> None:
        self._account = account
        self._region = region
        self._read: Memo[str, Fact[tuple[str, ...]]] = Memo()

    def addresses(self, uid: str) -> Fact[tuple[str, ...]]:
        """Return the CIDR ranges of a list, none where it does not exist any more."""
        return self._read.get(uid, lambda: self._entries(uid))

    def _entries(self, uid: str) -> Fact[tuple[str, ...]]:
        try:
            entries = gathered(
                listed(
                    self._account,
                    GET_MANAGED_PREFIX_LIST_ENTRIES,
                    self._region,
                    "Entries",
                    _cidr,
                    page=_PAGE,
                    PrefixListId=uid,
                )
            )
        except GoneError:
            return Known(())
        # The order of entries says nothing, and a mere change of it would be a change of the group.
        return Known(tuple(sorted(entries.value))) if isinstance(entries, Known) else entries


def _cidr(entry: Answer) -> str:
    return str(member(entry, "Cidr"))
