from pathlib import Path

import pytest

from daemon.configuration import ConfigurationMissingError, find
from daemon.configuration.locate import PLACES


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    (tmp_path / "etc").mkdir()
    return tmp_path / "cspmd.yaml", tmp_path / "etc" / "cspmd.yaml"


def test_the_places_are_those_of_the_contract() -> None:
    assert [str(place) for place in PLACES] == ["cspmd.yaml", "/etc/cspmd/cspmd.yaml"]


def test_the_option_comes_first(places: tuple[Path, Path]) -> None:
    places[0].touch()

    assert find(Path("named.yaml"), {"CSPMD_CONFIG": "other.yaml"}, places) == Path("named.yaml")


def test_then_the_variable(places: tuple[Path, Path]) -> None:
    places[0].touch()

    assert find(None, {"CSPMD_CONFIG": "other.yaml"}, places) == Path("other.yaml")
    assert find(None, {"CSPMD_CONFIG": ""}, places) == places[0]


def test_then_the_first_that_exists(places: tuple[Path, Path]) -> None:
    places[1].touch()
    assert find(None, {}, places) == places[1]

    places[0].touch()
    assert find(None, {}, places) == places[0]


def test_no_file_anywhere_names_every_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationMissingError) as missing:
        find(None, {}, (Path("cspmd.yaml"), tmp_path / "etc" / "cspmd.yaml"))

    assert str(missing.value) == (
        "cspmd.yaml: no configuration file: looked at --config, $CSPMD_CONFIG (both not set), "
        f"./cspmd.yaml ({tmp_path}/cspmd.yaml), {tmp_path}/etc/cspmd.yaml"
    )
