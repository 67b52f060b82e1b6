import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from daemon.configuration import ConfigurationError
from daemon.configuration.watch import Reloader

GOOD = 'version: 1\ntargets: [{name: a, provider: aws, accounts: ["123456789012"]}]\n'


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 6, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reloader(tmp_path: Path, clock: Clock) -> Callable[[str], Reloader]:
    def write(text: str) -> Reloader:
        file = tmp_path / "cspmd.yaml"
        file.write_text(text)
        return Reloader(file, {"LEVEL": "debug"}, clock)

    return write


def test_a_bad_first_file_is_an_error(reloader: Callable[[str], Reloader]) -> None:
    with pytest.raises(ConfigurationError, match="targets: required"):
        reloader("version: 1\n")


def test_nothing_happens_while_nothing_changes(reloader: Callable[[str], Reloader], tmp_path: Path) -> None:
    watched = reloader(GOOD)

    assert watched.poll() is None
    os.utime(tmp_path / "cspmd.yaml", (0, 0))
    assert watched.poll() is None


def test_a_changed_file_replaces_the_configuration(
    reloader: Callable[[str], Reloader], tmp_path: Path, clock: Clock
) -> None:
    watched = reloader(GOOD)
    before = watched.configuration
    clock.now += timedelta(minutes=1)
    (tmp_path / "cspmd.yaml").write_text(GOOD + "log: {level: '${LEVEL}'}\nschedule: {config: 1m}\n")

    reload = watched.poll()

    assert reload is not None
    assert reload.successful
    assert reload.at == clock.now
    assert reload.sections == ("log", "schedule")
    assert reload.configuration is watched.configuration
    assert reload.configuration is not before
    assert reload.configuration.log.level == "debug"
    assert watched.poll() is None


def test_a_comment_changes_no_section(reloader: Callable[[str], Reloader], tmp_path: Path) -> None:
    watched = reloader(GOOD)
    (tmp_path / "cspmd.yaml").write_text(f"# why\n{GOOD}")

    reload = watched.poll()

    assert reload is not None
    assert (reload.successful, reload.sections) == (True, ())


def test_a_bad_file_keeps_the_old_configuration_and_is_reported_once(
    reloader: Callable[[str], Reloader], tmp_path: Path
) -> None:
    watched = reloader(GOOD)
    before = watched.configuration
    (tmp_path / "cspmd.yaml").write_text("version: 1\n")

    reload = watched.poll()

    assert reload is not None
    assert not reload.successful
    assert [problem.path for problem in reload.problems] == ["targets"]
    assert reload.configuration is before
    assert watched.configuration is before
    assert watched.poll() is None

    (tmp_path / "cspmd.yaml").write_text(GOOD + "log: {level: error}\n")
    mended = watched.poll()
    assert mended is not None
    assert mended.successful
    assert watched.configuration.log.level == "error"


def test_a_removed_file_keeps_the_old_configuration_until_it_is_back(
    reloader: Callable[[str], Reloader], tmp_path: Path
) -> None:
    watched = reloader(GOOD)
    (tmp_path / "cspmd.yaml").unlink()

    gone = watched.poll()
    assert gone is not None
    assert "does not exist" in gone.problems[0].expected
    assert watched.poll() is None

    (tmp_path / "cspmd.yaml").write_text(GOOD)
    back = watched.poll()
    assert back is not None
    assert back.successful


def test_a_reload_can_be_asked_for(reloader: Callable[[str], Reloader]) -> None:
    watched = reloader(GOOD)

    reload = watched.reload()

    assert reload.successful
    assert reload.sections == ()


def test_a_rotated_secret_counts_as_a_change(reloader: Callable[[str], Reloader], tmp_path: Path) -> None:
    (tmp_path / "key").write_text("one")
    watched = reloader(GOOD + "sinks: {elasticsearch: {hosts: ['https://es'], api_key: '${file:key}'}}\n")

    (tmp_path / "key").write_text("two\n")
    reload = watched.poll()

    assert reload is not None
    assert reload.sections == ("sinks",)
    assert reload.configuration.secrets == {"two"}
    assert watched.poll() is None


def test_a_secret_that_was_missing_mends_the_file_when_it_comes(
    reloader: Callable[[str], Reloader], tmp_path: Path
) -> None:
    watched = reloader(GOOD)
    (tmp_path / "cspmd.yaml").write_text(
        GOOD + "sinks: {elasticsearch: {hosts: ['https://es'], api_key: '${file:key}'}}\n"
    )
    missing = watched.poll()
    assert missing is not None
    assert not missing.successful

    (tmp_path / "key").write_text("now")
    mended = watched.poll()

    assert mended is not None
    assert mended.successful
    assert mended.configuration.secrets == {"now"}


def test_register_rules_and_certificates_are_watched(reloader: Callable[[str], Reloader], tmp_path: Path) -> None:
    for name in ("register.yaml", "tls.crt", "tls.key"):
        (tmp_path / name).write_text("one")
    (tmp_path / "rules" / "aws").mkdir(parents=True)
    watched = reloader(GOOD + "register: register.yaml\nrules: [rules]\nhttp: {tls: {cert: tls.crt, key: tls.key}}\n")
    assert watched.poll() is None

    for changed in ("register.yaml", "tls.crt", "tls.key", "rules/new.yml", "rules/aws/deep.yml"):
        (tmp_path / changed).write_text("two")
        assert watched.poll() is not None, changed
        assert watched.poll() is None, changed
    (tmp_path / "rules/new.yml").rename(tmp_path / "rules/renamed.yml")
    assert watched.poll() is not None
    (tmp_path / "rules/renamed.yml").unlink()
    assert watched.poll() is not None
    assert watched.poll() is None


def test_a_configmap_that_is_swapped(tmp_path: Path, clock: Clock) -> None:
    """Kubernetes mounts ..data -> ..TIMESTAMP and swaps that link when the ConfigMap changes."""

    def publish(version: str, text: str) -> None:
        folder = tmp_path / f"..{version}"
        (folder / "rules").mkdir(parents=True)
        (folder / "cspmd.yaml").write_text(text)
        link = tmp_path / "..data_tmp"
        link.symlink_to(folder.name)
        link.replace(tmp_path / "..data")

    text = GOOD + "rules: [.]\n"
    publish("one", text)
    (tmp_path / "cspmd.yaml").symlink_to("..data/cspmd.yaml")
    watched = Reloader(tmp_path / "cspmd.yaml", {}, clock)

    publish("two", text)
    assert watched.poll() is None

    publish("three", text + "log: {level: error}\n")
    reload = watched.poll()
    assert reload is not None
    assert reload.sections == ("log",)
