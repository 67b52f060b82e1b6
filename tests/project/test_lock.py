"""The lock files: whole, hashed, and free of where the packages came from."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
RUN = ROOT / "requirements.lock"
TESTS = ROOT / "tests" / "requirements.lock"


def pins(lock: Path) -> dict[str, str]:
    return {
        canonicalize_name(name): version
        for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", lock.read_text(), re.MULTILINE)
    }


def required(*groups: list[str]) -> list[Requirement]:
    requirements = [Requirement(text) for group in groups for text in group]
    return [requirement for requirement in requirements if requirement.name != PROJECT["project"]["name"]]


@pytest.mark.parametrize("lock", [RUN, TESTS], ids=["run", "tests"])
def test_names_no_host(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    assert "--index-url" not in text
    assert "--find-links" not in text


@pytest.mark.parametrize("lock", [RUN, TESTS], ids=["run", "tests"])
def test_every_pin_has_a_hash(lock: Path) -> None:
    entries = re.split(r"^(?=\S)", lock.read_text(), flags=re.MULTILINE)
    packages = [entry for entry in entries if "==" in entry.partition("\n")[0]]
    assert packages
    assert [entry for entry in packages if "--hash=sha256:" not in entry] == []


def test_holds_everything_that_the_project_and_its_extras_ask_for() -> None:
    project = PROJECT["project"]
    build = PROJECT["build-system"]["requires"]
    found = pins(RUN)
    for requirement in required(project["dependencies"], *project["optional-dependencies"].values(), build):
        version = found.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement} is not in {RUN.name}: sh tests/lock.sh"
        assert requirement.specifier.contains(version, prereleases=True), f"{requirement} is locked at {version}"


def test_holds_everything_that_the_tests_ask_for() -> None:
    found = pins(TESTS)
    for requirement in required(PROJECT["dependency-groups"]["dev"]):
        version = found.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement} is not in {TESTS.name}: sh tests/lock.sh"
        assert requirement.specifier.contains(version, prereleases=True), f"{requirement} is locked at {version}"


def test_both_agree_where_they_overlap() -> None:
    run, tests = pins(RUN), pins(TESTS)
    assert {name: run[name] for name in run.keys() & tests.keys()} == {
        name: tests[name] for name in run.keys() & tests.keys()
    }
