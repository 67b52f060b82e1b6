"""Rules that tell of what was never there before, over made-up events and those of the program's own rules."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from collectors.aws.logs.cloudtrail import decode_record
from collectors.azure.logs import activitylogs
from collectors.gcp.logs import audit
from detectors.sigma.first_seen import FirstSeenWatch
from detectors.sigma.matcher import Matcher
from detectors.sigma.rules import Rule, load_directories, load_rules
from detectors.sigma.sources import ACTIVITY, CLOUD_AUDIT, CLOUDTRAIL

ROOT = Path(__file__).parents[3]
OWN = load_directories([ROOT / "config" / "rules"])
START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
RULE: dict[str, Any] = {
    "title": "A region was used for the first time",
    "id": "00000000-0000-4000-8000-000000000001",
    "logsource": {"product": "aws", "service": "cloudtrail"},
    "detection": {"change": {"readOnly": False}, "condition": "change"},
    "first_seen": {"field": "awsRegion", "group-by": ["recipientAccountId"], "history": "30d", "learning": "7d"},
    "level": "medium",
}


def loaded(**terms: Any) -> Rule:
    document = RULE | {"first_seen": RULE["first_seen"] | terms}
    rules = load_rules([("rule.yml", yaml.safe_dump(document))])
    assert rules.refused == ()
    return rules.rules[0]


class World:
    """Events of accounts and regions, told one by one."""

    def __init__(self, rule: Rule | None = None, **bounds: int) -> None:
        self.rule = rule or loaded()
        self.watch = FirstSeenWatch(CLOUDTRAIL, [self.rule], **bounds)
        self.matcher = Matcher(CLOUDTRAIL, [self.rule])

    def told(self, day: float, region: str | None = "eu-west-1", account: str = "1") -> bool:
        at = START + day * DAY
        event = {"eventName": "X", "readOnly": False, "awsRegion": region, "recipientAccountId": account}
        record = decode_record(json.dumps(event).encode())
        hits = self.matcher.match(record)
        assert hits == [self.rule]
        sifted = self.watch.sift(record, hits, at.isoformat())
        told = self.watch.tell(record, hits, at)
        assert set(map(id, told)) <= set(map(id, sifted)), "what is told is never sifted out"
        return bool(told)


def test_a_new_region_is_told_once_and_only_after_learning() -> None:
    world = World()
    assert not world.told(0)
    assert not world.told(1, "us-east-1")
    assert not world.told(6.9, "eu-central-1")
    assert world.told(7, "ap-south-1")
    assert not world.told(7.1, "ap-south-1")
    assert not world.told(8)
    assert not world.told(8, "us-east-1")


def test_each_account_by_itself() -> None:
    world = World()
    assert not world.told(0, account="1")
    assert not world.told(20, account="2", region="ap-south-1")
    assert world.told(20, account="1", region="ap-south-1")
    assert world.told(27, account="2", region="eu-west-1")


def test_a_region_is_forgotten_after_the_history() -> None:
    world = World()
    world.told(0)
    world.told(1, "us-east-1")
    for day in range(2, 62):
        assert not world.told(day)
    assert world.told(62, "us-east-1")
    assert not world.told(63, "us-east-1")


def test_a_region_in_use_is_remembered_for_ever() -> None:
    world = World()
    assert not any(world.told(day) for day in range(0, 400, 25))


def test_an_event_without_region_or_account_teaches_nothing() -> None:
    world = World()
    world.told(0)
    assert not world.told(30, None)
    assert not world.told(30, "ap-south-1", account="")
    assert world.told(30, "ap-south-1")


def test_late_events_are_weighed_by_when_they_happened() -> None:
    world = World()
    world.told(10)
    assert not world.told(5, "us-east-1")
    assert not world.told(16, "us-east-1")
    assert not world.told(11.5, "ap-south-1")
    assert world.told(17.5, "sa-east-1")


def test_what_is_stored_is_taken_up_where_it_was_left() -> None:
    world = World()
    world.told(0)
    world.told(3, "us-east-1")
    uid = world.rule.uid
    assert world.watch.changed() == {uid}
    assert world.watch.changed() == frozenset()
    stored = world.watch.dump(uid)
    again = World()
    again.watch.load(uid, stored)
    assert again.watch.dump(uid) == stored
    assert not again.told(9, "us-east-1")
    assert again.told(9, "ap-south-1")
    again.watch.forget()
    again.watch.load(uid, stored)
    assert again.told(9, "ap-south-1"), "what was not committed is told again"


def test_what_was_stored_and_cannot_be_read_is_learnt_anew() -> None:
    world = World()
    world.watch.load(world.rule.uid, b"{nonsense")
    world.watch.load("a rule that is gone", b"[]")
    assert not world.told(100, "ap-south-1")
    assert world.told(107, "us-east-1")


def test_seen_again_and_again_is_written_rarely() -> None:
    world = World()
    world.told(0)
    world.watch.changed()
    written = 0
    for hour in range(24 * 30):
        world.told(hour / 24)
        written += len(world.watch.changed())
    assert written <= 10


def test_memory_is_bounded() -> None:
    world = World(most_groups=5, most_values=4)
    for number in range(100):
        world.told(number / 1000, account=str(number))
        world.told(number / 1000, f"r-{number}", account="x")
    stored = json.loads(world.watch.dump(world.rule.uid))
    assert len(stored) == 5
    assert max(len(group["values"]) for group in stored) == 4


@given(
    st.lists(st.tuples(st.integers(0, 2000), st.sampled_from("abc"), st.sampled_from("12")), min_size=1, max_size=40),
    st.integers(0, 39),
)
def test_a_restart_anywhere_tells_the_same(events: list[tuple[int, str, str]], cut: int) -> None:
    events.sort()
    straight, first, second = World(), World(), World()
    expected = [straight.told(hour / 24, region, account) for hour, region, account in events]
    told = [first.told(hour / 24, region, account) for hour, region, account in events[:cut]]
    second.watch.load(first.rule.uid, first.watch.dump(first.rule.uid))
    told += [second.told(hour / 24, region, account) for hour, region, account in events[cut:]]
    assert told == expected


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ("90d", "needs exactly"),
        ({"field": "awsRegion"}, "needs exactly"),
        (RULE["first_seen"] | {"history": "soon"}, "first_seen"),
        (RULE["first_seen"] | {"learning": "31d"}, "learning"),
        (RULE["first_seen"] | {"field": ""}, "must name fields"),
        (RULE["first_seen"] | {"group-by": [7]}, "must name fields"),
    ],
)
def test_terms_that_make_no_sense_are_refused(terms: object, reason: str) -> None:
    refused = load_rules([("rule.yml", yaml.safe_dump(RULE | {"first_seen": terms}))]).refused
    assert len(refused) == 1
    assert reason in refused[0].reason


CLOUDS = {
    "aws_region_never_used": (CLOUDTRAIL, decode_record, "ap-southeast-3"),
    "azure_region_never_used": (ACTIVITY, activitylogs.decode_record, "southafricanorth"),
    "gcp_region_never_used": (CLOUD_AUDIT, audit.decode_entry, "africa-south1"),
}


@pytest.mark.parametrize("name", CLOUDS)
def test_our_own_rule_tells_of_a_region_that_was_never_used(name: str) -> None:
    source, decode, region = CLOUDS[name]
    rule = next(rule for rule in OWN.rules if rule.name == name)
    samples = json.loads((ROOT / "tests" / "data" / "rules" / name.partition("_")[0] / f"{name}.json").read_text())
    record = decode(json.dumps(samples["matches"][0]).encode())
    watch = FirstSeenWatch(source, [rule])
    usual = json.dumps(samples["matches"][0]).replace(region, "elsewhere")
    assert not watch.tell(decode(usual.encode()), [rule], START)
    assert watch.tell(record, [rule], START + 10 * DAY) == [rule]
    assert not watch.tell(record, [rule], START + 11 * DAY)
    assert region in watch.dump(rule.uid).decode()
