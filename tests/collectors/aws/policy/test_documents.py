"""Odd but legal documents, and documents that make no sense."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.aws.policy import (
    Effect,
    MalformedPolicyError,
    PolicyDocument,
    aws_considers_public,
    bucket_policy_grants,
    notes,
    parse_policy,
    tls_only,
)
from collectors.model import Known, Reach, Unread, UnreadReason, encode
from tests.collectors.aws.policy.documents import BUCKET, OFF, OWNER, PROPERTY, allow, deny, grants, policy, reach

PUBLIC = Reach.ANONYMOUS_INTERNET


def grants_of(text: str | bytes) -> tuple[Any, ...]:
    return bucket_policy_grants(parse_policy(text), bucket_arn=BUCKET, owner_account=OWNER, restricted=OFF)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({"Statement": allow()}, id="one statement, no list, no Version"),
        pytest.param({"Statement": [allow(Action=["s3:GetObject"])]}, id="one action in a list"),
        pytest.param({"Statement": [allow(Resource=[f"{BUCKET}/*"])]}, id="one resource in a list"),
        pytest.param({"Statement": [allow(Action="*:*")]}, id="*:*"),
        pytest.param({"Statement": [allow(Action="S3:GETOBJECT")]}, id="action in upper case"),
        pytest.param({"Statement": [allow(Action="s3:g?tObj*")]}, id="glob in an action"),
        pytest.param({"Statement": [allow(Resource="*")]}, id="every resource"),
        pytest.param({"Statement": [allow(Resource="arn:aws:s3:::*")]}, id="every bucket"),
        pytest.param({"Statement": [allow(Resource="arn:aws:s3:::?/*")]}, id="glob in the bucket's name"),
        pytest.param({"Statement": [allow(NotResource="arn:aws:s3:::other/*")]}, id="NotResource of another bucket"),
        pytest.param({"Statement": [allow(NotAction="s3:PutObject")]}, id="NotAction"),
        pytest.param({"statement": [allow()], "VERSION": "2012-10-17"}, id="element names in any case"),
        pytest.param({"Statement": [allow({})]}, id="empty condition"),
        pytest.param({"Statement": [allow({"StringEquals": {}})]}, id="operator without keys"),
        pytest.param({"Statement": [allow({"Bool": {"aws:SecureTransport": True}})]}, id="boolean value"),
        pytest.param({"Statement": [allow({"NumericLessThan": {"s3:max-keys": 10}})]}, id="number value"),
        pytest.param({"Statement": [allow({"NumericLessThan": {"s3:signatureAge": 1.5}})]}, id="fraction value"),
        pytest.param({"Statement": [allow(Sid=7)]}, id="Sid is a number"),
        pytest.param({"Statement": [allow(Resource=f"{BUCKET}/${{aws:username}}/*")]}, id="variable in a resource"),
    ],
)
def test_odd_but_legal(document: dict[str, Any]) -> None:
    found = grants_of(json.dumps(document))
    assert [grant.reach for grant in found] == [PUBLIC]
    assert found[0].effective == Known(value=True)


def test_unicode_escapes_mean_what_they_stand_for() -> None:
    text = json.dumps({"Statement": allow()}).replace('"*"', '"\\u002a"').replace("GetObject", "G\\u0065tObject")
    assert "\\u002a" in text
    (grant,) = grants_of(text)
    assert (grant.reach, grant.principals) == (PUBLIC, ("*",))


@pytest.mark.parametrize("key", ["aws:PrincipalOrgID", "AWS:principalorgid", "Aws:PRINCIPALORGID"])
@pytest.mark.parametrize("operator", ["StringEquals", "stringequals", "STRINGEQUALS"])
def test_condition_names_in_any_case(key: str, operator: str) -> None:
    assert reach(allow({operator: {key: "o-x1"}})) is Reach.ORGANISATION


def test_one_key_in_two_spellings_must_hold_twice() -> None:
    both = {"StringEquals": {"aws:PrincipalOrgID": "o-x1", "AWS:PRINCIPALORGID": "o-x1"}}
    assert reach(allow(both)) is Reach.ORGANISATION


def test_bytes_and_decoded_documents_read_alike() -> None:
    document = {"Version": "2012-10-17", "Statement": [allow()]}
    text = json.dumps(document)
    assert parse_policy(text) == parse_policy(text.encode()) == parse_policy(document)
    assert parse_policy(b"\xef\xbb\xbf" + text.encode()) == parse_policy(text)


@pytest.mark.parametrize(
    "source",
    [
        "",
        "null",
        "[]",
        '"*"',
        "{}",
        "{",
        '{"Statement": 1}',
        '{"Statement": null}',
        '{"Statement": "Allow"}',
        '{"Statement": [], "Statement": []}',
        '{"Statement": [], "statement": []}',
        '{"Version": 2012, "Statement": []}',
        '{"Statement": NaN}',
        '{"Statement": [{"Sid": "\\ud800"}]}',
        b"\xff\xfe",
        "[" * 100_000,
    ],
)
def test_a_document_that_makes_no_sense_is_refused(source: str | bytes) -> None:
    with pytest.raises(MalformedPolicyError):
        parse_policy(source)


BROKEN = [
    pytest.param("Allow", id="no object"),
    pytest.param({}, id="empty"),
    pytest.param(allow(Effect=None), id="no effect"),
    pytest.param(allow(Effect="Grant"), id="unknown effect"),
    pytest.param(allow(Effect=["Allow"]), id="effect in a list"),
    pytest.param(allow(Principal=None), id="no principal"),
    pytest.param(allow(Principal=7), id="principal is a number"),
    pytest.param(allow(Principal={}), id="principal is empty"),
    pytest.param(allow(Principal={"Aws2": "*"}), id="unknown kind of principal"),
    pytest.param(allow(Principal={"AWS": [["*"]]}), id="nested list"),
    pytest.param(allow(Principal={"AWS": []}), id="no members"),
    pytest.param(allow(Action=None), id="no action"),
    pytest.param(allow(Action=[]), id="empty actions"),
    pytest.param(allow(Action=""), id="action without a name"),
    pytest.param(allow(Action=[None]), id="null action"),
    pytest.param(allow(Resource=None), id="no resource"),
    pytest.param(allow() | {"NotAction": "s3:PutObject"}, id="Action and NotAction"),
    pytest.param(allow() | {"action": "s3:PutObject"}, id="Action twice in two spellings"),
    pytest.param(allow() | {"Conditions": {}}, id="unknown element"),
    pytest.param(allow("Bool"), id="condition is a text"),
    pytest.param(allow({"StringEquals": "aws:Referer"}), id="operator holds a text"),
    pytest.param(allow({"StringEqual": {"aws:Referer": "x"}}), id="unknown operator"),
    pytest.param(allow({"NullIfExists": {"aws:Referer": "true"}}), id="Null with IfExists"),
    pytest.param(allow({"StringEquals": {"aws:Referer": {"x": 1}}}), id="value is an object"),
    pytest.param(allow({"StringEquals": {"aws:Referer": None}}), id="value is null"),
    pytest.param(allow({"IpAddress": {"aws:SourceIp": "10.0.0.0/33"}}), id="no range"),
    pytest.param(allow({"IpAddress": {"aws:SourceIp": "*"}}), id="range is a star"),
]


@pytest.mark.parametrize("statement", BROKEN)
def test_a_broken_statement_costs_itself_alone(statement: Any) -> None:
    sound = allow(Resource=f"{BUCKET}/sound/*")
    found = grants(sound, statement, deny({"Bool": {"aws:SecureTransport": "false"}}))
    public, unknown = found
    assert (public.reach, public.resources) == (PUBLIC, (f"{BUCKET}/sound/*",))
    assert (unknown.reach, unknown.notes, unknown.statement) == (Reach.UNKNOWN, (notes.MALFORMED,), statement)
    assert isinstance(unknown.effective, Unread)
    assert unknown.effective.reason is UnreadReason.MALFORMED
    assert unknown.effective.detail.startswith("statement 2: ")
    assert unknown.unread == unknown.effective


def test_a_member_named_twice_costs_the_statement() -> None:
    sound = json.dumps(allow())
    twice = '{"Effect": "Allow", "Principal": {"AWS": "111122223333", "AWS": "*"}, "Action": "*", "Resource": "*"}'
    found = grants_of(f'{{"Statement": [{sound}, {twice}]}}')
    assert [grant.reach for grant in found] == [PUBLIC, Reach.UNKNOWN]


def test_a_broken_deny_grants_nothing_and_takes_nothing_away() -> None:
    broken = deny({"StringEqual": {"aws:Referer": "x"}})
    document = policy(allow(), broken)
    assert [one.effect for one in document.unreadable] == [Effect.DENY]
    assert [grant.reach for grant in grants(allow(), broken)] == [PUBLIC]
    assert [grant.reach for grant in grants(allow(), deny(Principal=None))] == [PUBLIC]


def test_every_statement_can_be_shown_again() -> None:
    found = grants(allow(Sid=10**40), {"Effect": "Allow", "Sid": [10**40]})
    assert all(msgspec.json.decode(encode(grant))["statement"] for grant in found)


def test_problems_are_equal_for_equal_documents() -> None:
    first, second = (grants(allow({"IpAddress": {"aws:SourceIp": "x"}})) for _ in range(2))
    assert first == second


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
ELEMENT = st.sampled_from(
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition", "X"]
)
PIECE = (
    st.sampled_from(
        [
            "*",
            "Allow",
            "Deny",
            "s3:*",
            "s3:GetObject",
            f"{BUCKET}/*",
            BUCKET,
            {"AWS": "*"},
            {"AWS": ["*", OWNER]},
            {"Bool": {"aws:SecureTransport": False}},
            {"StringEquals": {"aws:PrincipalOrgID": []}},
            {"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}},
        ]
    )
    | ANY_JSON
)
STATEMENTS = st.dictionaries(ELEMENT, PIECE, max_size=6) | ANY_JSON
DOCUMENTS = ANY_JSON | st.fixed_dictionaries(
    {"Statement": st.lists(STATEMENTS, max_size=3) | STATEMENTS}, optional={"Version": ANY_JSON, "Id": ANY_JSON}
)


@PROPERTY
@given(DOCUMENTS)
def test_no_document_breaks_anything(document: Any) -> None:
    with suppress(MalformedPolicyError):
        use(parse_policy(json.dumps(document)))


def use(parsed: PolicyDocument) -> None:
    """Ask everything that can be asked of a document."""
    found = bucket_policy_grants(parsed, bucket_arn=BUCKET, owner_account=OWNER, restricted=OFF)
    assert encode(found)
    assert aws_considers_public(parsed) in (True, False)
    with suppress(MalformedPolicyError):
        assert encode(tls_only(parsed, bucket_arn=BUCKET))


@PROPERTY
@given(st.binary(max_size=60) | st.text(max_size=60))
def test_no_text_breaks_anything(source: str | bytes) -> None:
    with suppress(MalformedPolicyError):
        use(parse_policy(source))
