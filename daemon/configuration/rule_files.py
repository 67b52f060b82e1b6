"""The operator's Sigma rules, read from the configured directories."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from daemon.configuration.sources import UnreadableError, decode, read_bytes
from daemon.own_rules import own_rules

if TYPE_CHECKING:
    from detectors.sigma.rules import RuleSet

_SUFFIXES = frozenset({".yml", ".yaml"})


def load_running_rules(directories: Iterable[Path]) -> RuleSet:
    """Return the rules that run over followed logs: the program's own and those of the operator's directories.

    What is refused is among the set's ``refused``, as :func:`load_rule_files` says.
    """
    return load_rule_files([own_rules(), *directories])


def load_rule_files(directories: Iterable[Path]) -> RuleSet:
    """Return the rules of every YAML file below the directories, in the order of their names.

    A rule that cannot be used and a file that cannot be read are among the set's ``refused``.
    """
    from detectors.sigma.rules import RefusedRule, load_rules

    documents: list[tuple[str, str]] = []
    unreadable: list[RefusedRule] = []
    for directory in directories:
        for path in sorted(directory.rglob("*")):
            if path.suffix not in _SUFFIXES or not path.is_file():
                continue
            try:
                documents.append((str(path), decode(read_bytes(path))))
            except UnreadableError as error:
                unreadable.append(RefusedRule(file=str(path), rule="", reason=f"the file {error}"))
    rules = load_rules(documents)
    return msgspec.structs.replace(rules, refused=(*unreadable, *rules.refused))
