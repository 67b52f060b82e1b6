"""Which regions an account has enabled: a unit of work that yields no resource, only more units."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

import structlog

from collectors.api import Permission
from collectors.aws.answers import Answer, MalformedAnswerError
from collectors.aws.operations import Attempt, Operation, permissions
from collectors.aws.session import AwsAccount
from collectors.model import Known, Provider, Resource, Scope, Unread, UnreadReason

log = structlog.get_logger(__name__)

DESCRIBE_REGIONS = Operation(
    service="ec2",
    name="DescribeRegions",
    action="ec2:DescribeRegions",
    why="which regions the account has enabled, so that each of them is read",
)

_DISABLED = "not-opted-in"


class EnabledRegions:
    """A collector of regions: hands those to read to ``found``, also whether the cloud was asked in vain.

    Read are the regions that are on by default or were opted into (EC2 API reference,
    "DescribeRegions"), bounded by the account's configured list. Where they cannot be listed, the
    configured list stands for them, and ``complete`` is False.
    """

    uid: ClassVar[str] = "aws.regions"
    provider: ClassVar[Provider] = Provider.AWS
    kinds: ClassVar[tuple[type[Resource], ...]] = ()
    regional: ClassVar[bool] = False
    operations: ClassVar[tuple[Operation, ...]] = (DESCRIBE_REGIONS,)
    permissions: ClassVar[tuple[Permission, ...]] = permissions(operations)

    def __init__(self, account: AwsAccount, found: Callable[[tuple[str, ...], bool], None]) -> None:
        self._account = account
        self._found = found

    def collect(self, _scope: Scope) -> Iterator[Resource | Unread]:
        """List the regions; yields an Unread where that fails, and one for each configured region that there is not."""
        refusal = self._account.verify()
        if refusal is not None:
            self._found(self._account.regions, False)  # noqa: FBT003 - the callback's own shape
            yield refusal
            return
        listed = self._account.read(DESCRIBE_REGIONS, self._account.home_region, _standings, AllRegions=True)
        if not isinstance(listed, Known):
            self._found(self._account.regions, False)  # noqa: FBT003 - the callback's own shape
            if isinstance(listed, Unread):
                yield listed
            return
        standings = listed.value
        wanted = self._account.regions or tuple(sorted(standings))
        enabled = tuple(region for region in wanted if standings.get(region, _DISABLED) != _DISABLED)
        self._tell(tuple(region for region in self._account.regions if standings.get(region) == _DISABLED))
        self._found(enabled, True)  # noqa: FBT003 - the callback's own shape
        for region in wanted:
            if region not in standings:
                yield Unread(
                    reason=UnreadReason.UNSUPPORTED, operation=DESCRIBE_REGIONS.uid, detail=f"no_such_region:{region}"
                )

    def refresh(self, _scope: Scope, _uid: str) -> Resource | Unread | None:
        """Return None: there are no resources here."""
        return None

    def attempts(self) -> Iterator[Attempt]:
        """Yield the one call there is, for trying the permission."""
        yield Attempt(operation=DESCRIBE_REGIONS, region=self._account.home_region, parameters={"AllRegions": True})

    def _tell(self, disabled: tuple[str, ...]) -> None:
        if self._account.changed("regions configured and not enabled", to=bool(disabled)) and disabled:
            log.warning(
                "configured regions are not enabled in the account and are not read",
                account=self._account.account_id,
                regions=list(disabled),
            )


def _standings(answer: Answer) -> dict[str, str]:
    """Return each region with its opt-in status; an answer without any region makes no sense."""
    standings = {
        str(region["RegionName"]): str(region.get("OptInStatus", "opt-in-not-required"))
        for region in answer.get("Regions", ())
    }
    if not standings:
        message = "no Regions"
        raise MalformedAnswerError(message)
    return standings
