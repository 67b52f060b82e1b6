"""The collector of security groups: a region's in one list, with what they guard in another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, ClassVar

from collectors.aws.answers import Answer, GoneError
from collectors.aws.ec2.listing import PAGE, gathered, listed
from collectors.aws.ec2.operations import (
    DESCRIBE_NETWORK_INTERFACES,
    DESCRIBE_SECURITY_GROUPS,
    GET_MANAGED_PREFIX_LIST_ENTRIES,
    NETWORK_OPERATIONS,
)
from collectors.aws.ec2.prefix_lists import PrefixLists
from collectors.aws.ec2.security_groups import Interface, attachments, security_group
from collectors.aws.operations import Attempt
from collectors.aws.regional import RegionalCollector
from collectors.model import Attachments, Fact, Known, Resource, SecurityGroup, Unread

_NOBODYS = "pl-00000000000000000"


class NetworkCollector(RegionalCollector):
    """Reads the security groups of one region: two lists, and one read for each prefix list that a rule refers to."""

    uid: ClassVar[str] = "aws.ec2.network"
    service: ClassVar[str] = "ec2"
    kinds: ClassVar[tuple[type[Resource], ...]] = (SecurityGroup,)
    operations = NETWORK_OPERATIONS

    def _all_in(self, region: str) -> Iterator[Resource | Unread]:
        """Stream the region's security groups, page by page as they are listed."""
        yield from self._groups(region, self._guarded(region))

    def _again(self, region: str, uid: str) -> Resource | Unread | None:
        """Read one security group anew by its ARN; None where it does not exist."""
        group = uid.rpartition("/")[2]
        interfaces = self._guarded(region, Filters=[{"Name": "group-id", "Values": [group]}])
        try:
            return next(self._groups(region, interfaces, page=None, GroupIds=[group]), None)
        except GoneError:
            return None

    def attempts(self) -> Iterator[Attempt]:
        """Yield one harmless call of each operation, for trying the permissions."""
        home = self._account.home_region
        few = {"MaxResults": 5}
        yield Attempt(operation=DESCRIBE_SECURITY_GROUPS, region=home, parameters=few)
        yield Attempt(operation=DESCRIBE_NETWORK_INTERFACES, region=home, parameters=few)
        yield Attempt(operation=GET_MANAGED_PREFIX_LIST_ENTRIES, region=home, parameters={"PrefixListId": _NOBODYS})

    def _groups(
        self,
        region: str,
        guarded: Fact[Mapping[str, Attachments]],
        *,
        page: int | None = PAGE,
        **parameters: Any,  # noqa: ANN401 - the API's parameters
    ) -> Iterator[SecurityGroup | Unread]:
        take = partial(
            security_group,
            partition=self._account.partition,
            region=region,
            prefix_lists=PrefixLists(self._account, region),
            guarded=guarded,
        )
        found = listed(self._account, DESCRIBE_SECURITY_GROUPS, region, "SecurityGroups", take, page=page, **parameters)
        for group in found:
            # A group that another account shares with this one is that account's to judge.
            if isinstance(group, Unread) or group.account == self._account.account_id:
                yield group

    def _guarded(self, region: str, **parameters: Any) -> Fact[Mapping[str, Attachments]]:  # noqa: ANN401 - as above
        interfaces = gathered(
            listed(self._account, DESCRIBE_NETWORK_INTERFACES, region, "NetworkInterfaces", _interface, **parameters)
        )
        return Known(attachments(interfaces.value)) if isinstance(interfaces, Known) else interfaces


def _interface(entry: Answer) -> Interface:
    return Interface(entry)
