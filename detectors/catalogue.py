"""The catalogue: every detector in the package, found by walking it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import detectors
from collectors.model import Resource
from detectors.model import CATEGORIES, Detector


@cache
def catalogue() -> Mapping[str, Detector]:
    """Return every detector by uid, in the order of their uids.

    Each module in a category's package defines at most one ``DETECTOR``, whose uid is
    ``<package>.<module>``. Raises ValueError for one that is named otherwise or is no detector.
    """
    found: dict[str, Detector] = {}
    for category in pkgutil.iter_modules(detectors.__path__, "detectors."):
        if not category.ispkg or category.name.rpartition(".")[2] not in CATEGORIES:
            continue
        package = importlib.import_module(category.name)
        for module in pkgutil.iter_modules(package.__path__, f"{category.name}."):
            detector = _detector_in(module.name)
            if detector is not None:
                found[detector.uid] = detector
    return MappingProxyType(dict(sorted(found.items())))


def _detector_in(module: str) -> Detector | None:
    """Return the detector that a module defines, None where it defines none."""
    detector = getattr(importlib.import_module(module), "DETECTOR", None)
    if detector is None:
        return None
    expected = module.removeprefix("detectors.")
    if not isinstance(detector, Detector) or detector.uid != expected:
        message = f"{module}: DETECTOR must be a Detector with the uid {expected!r}"
        raise ValueError(message)
    return detector


@cache
def detectors_for(kind: type[Resource]) -> tuple[Detector, ...]:
    """Return the detectors that judge this kind of resource, or a kind it derives from."""
    return tuple(detector for detector in catalogue().values() if issubclass(kind, detector.on))
