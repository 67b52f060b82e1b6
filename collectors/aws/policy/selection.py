"""What an Action/NotAction or Resource/NotResource element selects, and what is left after Denies.

Knows nothing of S3. Everything said for certain here ("covers") is provable from the patterns alone; everything said
as possible ("reaches") may be wider than the truth, never narrower.
"""

from __future__ import annotations

import msgspec

from collectors.aws.policy.patterns import Glob


class Selection(msgspec.Struct, frozen=True):
    """A list of patterns, or (``inverted``) everything that none of them matches."""

    patterns: tuple[Glob, ...]
    inverted: bool = False

    def matches(self, value: str) -> bool:
        """Whether the value is surely selected."""
        if self.inverted:
            return not any(pattern.may_match(value) for pattern in self.patterns)
        return any(pattern.matches(value) for pattern in self.patterns)

    def may_match(self, value: str) -> bool:
        """Whether the value may be selected."""
        if self.inverted:
            return not any(pattern.matches(value) for pattern in self.patterns)
        return any(pattern.may_match(value) for pattern in self.patterns)


class Part(msgspec.Struct, frozen=True):
    """A set of names: what ``pattern`` matches, less what any of ``less`` matches."""

    pattern: Glob
    less: tuple[Glob, ...] = ()

    def matches(self, value: str) -> bool:
        """Whether the value may belong to this part."""
        return self.pattern.may_match(value) and not any(pattern.matches(value) for pattern in self.less)

    def minus(self, selection: Selection) -> tuple[Part, ...]:
        """Return what may remain of this part once the selection is surely taken away.

        An empty result is a proof that nothing remains. A selection that takes only a piece out of a plain pattern
        leaves the part as it is: too much, never too little.
        """
        if not selection.inverted:
            return () if any(pattern.covers(self.pattern) for pattern in selection.patterns) else (self,)
        kept: list[Part] = []
        for spared in selection.patterns:
            if not spared.intersects(self.pattern) or any(gone.covers(spared) for gone in self.less):
                continue
            inner = self.pattern if self.pattern.literal or not self.pattern.covers(spared) else spared.widest()
            kept.append(Part(inner, self.less))
        return tuple(kept)


def parts(selection: Selection, universe: Glob) -> tuple[Part, ...]:
    """Return the selection as parts within ``universe`` (``s3:*``), one for each pattern that selects any of it."""
    if not selection.inverted:
        return tuple(
            Part(universe if pattern.covers(universe) else pattern.widest())
            for pattern in selection.patterns
            if pattern.intersects(universe)
        )
    less = tuple(pattern for pattern in selection.patterns if not pattern.has_variable and pattern.intersects(universe))
    if any(pattern.covers(universe) for pattern in less):
        return ()
    return (Part(universe, less),)
