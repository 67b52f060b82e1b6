"""The SDK's descriptions of its services, cut down to the operations that this program calls.

botocore describes every operation of a service with its documentation, and makes a method of each
for every client: EC2's 700 cost 18 MB to begin with, and 1.4 MB and 13 ms more for each region. What is
called here needs a hundredth of that.
"""

from __future__ import annotations

import gzip
import threading
from collections.abc import Collection, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
from botocore.loaders import JSONFileLoader, Loader

from collectors.aws.operations import declared

Description: TypeAlias = dict[str, Any]
"""A service's description as botocore's models hold it: ``metadata``, ``operations``, ``shapes``, ..."""

_SERVICE = "service-2"
_UNUSED = frozenset({"documentation", "examples"})
_OPENERS = ((".json", Path.open), (".json.gz", gzip.open))


class ServiceDescriptions(Loader):  # type: ignore[misc] # botocore ships no types
    """botocore's loader of descriptions, with only the operations that are declared by now. Safe for many threads."""

    def __init__(self) -> None:
        super().__init__(file_loader=_Files())
        self._lock = threading.Lock()
        self._loaded: dict[tuple[str, str | None], tuple[frozenset[str], Description]] = {}

    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Description:
        """Return a service's description of one type, as botocore's loader does and raising what it raises."""
        if type_name != _SERVICE:
            found: Description = super().load_service_model(service_name, type_name, api_version)
            return found
        wanted = declared(service_name)
        with self._lock:
            known, description = self._loaded.get((service_name, api_version), (frozenset[str](), {}))
            if not description or not wanted <= known:
                description = _loaded_anew(service_name, api_version, wanted)
                self._loaded[service_name, api_version] = wanted, description
            return description


@cache
def service_descriptions() -> ServiceDescriptions:
    """Return the descriptions, read once a process.

    They are static files of the SDK and hold nothing of any account.
    """
    return ServiceDescriptions()


def _loaded_anew(service: str, api_version: str | None, wanted: Collection[str]) -> Description:
    description: Description = Loader(file_loader=_Files(wanted)).load_service_model(service, _SERVICE, api_version)
    # What botocore merges in from further files leaves fragments of what was left out.
    description["operations"] = {name: one for name, one in description["operations"].items() if name in wanted}
    if "shapes" in description:
        description["shapes"] = {name: one for name, one in description["shapes"].items() if "type" in one}
    return description


class _Files(JSONFileLoader):  # type: ignore[misc] # botocore ships no types
    """Reads the SDK's files: descriptions of services without the operations that are not wanted."""

    def __init__(self, wanted: Collection[str] | None = None) -> None:
        self._wanted = wanted

    def load_file(self, file_path: str) -> Any:  # noqa: ANN401 - any JSON
        """Return the content of a file named without its ending, None where there is none."""
        if self._wanted is not None and Path(file_path).name == _SERVICE:
            for ending, opened in _OPENERS:
                path = Path(file_path + ending)
                if path.is_file():
                    with opened(path, "rb") as file, suppress(msgspec.MsgspecError, KeyError):
                        # A form that is not known is botocore's to read, whole.
                        return only(file.read(), self._wanted)
        return super().load_file(file_path)


def only(content: bytes, wanted: Collection[str]) -> Description:
    """Return a description's JSON as data: the wanted operations, the shapes that they reach, no documentation."""
    parts = msgspec.json.decode(content, type=dict[str, msgspec.Raw])
    described = msgspec.json.decode(parts.pop("operations"), type=dict[str, msgspec.Raw])
    shapes = msgspec.json.decode(parts.pop("shapes"), type=dict[str, msgspec.Raw])
    operations = {name: _parsed(one) for name, one in described.items() if name in wanted}
    return {
        **{name: msgspec.json.decode(part) for name, part in parts.items() if name not in _UNUSED},
        "operations": operations,
        "shapes": _reached(operations, shapes),
    }


def _reached(operations: Description, shapes: dict[str, msgspec.Raw]) -> Description:
    reached: Description = {}
    ahead = list(_references(operations))
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached[name] = _parsed(shapes[name])
            ahead += _references(reached[name])
    return reached


def _references(node: object) -> Iterator[str]:
    """Yield the names of the shapes that a part of a description refers to: ``{"shape": name}``."""
    if isinstance(node, dict):
        if isinstance(node.get("shape"), str):
            yield node["shape"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def _parsed(part: msgspec.Raw) -> Any:  # noqa: ANN401 - any JSON
    return _undocumented(msgspec.json.decode(part))


def _undocumented(node: Any) -> Any:  # noqa: ANN401 - any JSON
    """Leave out documentation: text, where a member of that name would be a reference to a shape."""
    if isinstance(node, dict):
        return {
            name: _undocumented(value)
            for name, value in node.items()
            if not (name in _UNUSED and not isinstance(value, dict))
        }
    if isinstance(node, list):
        return [_undocumented(value) for value in node]
    return node
