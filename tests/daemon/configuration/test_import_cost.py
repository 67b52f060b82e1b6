"""Loading a configuration must not bring in what only some commands need."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def _modules_after(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return set(done.stdout.split())


def test_import_and_minimal_load_stay_light() -> None:
    modules = _modules_after(
        "from pathlib import Path\nfrom daemon.configuration import load\nload(Path('config/cspmd.minimal.yaml'), {})\n"
    )

    assert "daemon.configuration.model" in modules
    heavy = {"boto3", "botocore", "sqlalchemy", "alembic", "elasticsearch", "rich", "typer", "starlette"}
    assert modules & heavy == set()
    assert modules & {"detectors.catalogue", "detectors.places", "detectors.storage.public_access"} == set()
