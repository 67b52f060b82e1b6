"""The catalogue: every detector in the package, found by walking it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

import detectors
from collectors.model import Resource
from detectors.model import CATEGORIES, Detector


@cache
def catalogue() -> Mapping[str, Detector]:
    """Return every detector by uid, in the order of their uids.

    Each module in a category's package defines at most one ``DETECTOR``. Raises ValueError for a
    uid that two modules claim or that is not of its package's category.
    """
    found: dict[str, Detector] = {}
    for category in pkgutil.iter_modules(detectors.__path__, "detectors."):
        name = category.name.rpartition(".")[2]
        if not category.ispkg or name not in CATEGORIES:
            continue
        package = importlib.import_module(category.name)
        for module in pkgutil.iter_modules(package.__path__, f"{category.name}."):
            detector = getattr(importlib.import_module(module.name), "DETECTOR", None)
            if detector is None:
                continue
            if detector.uid in found or not detector.uid.startswith(f"{name}."):
                message = f"{module.name}: detector uid {detector.uid!r} is taken or not of category {name!r}"
                raise ValueError(message)
            found[detector.uid] = detector
    return dict(sorted(found.items()))


@cache
def detectors_for(kind: type[Resource]) -> tuple[Detector, ...]:
    """Return the detectors that judge this kind of resource, or a kind it derives from."""
    return tuple(detector for detector in catalogue().values() if issubclass(kind, detector.on))
