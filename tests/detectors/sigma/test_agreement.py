"""The compiled matcher and the plain evaluator say the same of any rule and any record."""

from __future__ import annotations

import json
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from sigma.rule import SigmaRule

from collectors.aws.logs.cloudtrail import decode_record
from detectors.sigma.matcher import Matcher
from detectors.sigma.rules import load_rules
from detectors.sigma.sources import CLOUDTRAIL
from tests.detectors.sigma import oracle

WORDS = ["a", "B", "ab", "Root", "role/x", "10.0.0.1", "10.0.0.255", "::1", "5", "7", "true", ""]
FIELDS = [
    "eventSource",
    "eventName",
    "userIdentity.type",
    "userIdentity.arn",
    "userIdentity.sessionContext.sessionIssuer.type",
    "errorCode",
    "sourceIPAddress",
    "requestParameters.name",
    "requestParameters.list.name",
    "requestParameters",
    "responseElements.count",
    "additionalEventData.MFAUsed",
    "readOnly",
]
words = st.sampled_from(WORDS)
scalars = st.one_of(words, st.integers(0, 9), st.booleans(), st.none())
trees = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["name", "Name", "list", "count"]), inner, max_size=3),
    ),
    max_leaves=6,
)

texts = st.one_of(st.none(), words)
records = st.fixed_dictionaries(
    {"eventVersion": st.just("1.08")},
    optional={
        "eventSource": texts,
        "eventName": texts,
        "errorCode": texts,
        "sourceIPAddress": texts,
        "readOnly": st.one_of(st.none(), st.booleans()),
        "userIdentity": st.fixed_dictionaries(
            {},
            optional={
                "type": texts,
                "arn": texts,
                "sessionContext": st.fixed_dictionaries(
                    {}, optional={"sessionIssuer": st.fixed_dictionaries({}, optional={"type": texts})}
                ),
            },
        ),
        "requestParameters": trees,
        "responseElements": trees,
        "additionalEventData": st.one_of(st.none(), st.fixed_dictionaries({}, optional={"MFAUsed": texts})),
    },
)

plain = st.one_of(words, st.integers(0, 9), st.booleans(), st.none(), st.sampled_from(["a*", "*b", "*a*", "r?ot", "*"]))


@st.composite
def items(draw: st.DrawFn) -> tuple[str, Any]:
    name = draw(st.sampled_from(FIELDS))
    modifier = draw(
        st.sampled_from(["", "", "|contains", "|startswith", "|endswith", "|contains|all", "|re", "|cidr", "|exists",
                         "|cased", "|fieldref", "|gte", "|lt", "|re|i"])
    )  # fmt: skip
    if modifier in {"|contains", "|startswith", "|endswith"}:
        return name + modifier, draw(st.lists(words.filter(bool), min_size=1, max_size=3))
    if modifier == "|contains|all":
        return name + modifier, draw(st.lists(words.filter(bool), min_size=2, max_size=3))
    if modifier in {"|re", "|re|i"}:
        return name + modifier, draw(st.sampled_from(["^a", "o+t", "[0-9]+$", "role/.*", "A|B"]))
    if modifier == "|cidr":
        return name + modifier, draw(st.sampled_from(["10.0.0.0/25", "10.0.0.0/24", "::/64"]))
    if modifier == "|exists":
        return name + modifier, draw(st.booleans())
    if modifier == "|cased":
        return name + modifier, draw(words.filter(bool))
    if modifier == "|fieldref":
        return name + modifier, draw(st.sampled_from(FIELDS))
    if modifier in {"|gte", "|lt"}:
        return name + modifier, draw(st.integers(0, 9))
    return name, draw(st.one_of(plain, st.lists(plain, min_size=1, max_size=3)))


maps = st.lists(items(), min_size=1, max_size=3).map(dict)
selections = st.one_of(
    maps, maps, st.lists(maps, min_size=1, max_size=2), st.lists(words.filter(bool), min_size=1, max_size=2)
)


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Any]:
    condition = draw(
        st.sampled_from(
            ["one", "one and two", "one or two", "one and not two", "not one", "1 of *", "all of *", "not (one or two)"]
        )
    )
    return {
        "title": "generated",
        "logsource": {"product": "aws", "service": "cloudtrail"},
        "detection": {"one": draw(selections), "two": draw(selections), "condition": condition},
        "level": "low",
    }


@settings(max_examples=400, deadline=None)
@given(st.lists(rules(), min_size=1, max_size=8), st.lists(records, min_size=1, max_size=4))
def test_the_compiled_matcher_agrees_with_the_plain_evaluator(
    generated: list[dict[str, Any]], events: list[dict[str, Any]]
) -> None:
    documents = [
        yaml.safe_dump({**rule, "id": f"00000000-0000-4000-8000-{number:012d}", "title": f"rule {number}"})
        for number, rule in enumerate(generated)
    ]
    loaded = load_rules(("rule.yml", document) for document in documents)
    matcher = Matcher(CLOUDTRAIL, loaded.rules)
    parsed = {str(rule.id): rule for rule in (SigmaRule.from_yaml(document) for document in documents)}
    for event in events:
        record = decode_record(json.dumps(event).encode())
        expected = {
            rule.uid
            for rule in loaded.rules
            if any(oracle.matches(one.parsed, event, CLOUDTRAIL) for one in parsed[rule.uid].detection.parsed_condition)
        }
        hits = matcher.match(record)
        assert {rule.uid for rule in hits} == expected
        assert len(hits) == len(expected)


TEXTS = [
    *(f"value-{number}" for number in range(6)),
    *(
        "VALUE-3",
        "value",
        "value-\u212a",
        "value-k",
        "it\u00e9m",
        'say "hi"',
        "back\\\\slash",
        "true",
        "1.5",
        "null",
        "a,b",
    ),
]
CROWDED = [
    "requestParameters.name",
    "requestParameters.list.name",
    "requestParameters",
    "userIdentity.arn",
    "errorCode",
]


@st.composite
def crowded(draw: st.DrawFn) -> dict[str, Any]:
    """One of many rules on the same operation: they ask the same few places for texts that begin alike."""
    name = draw(st.sampled_from(CROWDED))
    modifier = draw(st.sampled_from(["", "", "", "|contains", "|startswith", "|endswith", "|cased", "|exists"]))
    asked: Any = draw(st.sampled_from(TEXTS))
    if modifier == "|exists":
        asked = draw(st.booleans())
    elif draw(st.booleans()):
        asked = [asked, draw(st.sampled_from(TEXTS))]
    return {
        "title": "generated",
        "logsource": {"product": "aws", "service": "cloudtrail"},
        "detection": {
            "one": {"eventSource": "a", "eventName": "B", name + modifier: asked},
            "two": {draw(st.sampled_from(CROWDED)): draw(st.sampled_from(TEXTS))},
            "condition": draw(st.sampled_from(["one", "one", "one and not two", "one and two"])),
        },
        "level": "low",
    }


values = st.one_of(st.sampled_from(TEXTS), st.sampled_from([True, None, 1.5, 3, ["value-1"], {"b": "value-2"}]))
requests = st.one_of(
    values,
    st.fixed_dictionaries(
        {},
        optional={
            "name": values,
            "NAME": values,
            "list": st.lists(st.fixed_dictionaries({}, optional={"name": values, "x": values}), max_size=2),
            "list.name": values,
        },
    ),
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(crowded(), min_size=12, max_size=30),
    st.lists(
        st.fixed_dictionaries(
            {"eventSource": st.just("a"), "eventName": st.just("B"), "requestParameters": requests},
            optional={
                "errorCode": st.sampled_from(TEXTS),
                "userIdentity": st.fixed_dictionaries({"arn": st.sampled_from(TEXTS)}),
            },
        ),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from([None, 1]),
    st.booleans(),
)
def test_many_rules_on_one_operation_agree_with_the_plain_evaluator(
    generated: list[dict[str, Any]], events: list[dict[str, Any]], indent: int | None, escaped: bool
) -> None:
    documents = [
        yaml.safe_dump({**rule, "id": f"00000000-0000-4000-8000-{number:012d}", "title": f"rule {number}"})
        for number, rule in enumerate(generated)
    ]
    loaded = load_rules(("rule.yml", document) for document in documents)
    matcher = Matcher(CLOUDTRAIL, loaded.rules)
    parsed = {str(rule.id): rule for rule in (SigmaRule.from_yaml(document) for document in documents)}
    for event in events:
        record = decode_record(json.dumps(event, indent=indent, ensure_ascii=escaped).encode())
        expected = {
            rule.uid
            for rule in loaded.rules
            if any(oracle.matches(one.parsed, event, CLOUDTRAIL) for one in parsed[rule.uid].detection.parsed_condition)
        }
        assert {rule.uid for rule in matcher.match(record)} == expected
