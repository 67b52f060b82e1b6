"""The operator's policy as detectors see it: typed, complete, and free of where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from collectors.model import DataCopy, Fact, Known, NotNeeded, Resource, Unread, UnreadReason

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
        set: a class that is overlooked is a rule that is not applied. A copy of data that is not tagged
        itself has the class of what it was made of.
        """
        tags: Fact[dict[str, str]] = resource.tags
        if isinstance(tags, Unread):
            return tags
        own = "" if isinstance(tags, NotNeeded) else self._class_in(tags.value)
        return self._inherited(resource.source_tags) if not own and isinstance(resource, DataCopy) else Known(own)

    def _inherited(self, source_tags: Fact[tuple[dict[str, str], ...]]) -> Fact[str]:
        """Return the one class that the sources have; those without any say nothing against it."""
        if isinstance(source_tags, Unread):
            return source_tags
        if isinstance(source_tags, NotNeeded):
            return Known("")
        found = {
            data_class.casefold(): data_class for tags in source_tags.value if (data_class := self._class_in(tags))
        }
        if len(found) > 1:
            detail = f"its sources have several: {', '.join(sorted(found))}"
            return Unread(reason=UnreadReason.NOT_TOLD, operation="tell the data class", detail=detail)
        return Known(next(iter(found.values()), ""))

    def _class_in(self, tags: Mapping[str, str]) -> str:
        if self.class_tag in tags:
            return tags[self.class_tag].strip()
        wanted = self.class_tag.casefold()
        alike = sorted(key for key in tags if key.casefold() == wanted)
        return tags[alike[0]].strip() if alike else ""
