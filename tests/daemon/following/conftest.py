"""A world to test passes in."""

from __future__ import annotations

import pytest

from daemon.state import State
from tests.fakes.posture import World


@pytest.fixture
def world(state: State) -> World:
    """A runner on an empty state."""
    return World(state)
