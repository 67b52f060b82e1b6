"""Which rules are for which logs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from detectors.sigma.rules import Rule
from detectors.sigma.sources import SOURCES


def rules_by_log(rules: Iterable[Rule]) -> tuple[dict[str, int], dict[str, int]]:
    """Return how many rules are for each log that is read here, and how many for each that is not.

    A log that is read is named as :attr:`LogSource.name`, any other by the product and service that its rules name.
    A rule may be for several logs.
    """
    read, unread = Counter[str](), Counter[str]()
    for rule in rules:
        logs = [source.name for source in SOURCES if source.accepts(rule.product, rule.service)]
        read.update(logs)
        if not logs:
            unread["/".join(filter(None, (rule.product, rule.service))) or "no product"] += 1
    return dict(sorted(read.items())), dict(sorted(unread.items()))
