"""The commands a newcomer types: plain shell, from any folder, quiet."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted(
    path.relative_to(ROOT).as_posix() for folder in ("deploy", "tests") for path in (ROOT / folder).glob("*.sh")
)
SHELLS = [shell for shell in ("sh", "dash", "bash") if shutil.which(shell)]


def test_the_readme_names_commands_that_are_there() -> None:
    readme = (ROOT / "README.md").read_text()
    for command in ("sh deploy/demo.sh", "sh tests/run.sh"):
        assert command in readme
        assert (ROOT / command.partition(" ")[2]).is_file()


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("script", SCRIPTS)
def test_every_shell_can_read_it(shell: str, script: str) -> None:
    answer = subprocess.run([shell, "-n", ROOT / script], capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stderr) == (0, "")


def test_bash_can_read_the_continuous_integration() -> None:
    answer = subprocess.run(["bash", "-n", ROOT / ".ci" / "run"], capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stderr) == (0, "")


def test_the_demo_starts_from_any_folder(tmp_path: Path) -> None:
    answer = subprocess.run(
        ["sh", ROOT / "deploy" / "demo.sh", "--help"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    assert "--interval" in answer.stdout


def test_an_environment_that_is_whole_is_left_alone(tmp_path: Path) -> None:
    command = ["sh", ROOT / "deploy" / "environment.sh"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    again = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert (again.stdout, again.stderr) == ("", "")


def test_the_top_of_the_repository_stays_small() -> None:
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True)
    top = {name.partition("/")[0] for name in listing.stdout.splitlines()}
    rooms = {"collectors", "config", "daemon", "deploy", "detectors", "tests"}
    assert {name for name in top if not name.startswith(".")} == rooms | {
        "README.md",
        "pyproject.toml",
        "requirements.lock",
    }
