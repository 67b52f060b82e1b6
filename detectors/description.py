"""The catalogue in words: all there is to know of a detector, as data and as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import msgspec.inspect

from collectors.model import Provider, Resource, encode
from detectors.engine import judge
from detectors.model import Detector, Remediation


def describe(detector: Detector) -> dict[str, Any]:
    """Return everything the catalogue says of one detector, as JSON types only.

    Examples are judgement lines without what they have in common: what was seen, and the verdict.
    """
    return {
        "uid": detector.uid,
        "title": detector.title,
        "kind": detector.on.kind(),
        "severity": detector.severity.value,
        "description": detector.description,
        "risk": detector.risk,
        "controls": [
            {"framework": control.framework, "uid": control.uid, "title": control.title, "label": control.label}
            for control in detector.controls
        ],
        "facts": list(detector.facts),
        "parameters": list(_parameters(detector)),
        "remediation": {provider.value: _remediation(words) for provider, words in detector.remediation.items()},
        "remediation_of": {
            kind.kind(): {provider.value: _remediation(words) for provider, words in ways.items()}
            for kind, ways in detector.remediation_of.items()
        },
        "references": list(detector.references),
        "examples": {
            "good": [_example(detector, resource) for resource in detector.good],
            "bad": [_example(detector, resource) for resource in detector.bad],
        },
    }


def _remediation(words: Remediation) -> dict[str, str]:
    return {"text": words.text, "cli": words.cli, "terraform": words.terraform}


def _parameters(detector: Detector) -> Iterator[dict[str, Any]]:
    if detector.parameters is None:
        return
    defaults: dict[str, Any] = msgspec.json.decode(encode(detector.parameters()))
    for field in msgspec.structs.fields(detector.parameters):
        words = " or ".join(_words(msgspec.inspect.type_info(field.type)))
        yield {"name": field.encode_name, "takes": words, "default": defaults[field.encode_name]}


def _words(kind: msgspec.inspect.Type) -> Iterator[str]:
    """Yield in words what a value of this type may be; more than one for a union."""
    match kind:
        case msgspec.inspect.Metadata(type=inner):
            yield from _words(inner)
        case msgspec.inspect.UnionType(types=types):
            for member in types:
                yield from _words(member)
        case msgspec.inspect.EnumType(cls=cls):
            yield f"one of {', '.join(str(member.value) for member in cls)}"
        case msgspec.inspect.DictType(value_type=inner):
            yield f"a mapping from names, each value {' or '.join(_words(inner))}"
        case msgspec.inspect.CollectionType(item_type=inner):
            yield f"a list, each entry {' or '.join(_words(inner))}"
        case _:
            yield _PLAIN.get(type(kind), "any value")


_PLAIN: dict[type[msgspec.inspect.Type], str] = {
    msgspec.inspect.BoolType: "true or false",
    msgspec.inspect.FloatType: "a number",
    msgspec.inspect.IntType: "a whole number",
    msgspec.inspect.NoneType: "nothing",
    msgspec.inspect.StrType: "text",
    msgspec.inspect.TimeDeltaType: "a duration such as 90d",
}


def _example(detector: Detector, resource: Resource) -> dict[str, Any]:
    judgement = judge(detector, resource, detector.example_policy, detector.example_now)
    if judgement is None:
        message = f"{detector.uid}: its own example policy does not configure it"
        raise ValueError(message)
    seen: dict[str, Any] = msgspec.json.decode(encode(judgement))
    shown = {name: seen[name] for name in ("verdict", "severity", "provider", "evidence", "unread", "notes")}
    return {**shown, "resource": resource.uid}


def as_markdown(detectors: Iterable[Detector]) -> str:
    """Return the catalogue as Markdown: how to read it, then one section a detector, in the order given."""
    lines = [_PREFACE, "", *(line for detector in detectors for line in _section(describe(detector)))]
    return "\n".join(lines).rstrip("\n") + "\n"


_PREFACE = (
    "In commands and Terraform, `$name`, `$uid`, `$account` and `$region` stand for the resource's own (a finding "
    "shows them filled in); words in capitals are yours to fill in."
)


def _section(described: dict[str, Any]) -> Iterator[str]:
    yield f"## {described['uid']}"
    yield ""
    yield f"**{described['title']}.** Severity {described['severity']}; judges every {described['kind']}."
    yield ""
    yield described["description"]
    yield ""
    yield f"*Risk.* {described['risk']}"
    yield ""
    yield "*Controls.* " + "; ".join(f"{control['label']} {control['title']}" for control in described["controls"])
    yield ""
    if described["parameters"]:
        yield "| parameter | takes | default |"
        yield "| --- | --- | --- |"
        for parameter in described["parameters"]:
            default = msgspec.json.encode(parameter["default"]).decode()
            yield f"| `{parameter['name']}` | {parameter['takes']} | `{default}` |"
        yield ""
    for provider, words in described["remediation"].items():
        yield from _mending(Provider(provider), words)
    for kind, ways in described["remediation_of"].items():
        for provider, words in ways.items():
            yield from _mending(Provider(provider), words, kind)
    if described["references"]:
        yield from (f"- <{reference}>" for reference in described["references"])
        yield ""


_NAMES = {Provider.AWS: "AWS", Provider.AZURE: "Azure", Provider.GCP: "Google Cloud", Provider.CSPMD: "cspmd"}


def _mending(provider: Provider, words: dict[str, str], kind: str = "") -> Iterator[str]:
    of = f" of a {kind.replace('_', ' ')}" if kind else ""
    yield f"### Remediation{of} on {_NAMES[provider]}"
    yield ""
    yield words["text"]
    yield ""
    for key, language in (("cli", "sh"), ("terraform", "hcl")):
        if words[key]:
            yield f"```{language}"
            yield words[key]
            yield "```"
            yield ""
