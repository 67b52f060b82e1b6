"""Every file in ``bad`` is refused with exactly the messages that stand beside it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from daemon.configuration import ConfigurationError, attempt, load

BAD = Path(__file__).parent / "bad"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
SECRET = "not-to-be-shown"
ENVIRON = {
    "ACCOUNT": f"{SECRET}-1",
    "ROLE": f"{SECRET} 2",
    "DATABASE": f"mysql://{SECRET}",
    "LEVEL": f"{SECRET}-3",
    "HOST": f"https://{SECRET}:{SECRET}@es:9200",
    "EMPTY": "",
}


@pytest.fixture(autouse=True)
def _inside_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    # Messages name the file as it was named on the command line.
    monkeypatch.chdir(BAD)


@pytest.mark.parametrize("name", sorted(path.name for path in BAD.glob("*.yaml")))
def test_bad_file_is_refused_with_these_messages(name: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load(Path(name), ENVIRON, now=NOW)

    assert str(refused.value) + "\n" == Path(name).with_suffix(".txt").read_text()
    assert SECRET not in str(refused.value)
    assert SECRET not in repr(refused.value)
    assert SECRET not in "".join(map(repr, refused.value.problems))
    assert refused.value.__context__ is None


def test_every_expectation_has_its_file() -> None:
    assert {path.stem for path in BAD.glob("*.txt")} == {path.stem for path in BAD.glob("*.yaml")}


def test_missing_file() -> None:
    (problem,) = attempt(Path("nowhere.yaml"), {}).problems

    assert str(problem) == "nowhere.yaml: expected a configuration file in YAML, but it does not exist"


def test_directory_instead_of_a_file() -> None:
    (problem,) = attempt(Path("../bad"), {}).problems

    assert str(problem) == "../bad: expected a configuration file in YAML, but it is a directory"


def test_file_below_a_file() -> None:
    (problem,) = attempt(Path("version.yaml/cspmd.yaml"), {}).problems

    assert str(problem) == (
        "version.yaml/cspmd.yaml: expected a configuration file in YAML, but it cannot be read (Not a directory)"
    )


def test_problems_come_as_data_too() -> None:
    problems = attempt(Path("accounts.yaml"), ENVIRON, now=NOW).problems

    first = problems[0]
    assert (first.file, first.line, first.path, first.value) == (
        "accounts.yaml",
        5,
        "targets[0].accounts[0]",
        "123456789012",
    )
    assert first.expected.startswith("expected an AWS account id of 12 digits")


def test_an_unknown_word_without_a_near_one_lists_the_known(tmp_path: Path) -> None:
    file = tmp_path / "cspmd.yaml"
    file.write_text(
        "version: 1\ntargets: [{name: a, provider: aws, organization: true}]\ndetectors: {disable: [gardening.weeds]}\n"
    )
    (problem,) = attempt(file, {}).problems

    assert problem.expected.startswith("unknown detector: known are ")
    assert "storage.public_access" in problem.expected
