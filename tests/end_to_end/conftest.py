"""A fake AWS with a small estate, and the program aimed at it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.aws_estate import GUARDED, LATENT, PRIVATE, PUBLIC_ACL, PUBLIC_POLICY, put_bucket
from tests.fakes.aws_faults import Faults, fault_proxy
from tests.fakes.aws_moto import Moto, moto_server
from tests.fakes.program import HARMLESS, Program

ESTATE = {
    "guarded": GUARDED,
    "private": PRIVATE,
    "open-policy": PUBLIC_POLICY,
    "open-acl": PUBLIC_ACL,
    "latent": LATENT,
}
"""The buckets there are, by name: their shapes."""


@pytest.fixture(scope="session")
def _moto() -> Iterator[Moto]:
    with moto_server() as server:
        yield server


@pytest.fixture
def moto(_moto: Moto) -> Moto:
    """A fake AWS that holds the estate and nothing else."""
    _moto.reset()
    for name, shape in ESTATE.items():
        put_bucket(lambda region: _moto.client("s3", region=region), name, shape)
    return _moto


@pytest.fixture
def program(moto: Moto, tmp_path: Path) -> Program:
    """The program, configured to read the estate."""
    made = Program(tmp_path, moto.url)
    made.configure()
    return made


@pytest.fixture
def faults(moto: Moto) -> Iterator[Faults]:
    """A proxy before the fake AWS that fails what it is told to."""
    with fault_proxy(moto.port) as proxy:
        yield proxy


@pytest.fixture
def faulty(faults: Faults, program: Program) -> Program:
    """The program behind that proxy."""
    program.endpoint = faults.url
    program.configure()
    return program


@pytest.fixture
def nothing_real(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let AWS SDKs in this very process reach nothing but what they are aimed at."""
    for name, value in HARMLESS.items():
        monkeypatch.setenv(name, value)
