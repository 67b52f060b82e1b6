"""What must hold for every policy, whatever it says."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from collectors.aws.policy import aws_considers_public, parse_policy
from collectors.model import PUBLIC_REACH, Grant, Known, Reach
from tests.collectors.aws.policy.documents import (
    BUCKET,
    FOREIGN,
    ON,
    ORDER,
    OWNER,
    PROPERTY,
    deny,
    grants,
    policy,
    reach,
)

KEYS = {
    "aws:PrincipalOrgID": ["o-x1", "o-*", "${aws:PrincipalOrgID}"],
    "aws:PrincipalOrgPaths": ["o-x1/r-1/*", "*"],
    "aws:PrincipalAccount": [OWNER, FOREIGN, "anonymous", "9*"],
    "aws:PrincipalArn": [f"arn:aws:iam::{FOREIGN}:role/x", f"arn:aws:iam::{OWNER}:*", "arn:aws:iam::*:role/x"],
    "aws:PrincipalType": ["Anonymous", "User"],
    "aws:userid": ["AROAEXAMPLEID1234567:*", "AIDAEXAMPLE", "anonymous"],
    "aws:username": ["x", "*"],
    "aws:SourceVpc": ["vpc-1", "vpc-*"],
    "aws:SourceVpce": ["vpce-1", "vpce-?"],
    "aws:SourceIp": ["203.0.113.0/24", "0.0.0.0/1", "128.0.0.0/1", "::/0", "10.0.0.0/8"],
    "aws:VpcSourceIp": ["10.0.0.0/8"],
    "aws:SourceArn": ["arn:aws:s3:::x", f"arn:aws:sns:eu-west-1:{FOREIGN}:*", "*"],
    "aws:SourceAccount": [OWNER, FOREIGN, "*"],
    "aws:PrincipalIsAWSService": ["true", "false"],
    "aws:SecureTransport": ["true", "false"],
    "aws:ViaAWSService": ["true", "false"],
    "aws:ResourceAccount": [OWNER, FOREIGN],
    "aws:Referer": ["x", "*"],
    "aws:CurrentTime": ["2020-01-01T00:00:00Z"],
    "s3:DataAccessPointAccount": [OWNER, FOREIGN],
    "s3:DataAccessPointArn": [
        f"arn:aws:s3:eu-west-1:{OWNER}:accesspoint/*",
        "arn:aws:s3:*:*:accesspoint/*",
    ],
    "s3:AccessPointNetworkOrigin": ["VPC", "Internet"],
    "s3:x-amz-server-side-encryption-aws-kms-key-id": [f"arn:aws:kms:eu-west-1:{FOREIGN}:key/1", "*"],
}
TEXT = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "ArnLike",
    "ArnNotEquals",
    "Bool",
    "NumericLessThan",
]


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    block: dict[str, dict[str, Any]] = {}
    for key in draw(st.lists(st.sampled_from(sorted(KEYS)), max_size=3, unique=True)):
        kind = draw(st.sampled_from(["text", "text", "null", "address"]))
        if kind == "null":
            operator, values = "Null", ["true", "false"]
        elif kind == "address" and key.endswith("Ip"):
            operator, values = draw(st.sampled_from(["IpAddress", "NotIpAddress"])), KEYS[key]
        else:
            operator, values = draw(st.sampled_from(TEXT)), KEYS[key]
        if operator != "Null":
            operator = draw(st.sampled_from(["", "", "ForAllValues:", "ForAnyValue:"])) + operator
            operator += draw(st.sampled_from(["", "", "IfExists"]))
        chosen = draw(st.lists(st.sampled_from(values), min_size=0, max_size=3, unique=True))
        block.setdefault(operator, {})[key] = chosen
    return block


ACTIONS = st.lists(
    st.sampled_from(["s3:GetObject", "s3:Get*", "s3:*", "*", "s3:PutObject", "s3:ListBucket", "s3:?etObject"]),
    min_size=1,
    max_size=2,
    unique=True,
)
RESOURCES = st.lists(
    st.sampled_from([BUCKET, f"{BUCKET}/*", f"{BUCKET}/x/*", f"{BUCKET}*", "*", f"{BUCKET}/${{aws:username}}/*"]),
    min_size=1,
    max_size=2,
    unique=True,
)
PRINCIPALS = st.sampled_from(
    [
        "*",
        {"AWS": "*"},
        {"AWS": ["*", OWNER]},
        {"AWS": OWNER},
        {"AWS": FOREIGN},
        {"AWS": f"arn:aws:iam::{FOREIGN}:role/x"},
        {"Service": "cloudtrail.amazonaws.com"},
        {"Federated": "graph.facebook.com"},
        {"CanonicalUser": "a" * 64},
    ]
)


@st.composite
def statements(draw: st.DrawFn, effect: str | None = None) -> dict[str, Any]:
    made: dict[str, Any] = {"Effect": effect or draw(st.sampled_from(["Allow", "Allow", "Deny"]))}
    made[draw(st.sampled_from(["Principal", "Principal", "Principal", "NotPrincipal"]))] = draw(PRINCIPALS)
    made[draw(st.sampled_from(["Action", "Action", "Action", "NotAction"]))] = draw(ACTIONS)
    made[draw(st.sampled_from(["Resource", "Resource", "Resource", "NotResource"]))] = draw(RESOURCES)
    condition = draw(conditions())
    return made | {"Condition": condition} if condition else made


DOCUMENTS = st.lists(statements(), max_size=4)


def rank(*document: Any, **settings: Any) -> int:
    return ORDER.index(reach(*document, **settings))


@PROPERTY
@given(DOCUMENTS, statements("Allow"), st.booleans())
def test_adding_an_allow_never_makes_less_public(document: Any, another: Any, pays: bool) -> None:
    assert rank(*document, another, requester_pays=pays) >= rank(*document, requester_pays=pays)


@PROPERTY
@given(DOCUMENTS, statements("Deny"))
def test_adding_a_deny_never_makes_more_public(document: Any, another: Any) -> None:
    assert rank(*document, another) <= rank(*document)


@PROPERTY
@given(DOCUMENTS)
def test_a_covering_deny_leaves_nothing(document: Any) -> None:
    assert grants(*document, deny()) == ()


@PROPERTY
@given(DOCUMENTS.flatmap(lambda document: st.tuples(st.just(document), st.permutations(document))))
def test_the_order_of_statements_means_nothing(orders: tuple[Any, Any]) -> None:
    first, second = (sorted(map(repr, grants(*order))) for order in orders)
    assert first == second


def told(found: tuple[Grant, ...]) -> list[Any]:
    """Everything of grants but the statement as it was written."""
    return [
        (grant.reach, grant.what, grant.effective, set(grant.resources), set(grant.principals), set(grant.notes))
        for grant in found
    ]


def respelled(node: Any, draw: Any) -> Any:
    """The same statement in another spelling: scalars for lists of one, other order, other letter case of names."""
    if isinstance(node, dict):
        names = draw(st.permutations(sorted(node)))
        return {
            (name.upper() if ":" in name and draw(st.booleans()) else name): respelled(node[name], draw)
            for name in names
        }
    if isinstance(node, list):
        members = draw(st.permutations(node))
        return members[0] if len(members) == 1 and draw(st.booleans()) else members
    if node in ("true", "false"):
        return draw(st.sampled_from([node, node == "true"]))
    return [node] if node != "*" and node not in ("Allow", "Deny") and draw(st.booleans()) else node


@PROPERTY
@given(st.data(), DOCUMENTS)
def test_spelling_means_nothing(data: st.DataObject, document: Any) -> None:
    again = [respelled(statement, data.draw) for statement in document]
    assert told(grants(*again)) == told(grants(*document))
    assert aws_considers_public(policy(*again)) == aws_considers_public(policy(*document))


@PROPERTY
@given(DOCUMENTS)
def test_a_single_statement_needs_no_list(document: Any) -> None:
    for statement in document:
        bare = parse_policy(json.dumps({"Version": "2012-10-17", "Statement": statement}))
        assert bare == policy(statement)


@PROPERTY
@given(DOCUMENTS)
def test_what_reaches_the_public_is_public_for_aws_too(document: Any) -> None:
    if any(grant.reach in PUBLIC_REACH for grant in grants(*document)):
        assert aws_considers_public(policy(*document))


@PROPERTY
@given(DOCUMENTS)
def test_restrict_silences_every_public_grant_and_no_service(document: Any) -> None:
    loose, tight = grants(*document), grants(*document, restricted=ON)
    assert [grant.reach for grant in loose] == [grant.reach for grant in tight]
    for grant in tight:
        if grant.reach in PUBLIC_REACH:
            assert grant.effective == Known(value=False)
            assert grant.blocked_by
        if grant.reach is Reach.PRIVATE:
            assert grant.effective == Known(value=True)


@PROPERTY
@given(DOCUMENTS, statements("Deny"))
def test_a_resource_control_policy_never_opens(document: Any, control: Any) -> None:
    assert rank(*document, resource_control_policies=[policy(control)]) == rank(*document, control)


@PROPERTY
@given(DOCUMENTS)
def test_requester_pays_never_opens(document: Any) -> None:
    paid = [grant.reach for grant in grants(*document, requester_pays=True)]
    assert Reach.ANONYMOUS_INTERNET not in [
        grant.reach
        for grant in grants(*document, requester_pays=True)
        if "foreign_identity_provider" not in grant.notes
    ]
    assert max(map(ORDER.index, paid), default=0) <= rank(*document)
