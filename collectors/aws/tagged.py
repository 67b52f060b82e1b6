"""The tags of a service's resources in a region: from one list of all, or from each where that cannot be had."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from collectors.aws.answers import Answer, member
from collectors.aws.memo import Memo
from collectors.aws.operations import Operation
from collectors.aws.pages import Listed, gathered, pages, tags
from collectors.aws.session import AwsAccount
from collectors.model import Fact, Known

Tags: TypeAlias = Fact[dict[str, str]]

# Resource Groups Tagging API reference, "GetResources"; the action is that of the Service Authorization Reference.
GET_RESOURCES = Operation(
    service="resourcegroupstaggingapi",
    name="GetResources",
    action="tag:GetResources",
    why="the data class of all of a service's resources at once",
    optional=True,
)
TAGGED = Listed(GET_RESOURCES, "ResourceTagMappingList", answered="PaginationToken", asked="PaginationToken")
_PAGE = 100


class Tagged:
    """The tags of one region's resources of some types, such as ``kms:key``. Safe for use by many threads.

    The list holds what is tagged, a hundred a call; what it leaves out has no tags. ``single`` asks one resource, by
    its ARN: where the list cannot be had, or ``listed`` is False because only one is wanted.
    """

    def __init__(
        self,
        account: AwsAccount,
        region: str,
        types: Sequence[str],
        single: Callable[[str], Tags],
        *,
        listed: bool = True,
    ) -> None:
        self._account = account
        self._region = region
        self._types = list(types)
        self._single = single
        self._is_listed = listed
        self._listed: Memo[str, Fact[Mapping[str, dict[str, str]]]] = Memo()

    def of(self, arn: str) -> Tags:
        """Return a resource's tags by its ARN; raises GoneError where one that is asked itself does not exist."""
        if self._is_listed:
            listed = self._listed.get("", self._list)
            if isinstance(listed, Known):
                return Known(listed.value.get(arn, {}))
        return self._single(arn)

    def _list(self) -> Fact[Mapping[str, dict[str, str]]]:
        narrowed = {"ResourceTypeFilters": self._types, "ResourcesPerPage": _PAGE}
        found = gathered(pages(self._account, TAGGED, self._region, _tagged, **narrowed))
        return Known(dict(found.value)) if isinstance(found, Known) else found


def _tagged(entry: Answer) -> tuple[str, dict[str, str]]:
    return str(member(entry, "ResourceARN")), tags(member(entry, "Tags"))
