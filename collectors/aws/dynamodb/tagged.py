"""The tags of tables: from one list of the region, or from each table where that list cannot be had."""

from __future__ import annotations

from collections.abc import Mapping

from collectors.aws.answers import Answer, member
from collectors.aws.dynamodb.operations import PAGE, TAGGED, TAGS
from collectors.aws.memo import Memo
from collectors.aws.pages import gathered, pages, tags
from collectors.aws.session import AwsAccount
from collectors.model import Fact, Known

_OF_TABLES = ["dynamodb:table"]


class TableTags:
    """The tags of one region's tables. Safe for use by many threads.

    A table's own tags may be asked for ten times a second in a whole account (DynamoDB API reference,
    "ListTagsOfResource"), the list of all that are tagged costs a call a hundred. ``listed`` is False for a single
    table, which is asked itself.
    """

    def __init__(self, account: AwsAccount, region: str, *, listed: bool = True) -> None:
        self._account = account
        self._region = region
        self._is_listed = listed
        self._listed: Memo[str, Fact[Mapping[str, dict[str, str]]]] = Memo()

    def of(self, arn: str) -> Fact[dict[str, str]]:
        """Return a table's tags by its ARN; raises GoneError where a table that is asked itself does not exist."""
        if self._is_listed:
            listed = self._listed.get("", self._list)
            if isinstance(listed, Known):
                return Known(listed.value.get(arn, {}))
        own = gathered(pages(self._account, TAGS, self._region, _itself, ResourceArn=arn))
        return Known(tags(own.value)) if isinstance(own, Known) else own

    def _list(self) -> Fact[Mapping[str, dict[str, str]]]:
        found = gathered(
            pages(
                self._account,
                TAGGED,
                self._region,
                _tagged,
                ResourceTypeFilters=_OF_TABLES,
                ResourcesPerPage=PAGE,
            )
        )
        return Known(dict(found.value)) if isinstance(found, Known) else found


def _tagged(entry: Answer) -> tuple[str, dict[str, str]]:
    return str(member(entry, "ResourceARN")), tags(member(entry, "Tags"))


def _itself(entry: Answer) -> Answer:
    # Each is looked at here, so that one that makes no sense is an unread page and not an error later on.
    member(entry, "Key")
    return entry
