"""A backup plan's rules: which vaults elsewhere they copy backups to."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.aws.answers import Answer, MalformedAnswerError, member
from collectors.model import Copy, CopyKind, Known

_SERVICE = "backup"
_REGION = 3
_PARTS = 7


def copies(answer: Answer) -> tuple[Copy, ...]:
    """Return where the plan of a ``GetBackupPlan`` answer copies to, each vault once; raises MalformedAnswerError.

    A rule that backs up right into a vault of another account (a logically air-gapped one) counts as well.
    """
    found: dict[str, list[str]] = {}
    for rule in member(member(answer, "BackupPlan"), "Rules"):
        for vault in _destinations(rule):
            found.setdefault(vault, []).append(str(rule.get("RuleName") or ""))
    return tuple(_copy(vault, rules) for vault, rules in sorted(found.items()))


def _destinations(rule: Answer) -> Iterator[str]:
    for action in rule.get("CopyActions") or ():
        yield str(member(action, "DestinationBackupVaultArn"))
    air_gapped = rule.get("TargetLogicallyAirGappedBackupVaultArn")
    if air_gapped:
        yield str(air_gapped)


def _copy(vault: str, rules: list[str]) -> Copy:
    parts = vault.split(":")
    if len(parts) < _PARTS or parts[2] != _SERVICE or not parts[_REGION]:
        message = "DestinationBackupVaultArn"
        raise MalformedAnswerError(message)
    names = ", ".join(dict.fromkeys(filter(None, rules)))
    return Copy(
        kind=CopyKind.BACKUP_COPY,
        destination=vault,
        places=Known((f"aws:{parts[_REGION]}",)),
        via=f"backup rule {names}" if names else "backup rule",
    )
