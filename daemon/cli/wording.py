"""Judgements in few words, for people. Machines get the judgement itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from daemon.documents.wording import evidence_summary
from daemon.model import FactChange
from detectors.model import Judgement, Severity, Verdict
from detectors.notes import explain

LONGEST = 160
STYLES = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
}
UNKNOWN_STYLE = "magenta"


def why(judgement: Judgement) -> str:
    """Return why the verdict is what it is: what violates, or what could not be read."""
    match judgement.verdict:
        case Verdict.FAIL:
            return cut(evidence_summary(judgement))
        case Verdict.UNKNOWN:
            return cut("; ".join(one.summary for one in judgement.unread))
        case Verdict.PASS:
            return cut("; ".join(explain(code) for code in judgement.notes))


def cut(text: str, longest: int = LONGEST) -> str:
    """Return the text, shortened with an ellipsis where it is longer."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _grant(data: Mapping[str, Any]) -> str:
    return f"{data['via']}: {data['reach']} may {', '.join(data.get('what', ())) or 'use it'}"


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _value(value: Any) -> str:  # noqa: ANN401 - evidence holds what the provider said
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value or "none"
    if isinstance(value, list | tuple) and all(isinstance(member, str) for member in value):
        return ", ".join(value) or "none"
    if value is None:
        return "none"
    return msgspec.json.encode(value).decode()


def change_words(change: FactChange) -> str:
    """Return one fact before and after, in few words."""
    return f"{_plain(change.fact)}: {cut(_fact(change.before), 80)} → {cut(_fact(change.after), 80)}"


def _fact(value: Any) -> str:  # noqa: ANN401 - a fact of any type, as it was stored
    data = msgspec.to_builtins(value)
    if isinstance(data, Mapping) and data.get("fact") == "known":
        data = data["value"]
    if isinstance(data, Mapping) and data.get("fact") == "unread":
        return f"unread ({data['operation']})"
    if isinstance(data, Mapping) and data.get("fact") == "not_needed":
        return f"not read ({_plain(data['because'])})"
    if isinstance(data, list | tuple) and all(isinstance(one, Mapping) and "reach" in one for one in data):
        return "; ".join(_grant(one) for one in data) or "none"
    if isinstance(data, Mapping):
        return ", ".join(f"{_plain(name)} {_value(member)}" for name, member in data.items()) or "none"
    return _value(data)
