"""The wheel: installed outside the checkout it holds all that the program reads while it runs."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.fakes.aws_moto import ACCOUNT, moto_server

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("daemon", "collectors", "detectors")
CONFIGURATION = """\
version: 1
state: {{url: "sqlite:///{folder}/state.db"}}
targets:
  - {{name: prod, provider: aws, accounts: ["{account}"], regions: [us-east-1], endpoint_url: "http://127.0.0.1:9"}}
sinks:
  file: {{path: "{folder}/findings.jsonl"}}
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "-w", folder, ROOT], check=True, cwd=folder)
    (built,) = folder.glob("cspmd-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an environment that holds the wheel, and of this environment only the other packages."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, with_pip=False, symlinks=True)
    python = home / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check", "install", "-q"]
    subprocess.run([*pip, "--no-index", "--no-deps", wheel], check=True, cwd=home)
    scheme = {"base": str(home), "platbase": str(home)}
    packages = Path(sysconfig.get_path("purelib", "venv", scheme))
    (packages / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return home


def run(home: Path, *arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "CSPMD", "AWS"))}
    environment = {**kept, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    return subprocess.run(
        [home / "bin" / arguments[0], *arguments[1:]],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    path = tmp_path / "cspmd.yaml"
    path.write_text(CONFIGURATION.format(folder=tmp_path, account=ACCOUNT))
    return path


def test_holds_every_file_of_its_packages(wheel: Path) -> None:
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *PACKAGES],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    sources = {name for name in listing.stdout.splitlines() if (ROOT / name).exists()}
    assert sources - set(zipfile.ZipFile(wheel).namelist()) == set()


def test_runs_from_where_it_was_installed(installed: Path, tmp_path: Path) -> None:
    code = "import daemon, collectors, detectors; print(daemon.__file__, collectors.__file__, detectors.__file__)"
    answer = run(installed, "python", "-c", code, cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert all(path.startswith(str(installed)) for path in answer.stdout.split())


def test_says_its_version(installed: Path, wheel: Path, tmp_path: Path) -> None:
    answer = run(installed, "cspmd", "--version", cwd=tmp_path)
    assert (answer.returncode, answer.stdout) == (0, f"cspmd {wheel.name.split('-')[1]}\n")


def test_knows_its_detectors(installed: Path, tmp_path: Path) -> None:
    answer = run(installed, "cspmd", "detectors", "--format", "json", cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert "storage.public_access" in answer.stdout


def test_checks_a_configuration(installed: Path, configuration: Path) -> None:
    answer = run(installed, "cspmd", "check-config", "--config", configuration, cwd=configuration.parent)
    assert answer.returncode == 0, answer.stderr


def test_exports_the_schema(installed: Path, tmp_path: Path) -> None:
    answer = run(installed, "cspmd", "check-config", "--schema", cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert '"targets"' in answer.stdout


def test_reads_judges_and_remembers(installed: Path, configuration: Path) -> None:
    folder = configuration.parent
    with moto_server() as moto:
        moto.client("s3").create_bucket(Bucket="records")
        configuration.write_text(configuration.read_text().replace("http://127.0.0.1:9", moto.url))
        scan = run(installed, "cspmd", "scan", "--format", "jsonl", "--config", configuration, cwd=folder)
    assert scan.returncode == 0, scan.stderr
    assert '"name":"records"' in scan.stdout
    assert (folder / "findings.jsonl").read_text()
    with sqlite3.connect(folder / "state.db") as state:
        assert state.execute("select count(*) from alembic_version").fetchone() == (1,)
    known = run(installed, "cspmd", "findings", "--format", "jsonl", "--config", configuration, cwd=folder)
    assert known.returncode == 0, known.stderr
    assert '"storage.versioning"' in known.stdout


def test_brings_the_rules_of_its_own(installed: Path, tmp_path: Path) -> None:
    code = "from daemon.own_rules import own_rules; print(*sorted(path.name for path in own_rules().rglob('*.yml')))"
    answer = run(installed, "python", "-c", code, cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.split() == sorted(path.name for path in (ROOT / "config" / "rules").rglob("*.yml"))


def test_brings_the_demo(installed: Path, tmp_path: Path) -> None:
    answer = run(installed, "cspmd", "demo", "--help", cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert "--port" in answer.stdout
