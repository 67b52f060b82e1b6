"""Suites over the data that lies beside the checkout: collected only where ``CSPMD_SHARED`` names its folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

VARIABLE = "CSPMD_SHARED"

collect_ignore_glob = [] if os.environ.get(VARIABLE) else ["test_*.py"]


@pytest.fixture(scope="session")
def shared() -> Path:
    return Path(os.environ[VARIABLE])
