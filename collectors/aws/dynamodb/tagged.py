"""The tags of tables: from one list of the region, or from each table where that list cannot be had."""

from __future__ import annotations

from collectors.aws.answers import Answer, member
from collectors.aws.dynamodb.operations import TAGS
from collectors.aws.pages import gathered, pages, tags
from collectors.aws.session import AwsAccount
from collectors.aws.tagged import Tagged
from collectors.model import Fact, Known


def table_tags(account: AwsAccount, region: str, *, listed: bool = True) -> Tagged:
    """Return the tags of one region's tables; ``listed`` is False for a single table, which is asked itself.

    A table's own tags may be asked for ten times a second in a whole account (DynamoDB API reference,
    "ListTagsOfResource").
    """

    def single(arn: str) -> Fact[dict[str, str]]:
        own = gathered(pages(account, TAGS, region, _itself, ResourceArn=arn))
        return Known(tags(own.value)) if isinstance(own, Known) else own

    return Tagged(account, region, ["dynamodb:table"], single, listed=listed)


def _itself(entry: Answer) -> Answer:
    # Each is looked at here, so that one that makes no sense is an unread page and not an error later on.
    member(entry, "Key")
    return entry
