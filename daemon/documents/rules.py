"""What a document says of the rule behind a judgement, from the catalogue where the rule is in it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import cache

import msgspec

from detectors.model import Control, Detector

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:cspmd:rule")

# The four themes of Annex A of ISO/IEC 27001:2022, by the first number of a control.
_THEMES = {
    "A.5": "Organizational controls",
    "A.6": "People controls",
    "A.7": "Physical controls",
    "A.8": "Technological controls",
}


class RuleFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What documents say of a rule. Texts are empty where the rule is not in the catalogue."""

    uid: str
    title: str
    description: str = ""
    risk: str = ""
    controls: tuple[Control, ...] = ()
    references: tuple[str, ...] = ()

    @property
    def uuid(self) -> str:
        """The same UUID for the same rule in every installation and version."""
        return _uuid_of(self.uid)

    @property
    def category(self) -> str:
        """The rule's category: what its uid starts with."""
        return self.uid.partition(".")[0]


class Rules:
    """Looks rules up by uid; ``catalogue`` is that of :func:`detectors.catalogue.catalogue`."""

    def __init__(self, catalogue: Mapping[str, Detector]) -> None:
        self._catalogue = catalogue
        self._known: dict[str, RuleFacts] = {}

    def of(self, uid: str, labels: tuple[str, ...] = ()) -> RuleFacts:
        """Return the facts of a rule.

        ``labels`` are the judgement's control labels (``ISO/IEC 27001:2022 A.5.23``); they stand in
        for the controls of a rule that is not in the catalogue, such as one that has been retired.
        """
        known = self._known.get(uid)
        if known is None:
            detector = self._catalogue.get(uid)
            known = _retired(uid, labels) if detector is None else _facts(detector)
            if detector is not None:
                self._known[uid] = known
        return known


@cache
def _uuid_of(uid: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, uid))


def theme(control: Control) -> str:
    """Return the part of its framework that a control belongs to."""
    return _THEMES.get(".".join(control.uid.split(".")[:2]), control.framework)


def _facts(detector: Detector) -> RuleFacts:
    return RuleFacts(
        uid=detector.uid,
        title=detector.title,
        description=detector.description,
        risk=detector.risk,
        controls=detector.controls,
        references=detector.references,
    )


def _retired(uid: str, labels: tuple[str, ...]) -> RuleFacts:
    controls = []
    for label in labels:
        framework, _, number = label.rpartition(" ")
        controls.append(Control(framework=framework, uid=number, title=""))
    return RuleFacts(uid=uid, title=uid, controls=tuple(controls))
