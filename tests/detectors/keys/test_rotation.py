"""How often keys must be rotated, by the day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.model import EncryptionKey, Fact, KeyRotation, Known, NotNeeded
from detectors.catalogue import catalogue
from detectors.engine import judge
from detectors.keys.rotation import Parameters
from detectors.model import Judgement, Policy, Verdict
from tests.detectors.blinding import BLIND

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DETECTOR = catalogue()["keys.rotation"]


def look(rotation: Fact[KeyRotation], **parameters: timedelta) -> Judgement:
    key = DETECTOR.good[0]
    assert isinstance(key, EncryptionKey)
    policy = Policy(parameters={"keys.rotation": Parameters(**parameters)}) if parameters else Policy()
    judgement = judge(DETECTOR, msgspec.structs.replace(key, rotation=rotation), policy, NOW)
    assert judgement is not None
    return judgement


@given(st.integers(90, 2560), st.integers(1, 4000))
def test_a_period_as_long_as_allowed_is_allowed(days: int, longest: int) -> None:
    judgement = look(Known(KeyRotation(enabled=True, period_days=days)), max_period=timedelta(days=longest))
    assert judgement.verdict is (Verdict.FAIL if days > longest else Verdict.PASS)


@pytest.mark.parametrize("period", [None, 90, 365])
def test_a_key_that_is_not_rotated_fails_whatever_its_period_was(period: int | None) -> None:
    assert look(Known(KeyRotation(enabled=False, period_days=period))).verdict is Verdict.FAIL


def test_a_year_is_allowed_by_default_and_a_day_more_is_not() -> None:
    assert look(Known(KeyRotation(enabled=True, period_days=365))).verdict is Verdict.PASS
    longer = look(Known(KeyRotation(enabled=True, period_days=366)))
    assert longer.verdict is Verdict.FAIL
    assert longer.evidence[0].data == {"period_days": 366, "longest_days": 365}
    assert "enable-key-rotation" in longer.remediation


@pytest.mark.parametrize("code", ["key_material_imported", "key_disabled", "rotated_with_its_primary"])
def test_where_it_does_not_apply_a_note_says_why(code: str) -> None:
    judgement = look(NotNeeded(code))
    assert (judgement.verdict, judgement.notes) == (Verdict.PASS, (code,))


def test_what_could_not_be_read_is_unknown() -> None:
    assert look(BLIND).verdict is Verdict.UNKNOWN
