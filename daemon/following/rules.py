"""The Sigma rules that are run over followed logs: those that come with the program and the operator's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import structlog

from detectors.sigma.rules import RuleSet

log = structlog.get_logger(__name__)


def rules_of(directories: Sequence[Path]) -> RuleSet:
    """Load the program's own rules and those of these directories.

    A rule that cannot be run is logged with the reason and left out; the others run. Those for logs that nothing here
    reads are logged together.
    """
    from daemon.configuration.rule_files import load_running_rules
    from detectors.sigma.reach import rules_by_log

    rules = load_running_rules(directories)
    for refused in rules.refused:
        log.warning("rule refused", file=refused.file, rule=refused.rule, reason=refused.reason)
    _, nowhere = rules_by_log(rules.rules)
    if nowhere:
        log.warning(
            "rules are for logs that are not read here: they never match",
            rules=sum(nowhere.values()),
            logs=list(nowhere),
        )
    return rules
