"""The operator's policy as detectors see it: typed, complete, and free of where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from collectors.model import Fact, Known, NotNeeded, Resource, Unread

P = TypeVar("P", bound=msgspec.Struct)


class Residency(msgspec.Struct, frozen=True, kw_only=True):
    """Where data may lie: patterns like ``aws:eu-*``, by default and by data class.

    A class that is named replaces the default; None means that nothing is required there.
    """

    default: tuple[str, ...] | None = None
    classes: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)

    @property
    def configured(self) -> bool:
        """Whether any rule exists at all."""
        return self.default is not None or bool(self.classes)


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What this organisation requires.

    ``parameters`` holds one typed struct a detector uid (only where the operator set one);
    ``class_tag`` is the tag or label key that carries a resource's data class.
    """

    residency: Residency = Residency()
    class_tag: str = "data-class"
    parameters: Mapping[str, msgspec.Struct] = msgspec.field(default_factory=dict)

    def parameter(self, detector: str, kind: type[P]) -> P:
        """Return the detector's parameters, or the type's own defaults where none are set."""
        found = self.parameters.get(detector)
        if found is None:
            return kind()
        if not isinstance(found, kind):
            message = f"{detector}: parameters are {type(found).__name__}, expected {kind.__name__}"
            raise TypeError(message)
        return found

    def data_class(self, resource: Resource) -> Fact[str]:
        """Return the resource's data class, the empty string where it is not tagged.

        Unread where the tags could not be read: whoever needs the class then cannot judge. A tag
        key that differs from ``class_tag`` in letter case alone counts where the exact one is not
        set: a class that is overlooked is a rule that is not applied.
        """
        tags: Fact[dict[str, str]] = resource.tags
        if isinstance(tags, Unread):
            return tags
        if isinstance(tags, NotNeeded):
            return Known("")
        if self.class_tag in tags.value:
            return Known(tags.value[self.class_tag].strip())
        wanted = self.class_tag.casefold()
        alike = sorted(key for key in tags.value if key.casefold() == wanted)
        return Known(tags.value[alike[0]].strip() if alike else "")
