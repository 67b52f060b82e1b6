"""The algebra of globs, against the plain definition."""

from __future__ import annotations

import itertools
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.aws.policy.arns import account_of, organization_of, pinned_account
from collectors.aws.policy.patterns import Glob, glob, literal
from collectors.aws.policy.selection import Part, Selection, parts

ALGEBRA = settings(deadline=None, max_examples=300)
WORDS = ["".join(letters) for size in range(6) for letters in itertools.product("ab", repeat=size)]
PATTERNS = st.text("ab*?", max_size=6).map(glob)
SELECTIONS = st.builds(Selection, st.lists(PATTERNS, min_size=1, max_size=3).map(tuple), st.booleans())


def plain(pattern: Glob, word: str) -> bool:
    """The definition, spelled as a regular expression."""
    return re.fullmatch(pattern.text.replace("*", ".*").replace("?", "."), word) is not None


@ALGEBRA
@given(PATTERNS)
def test_matches(pattern: Glob) -> None:
    assert [word for word in WORDS if pattern.matches(word)] == [word for word in WORDS if plain(pattern, word)]


@ALGEBRA
@given(PATTERNS, PATTERNS)
def test_covers_is_proof(wide: Glob, narrow: Glob) -> None:
    if wide.covers(narrow):
        assert all(wide.matches(word) for word in WORDS if narrow.matches(word))


@ALGEBRA
@given(PATTERNS)
def test_covers_itself_and_is_covered_by_everything(pattern: Glob) -> None:
    assert pattern.covers(pattern)
    assert glob("*").covers(pattern)
    assert glob(pattern.text.replace("?", "*")).covers(pattern)


@ALGEBRA
@given(PATTERNS, PATTERNS)
def test_intersects_exactly(left: Glob, right: Glob) -> None:
    # Each pattern needs at most its own length of distinct letters: words of that length decide.
    common = any(plain(left, word) and plain(right, word) for word in WORDS)
    assert left.intersects(right) == right.intersects(left)
    if common:
        assert left.intersects(right)
    elif len(left.tokens) + len(right.tokens) <= 5:
        assert not left.intersects(right)


@ALGEBRA
@given(PATTERNS, st.text("ab", max_size=3))
def test_after_gives_what_follows(pattern: Glob, prefix: str) -> None:
    tails = pattern.after(prefix)
    for word in WORDS:
        if len(prefix) + len(word) <= 5:
            assert any(tail.matches(word) for tail in tails) == pattern.matches(prefix + word)


@ALGEBRA
@given(PATTERNS, st.lists(SELECTIONS, max_size=3))
def test_what_is_left_is_never_too_little(pattern: Glob, taken: list[Selection]) -> None:
    left = (Part(pattern),)
    for selection in taken:
        left = tuple(rest for part in left for rest in part.minus(selection))
    for word in WORDS:
        if pattern.matches(word) and not any(selection.matches(word) for selection in taken):
            assert any(part.matches(word) for part in left)


@ALGEBRA
@given(SELECTIONS, PATTERNS)
def test_parts_are_never_too_little(selection: Selection, universe: Glob) -> None:
    found = parts(selection, universe)
    for word in WORDS:
        if universe.matches(word) and selection.matches(word):
            assert any(part.matches(word) for part in found)


def test_wildcards_in_any_order_are_one_pattern() -> None:
    assert glob("a*?*b") == glob("a?*b")
    assert glob("?*").covers(glob("*?"))


@pytest.mark.parametrize(
    ("text", "variables", "sure", "possible"),
    [
        ("home/${aws:username}", True, False, True),
        ("home/${*}", True, False, False),
        ("home/${*}", False, False, False),
        ("${*}", False, False, False),
        ("home/*", True, True, True),
    ],
)
def test_variables(text: str, *, variables: bool, sure: bool, possible: bool) -> None:
    pattern = glob(text, variables=variables)
    assert pattern.matches("home/x") is sure
    assert pattern.may_match("home/x") is possible


def test_escapes_are_the_characters_themselves() -> None:
    assert glob("a${*}${?}${$}").matches("a*?$")
    assert glob("a${*}").literal
    assert glob("a${*}", variables=False).matches("a${anything}")


def test_a_variable_covers_nothing_and_is_covered_as_anything() -> None:
    open_pattern = glob("home/${aws:username}/*")
    assert not open_pattern.covers(literal("home/me/x"))
    assert open_pattern.intersects(literal("home/me/x"))
    assert glob("home/*").covers(open_pattern)
    assert not glob("home/me/*").covers(open_pattern)


def test_folding_is_for_actions() -> None:
    assert glob("S3:Get*", fold=True).matches("s3:getobject")
    assert not glob("Key*").matches("keys")


def test_many_stars_take_no_time() -> None:
    pattern = glob("*a" * 200 + "b")
    started = time.process_time()
    assert not pattern.matches("a" * 2000)
    assert not glob("*a" * 150).covers(glob("*b" * 150))
    assert glob("*a" * 150 + "*").intersects(glob("*b" * 150))
    assert time.process_time() - started < 2


ROLE = "arn:aws:iam::111122223333:role/x"


@pytest.mark.parametrize(
    ("text", "by_segment", "colons", "account"),
    [
        (ROLE, True, True, "111122223333"),
        ("arn:aws:iam::111122223333:*", True, True, "111122223333"),
        ("arn:aws:iam::111122223333:*", False, True, "111122223333"),
        ("arn:aws:iam::111122223333*", False, True, "111122223333"),
        ("arn:*:iam::111122223333:role/x", True, True, "111122223333"),
        # An IAM path may hold colons: arn:aws:iam::666666666666:role/:iam::111122223333:role/x matches.
        ("arn:*:iam::111122223333:role/x", False, True, ""),
        ("arn:aws:s3:*:111122223333:accesspoint/*", False, False, "111122223333"),
        ("arn:aws:s3:*:111122223333:accesspoint/*", False, True, ""),
        ("arn:aws:s3:*:*:accesspoint/111122223333", False, False, ""),
        ("arn:aws:iam::11112222333?:role/x", True, True, ""),
        ("arn:aws:iam::${aws:PrincipalAccount}:role/x", True, True, ""),
        ("arn:aws:iam::*:role/x", True, True, ""),
        ("*", True, True, ""),
        ("*:111122223333:*", False, True, ""),
        ("arn:aws:s3:::b-*", True, True, ""),
    ],
)
def test_pinned_account(text: str, *, by_segment: bool, colons: bool, account: str) -> None:
    assert pinned_account(glob(text), by_segment=by_segment, colons_in_name=colons) == account


def test_account_and_organization() -> None:
    assert account_of(ROLE) == "111122223333"
    assert account_of("arn:aws:s3:::b") == account_of("AIDAEXAMPLE") == account_of("a:b:c:d:e:f") == ""
    assert organization_of(glob("o-a1b2/r-1/*")) == "o-a1b2"
    assert organization_of(glob("o-a1b2")) == "o-a1b2"
    assert organization_of(glob("o-a1b2*")) == organization_of(glob("o-*")) == organization_of(glob("*")) == ""
