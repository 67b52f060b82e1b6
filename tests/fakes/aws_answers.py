"""What AWS says and moto leaves out, or says otherwise: changes to the entries of true answers."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from typing import Any

Members = Mapping[str, str | None]
"""Members of one entry by name: text, XML (if it begins with ``<``), or None to leave the member out."""

_RDS = "http://rds.amazonaws.com/doc/2014-10-31/"


def in_xml(identifier: str, changes: Mapping[str, Members]) -> Callable[[bytes], bytes]:
    """Return a change of the entries whose member ``identifier`` is a key of ``changes``."""

    def rewrite(body: bytes) -> bytes:
        ET.register_namespace("", _RDS)
        tree = ET.fromstring(body)  # noqa: S314 - the answer of our own server
        for entry in list(tree.iter()):
            own = entry.find(_tag(identifier))
            for name, value in changes.get(own.text or "" if own is not None else "", {}).items():
                _set(entry, name, value)
        return ET.tostring(tree)

    return rewrite


def in_json(identifier: str, changes: Mapping[str, Mapping[str, Any]]) -> Callable[[bytes], bytes]:
    """Return a change of the objects whose member ``identifier`` is a key of ``changes``; None leaves a member out."""

    def changed(value: Any) -> Any:
        if isinstance(value, list):
            return [changed(one) for one in value]
        if not isinstance(value, dict):
            return value
        own = {name: changed(one) for name, one in value.items()}
        own |= changes.get(str(own.get(identifier)), {})
        return {name: one for name, one in own.items() if one is not None}

    return lambda body: json.dumps(changed(json.loads(body))).encode()


def rds_list(operation: str, name: str, entry: str, *entries: Members) -> bytes:
    """Return the whole answer of a list of RDS: ``name`` holds an ``entry`` for each of the entries."""
    answer = ET.Element(_tag(f"{operation}Response"))
    listed = ET.SubElement(ET.SubElement(answer, _tag(f"{operation}Result")), _tag(name))
    for members in entries:
        element = ET.SubElement(listed, _tag(entry))
        for member, value in members.items():
            _set(element, member, value)
    ET.register_namespace("", _RDS)
    return ET.tostring(answer)


def _set(entry: ET.Element, name: str, value: str | None) -> None:
    for present in entry.findall(_tag(name)):
        entry.remove(present)
    if value is None:
        return
    if value.startswith("<"):
        text = f'<{name} xmlns="{_RDS}">{value}</{name}>'
        entry.append(ET.fromstring(text))  # noqa: S314 - written by the test
    else:
        ET.SubElement(entry, _tag(name)).text = value


def _tag(name: str) -> str:
    return f"{{{_RDS}}}{name}"
