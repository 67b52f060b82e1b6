"""Block Public Access of the account, of its organization, and of one bucket."""

from __future__ import annotations

import json

import msgspec

from collectors.aws.answers import Answer, MalformedAnswerError, expect_root, member
from collectors.aws.policy import PublicAccessBlock
from collectors.aws.s3.operations import (
    DESCRIBE_EFFECTIVE_POLICY,
    DESCRIBE_ORGANIZATION,
    GET_ACCOUNT_PUBLIC_ACCESS_BLOCK,
    GET_PUBLIC_ACCESS_BLOCK,
    S3_POLICY_TYPE,
)
from collectors.aws.session import AwsAccount
from collectors.model import Fact, Known

_NO_BLOCK: Known[PublicAccessBlock] = Known(PublicAccessBlock())


class Organization(msgspec.Struct, frozen=True, kw_only=True):
    """The organization that an account is in: its management account, and whether all features are on."""

    management_account: str
    all_features: bool


class AccountBlocks(msgspec.Struct, frozen=True, kw_only=True):
    """The account's block as it is in force, and the organization's own part of it.

    ``organization`` is Known(None) where no organization sets one, ``membership`` where the account is in none.
    """

    account: Fact[PublicAccessBlock]
    organization: Fact[PublicAccessBlock | None]
    membership: Fact[Organization | None] = Known(None)


def read_account_blocks(account: AwsAccount) -> AccountBlocks:
    """Read the account's block; the organization is asked only to name its part, so a refusal there costs nothing."""
    membership = _membership(account)
    return AccountBlocks(
        membership=membership,
        account=account.read(
            GET_ACCOUNT_PUBLIC_ACCESS_BLOCK,
            account.home_region,
            block,
            nothing=_NO_BLOCK,
            AccountId=account.account_id,
        ),
        organization=_organization_block(account, membership),
    )


def read_bucket_block(account: AwsAccount, region: str, name: str) -> Fact[PublicAccessBlock]:
    """Read one bucket's own block; raises GoneError."""
    return account.read(GET_PUBLIC_ACCESS_BLOCK, region, block, nothing=_NO_BLOCK, Bucket=name)


def block(answer: Answer) -> PublicAccessBlock:
    """Return the block of an answer; raises ValueError for one that makes no sense."""
    expect_root(answer, "PublicAccessBlock")
    return PublicAccessBlock.from_api(member(answer, "PublicAccessBlockConfiguration"))


def _membership(account: AwsAccount) -> Fact[Organization | None]:
    none: Known[Organization | None] = Known(None)
    return account.read(DESCRIBE_ORGANIZATION, account.home_region, _described, nothing=none)


def _organization_block(account: AwsAccount, membership: Fact[Organization | None]) -> Fact[PublicAccessBlock | None]:
    if not isinstance(membership, Known):
        return membership
    if membership.value is None:
        return Known(None)
    nothing: Known[PublicAccessBlock | None] = Known(None)
    return account.read(
        DESCRIBE_EFFECTIVE_POLICY, account.home_region, _effective, nothing=nothing, PolicyType=S3_POLICY_TYPE
    )


def _described(answer: Answer) -> Organization:
    found = member(answer, "Organization")
    return Organization(
        management_account=str(member(found, "MasterAccountId")),
        all_features=found.get("FeatureSet") != "CONSOLIDATED_BILLING",
    )


def _effective(answer: Answer) -> PublicAccessBlock | None:
    """Read an effective policy of type S3: ``all`` sets all four switches, ``none`` takes all four away."""
    content = json.loads(member(member(answer, "EffectivePolicy"), "PolicyContent"))
    setting = content.get("s3_attributes", {}).get("public_access_block_configuration")
    if setting is None:
        return None
    try:
        return {"all": PublicAccessBlock.everything, "none": PublicAccessBlock}[setting]()
    except (KeyError, TypeError):
        message = "public_access_block_configuration"
        raise MalformedAnswerError(message) from None


def levels(blocks: AccountBlocks, bucket: Fact[PublicAccessBlock]) -> Fact[dict[str, dict[str, bool]]]:
    """Return the raw switches of each level; unread where the account's or the bucket's could not be read."""
    found: dict[str, dict[str, bool]] = {}
    for level, fact in (("account", blocks.account), ("bucket", bucket)):
        if isinstance(fact, Known):
            found[level] = fact.value.switches()
        else:
            return fact
    if isinstance(blocks.organization, Known) and blocks.organization.value is not None:
        found["organization"] = blocks.organization.value.switches()
    return Known(found)
