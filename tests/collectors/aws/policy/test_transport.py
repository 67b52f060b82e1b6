"""Whether plaintext requests are refused, for everyone and everything."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.aws.policy import MalformedPolicyError, tls_only
from tests.collectors.aws.policy.documents import BUCKET, OWNER, PROPERTY, allow, deny, policy

PLAINTEXT = {"Bool": {"aws:SecureTransport": "false"}}
OBJECTS = f"{BUCKET}/*"

ENFORCED: list[Any] = [
    pytest.param([deny(PLAINTEXT)], id="string"),
    pytest.param([deny({"Bool": {"aws:SecureTransport": False}})], id="boolean"),
    pytest.param([deny({"Bool": {"AWS:SECURETRANSPORT": ["False"]}})], id="letter case, list"),
    pytest.param([deny({"BoolIfExists": {"aws:SecureTransport": "false"}})], id="IfExists"),
    pytest.param([deny({"StringEquals": {"aws:SecureTransport": "false"}})], id="as text"),
    pytest.param([deny({"StringNotEquals": {"aws:SecureTransport": "true"}})], id="as text, negated"),
    pytest.param([deny({"Bool": {"aws:SecureTransport": ["true", "false"]}})], id="with and without"),
    pytest.param([deny({"Null": {"aws:SecureTransport": "false"}})], id="every request carries the key"),
    pytest.param([deny()], id="everything is refused"),
    pytest.param([deny(PLAINTEXT, Principal={"AWS": "*"})], id="AWS *"),
    pytest.param([deny(PLAINTEXT, Principal={"AWS": ["*"], "Service": "x.amazonaws.com"})], id="* among others"),
    pytest.param([deny(PLAINTEXT, Resource="*", Action="*")], id="stars"),
    pytest.param([deny(PLAINTEXT, Resource=f"{BUCKET}*", Action="*:*")], id="glob over bucket and objects"),
    pytest.param([deny(PLAINTEXT, Resource="arn:aws:s3:::*", Action="S3:*")], id="every bucket"),
    pytest.param([deny(PLAINTEXT, NotAction="ec2:*")], id="NotAction of another service"),
    pytest.param([deny(PLAINTEXT, NotResource="arn:aws:s3:::other/*")], id="NotResource of another bucket"),
    pytest.param([deny(PLAINTEXT, Resource=BUCKET), deny(PLAINTEXT, Resource=OBJECTS)], id="two statements"),
    pytest.param(
        [deny(PLAINTEXT, Action="s3:GetObject"), deny(PLAINTEXT, NotAction="s3:GetObject")], id="two halves of actions"
    ),
    pytest.param(
        [deny(PLAINTEXT, Resource=f"{BUCKET}/x/*"), deny(PLAINTEXT, NotResource=f"{BUCKET}/x/*")],
        id="two halves of objects",
    ),
    pytest.param([allow(), deny(PLAINTEXT), allow(Action="s3:*")], id="among Allows"),
]


@pytest.mark.parametrize("statements", ENFORCED)
def test_enforced(statements: list[dict[str, Any]]) -> None:
    found = tls_only(policy(*statements), bucket_arn=BUCKET)
    assert found.enforced
    assert found.gaps == ()
    denies = [statement for statement in statements if statement["Effect"] == "Deny"]
    assert found.statement == (denies[0] if len(denies) == 1 else denies)


NOTHING = "no statement refuses all requests without TLS"
GAPS: list[Any] = [
    pytest.param([], (NOTHING,), id="no statements"),
    pytest.param([allow({"Bool": {"aws:SecureTransport": "true"}})], (NOTHING,), id="an Allow that asks for TLS"),
    pytest.param([deny(PLAINTEXT, Resource=OBJECTS)], ("the bucket itself",), id="objects only"),
    pytest.param([deny(PLAINTEXT, Resource=BUCKET)], ("objects",), id="bucket only"),
    pytest.param(
        [deny(PLAINTEXT, Resource=[BUCKET, f"{BUCKET}/x/*"])], ("objects other than x/*",), id="a prefix of objects"
    ),
    pytest.param(
        [deny(PLAINTEXT, Action=["s3:GetObject", "s3:PutObject"])],
        ("some actions on the bucket itself", "some actions on objects"),
        id="two actions",
    ),
    pytest.param(
        [deny(PLAINTEXT, NotAction="s3:GetObject")],
        ("some actions on the bucket itself", "some actions on objects"),
        id="all but reading",
    ),
    pytest.param(
        [deny(PLAINTEXT, Principal={"AWS": OWNER})],
        (NOTHING, "statement 1 binds named principals only"),
        id="own account only",
    ),
    pytest.param(
        [deny(PLAINTEXT, NotPrincipal={"AWS": OWNER})],
        (NOTHING, "statement 1 spares the principals in NotPrincipal"),
        id="all but the owner",
    ),
    pytest.param(
        [deny(PLAINTEXT, NotPrincipal="*")],
        (NOTHING, "statement 1 spares the principals in NotPrincipal"),
        id="nobody",
    ),
    pytest.param(
        [deny({**PLAINTEXT, "StringNotEquals": {"aws:PrincipalAccount": OWNER}})],
        (NOTHING, "statement 1 binds only requests with certain values of aws:principalaccount"),
        id="outsiders only",
    ),
    pytest.param(
        [deny({"Bool": {"aws:SecureTransport": "false", "aws:PrincipalIsAWSService": "false"}})],
        (NOTHING, "statement 1 binds only requests with certain values of aws:principalisawsservice"),
        id="all but services",
    ),
    pytest.param(
        [deny({"Bool": {"aws:SecureTransport": "true"}})],
        (NOTHING, "statement 1 does not match requests without TLS"),
        id="the wrong way round",
    ),
    pytest.param(
        [deny({"Bool": {"aws:SecureTransport": []}})],
        (NOTHING, "statement 1 does not match requests without TLS"),
        id="no value",
    ),
    pytest.param([deny({"NumericLessThan": {"s3:TlsVersion": "1.2"}})], (NOTHING,), id="old TLS"),
    pytest.param([deny({"Null": {"s3:TlsVersion": "true"}})], (NOTHING,), id="no TLS version"),
    pytest.param(
        [deny({"Null": {"aws:SecureTransport": "true"}})],
        (NOTHING, "statement 1 does not match requests without TLS"),
        id="key absent: never",
    ),
    pytest.param([deny(PLAINTEXT, Resource=["arn:aws:s3:::other/*", "arn:aws:s3:::other"])], None, id="other bucket"),
    pytest.param([deny(PLAINTEXT, Action="ec2:*")], None, id="other service"),
    pytest.param([deny(PLAINTEXT, Resource=[BUCKET, f"{BUCKET}/${{aws:username}}"])], None, id="variable"),
]


@pytest.mark.parametrize(("statements", "gaps"), GAPS)
def test_gaps_are_named(statements: list[dict[str, Any]], gaps: tuple[str, ...] | None) -> None:
    found = tls_only(policy(*statements), bucket_arn=BUCKET)
    assert not found.enforced
    assert found.statement is None
    assert found.gaps
    if gaps is not None:
        assert found.gaps == gaps


def test_no_policy_enforces_nothing() -> None:
    assert tls_only(None, bucket_arn=BUCKET).gaps == ("there is no bucket policy",)


def test_an_unreadable_deny_matters_only_where_it_decides() -> None:
    unreadable = deny({"StringEqual": {"x": "y"}})
    assert tls_only(policy(unreadable, deny(PLAINTEXT)), bucket_arn=BUCKET).enforced
    for statement in (unreadable, deny(PLAINTEXT, Principal=None), "Deny"):
        with pytest.raises(MalformedPolicyError, match="statement 2: "):
            tls_only(policy(allow(), statement), bucket_arn=BUCKET)
    assert not tls_only(policy(allow({"StringEqual": {}}), allow(Principal=None)), bucket_arn=BUCKET).enforced


STATEMENTS = st.sampled_from([*(statement for case in (*ENFORCED, *GAPS) for statement in case.values[0])])
DENIES = STATEMENTS.filter(lambda statement: statement["Effect"] == "Deny")
ALLOWS = st.builds(
    allow,
    st.sampled_from([None, PLAINTEXT, {"Bool": {"aws:SecureTransport": True}}]),
    Action=st.sampled_from(["s3:*", "s3:GetObject"]),
    Principal=st.sampled_from(["*", {"AWS": OWNER}]),
)


@PROPERTY
@given(st.lists(DENIES, max_size=3), st.lists(ALLOWS, max_size=3))
def test_allows_change_nothing(denies: list[dict[str, Any]], allows: list[dict[str, Any]]) -> None:
    with_allows = tls_only(policy(*denies, *allows), bucket_arn=BUCKET)
    assert with_allows == tls_only(policy(*denies), bucket_arn=BUCKET)


@PROPERTY
@given(st.lists(DENIES, max_size=3), DENIES)
def test_another_deny_never_opens(denies: list[dict[str, Any]], another: dict[str, Any]) -> None:
    if tls_only(policy(*denies), bucket_arn=BUCKET).enforced:
        assert tls_only(policy(*denies, another), bucket_arn=BUCKET).enforced


@PROPERTY
@given(st.lists(DENIES, max_size=3).flatmap(lambda denies: st.tuples(st.just(denies), st.permutations(denies))))
def test_order_means_nothing(orders: tuple[list[dict[str, Any]], list[dict[str, Any]]]) -> None:
    first, second = (tls_only(policy(*order), bucket_arn=BUCKET).enforced for order in orders)
    assert first == second
