"""The four switches over their levels."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.aws.policy import MalformedPolicyError, PublicAccessBlock, merge_blocks
from collectors.aws.policy.blocks import SWITCHES
from collectors.model import Fact, Known, NotNeeded, Switch, Unread, UnreadReason
from tests.collectors.aws.policy.documents import PROPERTY

DENIED = Unread(reason=UnreadReason.DENIED, operation="x", permission="s3:x")
BLOCKS = st.builds(
    PublicAccessBlock,
    block_public_acls=st.booleans(),
    ignore_public_acls=st.booleans(),
    block_public_policy=st.booleans(),
    restrict_public_buckets=st.booleans(),
)
LEVELS: st.SearchStrategy[Fact[PublicAccessBlock]] = st.one_of(
    BLOCKS.map(Known), st.just(DENIED), st.just(NotNeeded("x"))
)
ORGANIZATIONS: st.SearchStrategy[Fact[PublicAccessBlock | None]] = st.one_of(LEVELS, st.just(Known(None)))


def test_from_the_api() -> None:
    assert PublicAccessBlock.from_api(dict.fromkeys(SWITCHES, True)) == PublicAccessBlock.everything()
    assert PublicAccessBlock.from_api({"IgnorePublicAcls": True}) == PublicAccessBlock(ignore_public_acls=True)
    assert PublicAccessBlock.from_api({}) == PublicAccessBlock()
    assert PublicAccessBlock.everything().switches() == dict.fromkeys(SWITCHES, True)
    for odd in ("true", 1, None):
        with pytest.raises(MalformedPolicyError, match="RestrictPublicBuckets"):
            PublicAccessBlock.from_api({"RestrictPublicBuckets": odd})


@PROPERTY
@given(ORGANIZATIONS, LEVELS, LEVELS, st.none() | LEVELS)
def test_each_switch_is_merged_by_itself(
    organization: Fact[PublicAccessBlock | None],
    account: Fact[PublicAccessBlock],
    bucket: Fact[PublicAccessBlock],
    access_point: Fact[PublicAccessBlock] | None,
) -> None:
    merged = merge_blocks(organization=organization, account=account, bucket=bucket, access_point=access_point)
    overridden = isinstance(organization, Known) and organization.value is not None
    top = ("organization", organization) if overridden else ("account", account)
    levels = [top, ("bucket", bucket), *([] if access_point is None else [("access point", access_point)])]
    facts = (
        merged.block_public_acls,
        merged.ignore_public_acls,
        merged.block_public_policy,
        merged.restrict_public_buckets,
    )
    for name, fact in zip(SWITCHES, facts, strict=True):
        by = tuple(
            f"{level} {name}"
            for level, block in levels
            if isinstance(block, Known) and block.value is not None and block.value.switches()[name]
        )
        if by:
            assert fact == Known(Switch(on=True, by=by))
        elif any(isinstance(block, Unread) for _, block in levels):
            assert fact == DENIED
        else:
            assert fact == Known(Switch(on=False))
