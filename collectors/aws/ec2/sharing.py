"""Which snapshots everyone may use: from one list, each confirmed by its own attribute."""

from __future__ import annotations

from typing import Any

from collectors.aws.answers import Answer, GoneError, expect_root, member
from collectors.aws.ec2.listing import PAGE, gathered, listed
from collectors.aws.ec2.operations import (
    DESCRIBE_SNAPSHOT_ATTRIBUTE,
    DESCRIBE_SNAPSHOTS,
    GET_SNAPSHOT_BLOCK_PUBLIC_ACCESS_STATE,
)
from collectors.aws.memo import Memo
from collectors.aws.session import AwsAccount
from collectors.model import Fact, Known, NotNeeded, Sharing

_NOT_READ = NotNeeded("named_shares_not_read")
_PRIVATE = Sharing(granted=False)
_ALL_BLOCKED = "block-all-sharing"
BLOCK = "region block public access for snapshots"


def own(account: AwsAccount) -> dict[str, Any]:
    """Return what narrows a list of snapshots to the account's own; not every endpoint heeds OwnerIds."""
    return {"OwnerIds": ["self"], "Filters": [{"Name": "owner-id", "Values": [account.account_id]}]}


class PublicSnapshots:
    """Which of one region's own snapshots everyone may restore; ``only`` narrows it to one snapshot.

    The list costs one call. Each snapshot on it is confirmed by its attribute, since an endpoint that
    overlooks whom the list is for would answer with all of them.
    """

    def __init__(self, account: AwsAccount, region: str, *, only: str = "") -> None:
        self._account = account
        self._region = region
        self._only = only
        self._listed: Memo[str, Fact[frozenset[str]]] = Memo()
        self._block: Memo[str, Fact[str]] = Memo()

    def sharing(self, uid: str) -> tuple[Fact[Sharing], Fact[tuple[str, ...]]]:
        """Return whether a snapshot is shared with everyone, and with which other accounts by name.

        Raises GoneError where the snapshot does not exist any more.
        """
        public = self._listed.get("", self._list)
        if not isinstance(public, Known):
            return public, public
        if uid not in public.value:
            return Known(_PRIVATE), _NOT_READ
        granted = self._account.read(
            DESCRIBE_SNAPSHOT_ATTRIBUTE,
            self._region,
            _permissions,
            SnapshotId=uid,
            Attribute="createVolumePermission",
        )
        if not isinstance(granted, Known):
            return granted, granted
        everyone, accounts = granted.value
        return Known(self._weighed() if everyone else _PRIVATE), Known(accounts)

    def _weighed(self) -> Sharing:
        """Return a grant to everyone with what is known of the region's switch against it."""
        state = self._block.get("", self._ask_for_block)
        if not isinstance(state, Known):
            # The grant is seen. A switch that was not seen excuses nothing.
            return Sharing(granted=True, notes=("sharing_block_unread",))
        return Sharing(granted=True, blocked_by=(BLOCK,) if state.value == _ALL_BLOCKED else ())

    def _ask_for_block(self) -> Fact[str]:
        return self._account.read(
            GET_SNAPSHOT_BLOCK_PUBLIC_ACCESS_STATE, self._region, lambda answer: str(member(answer, "State"))
        )

    def _list(self) -> Fact[frozenset[str]]:
        parameters = {**own(self._account), "RestorableByUserIds": ["all"]}
        if self._only:
            parameters["SnapshotIds"] = [self._only]
        try:
            found = gathered(
                listed(
                    self._account,
                    DESCRIBE_SNAPSHOTS,
                    self._region,
                    "Snapshots",
                    lambda entry: str(member(entry, "SnapshotId")),
                    page=None if self._only else PAGE,
                    **parameters,
                )
            )
        except GoneError:
            return Known(frozenset())
        return Known(frozenset(found.value)) if isinstance(found, Known) else found


def _permissions(answer: Answer) -> tuple[bool, tuple[str, ...]]:
    expect_root(answer, "DescribeSnapshotAttributeResponse")
    granted = answer.get("CreateVolumePermissions") or ()
    accounts = sorted(str(one["UserId"]) for one in granted if one.get("UserId"))
    return any(one.get("Group") == "all" for one in granted), tuple(accounts)
