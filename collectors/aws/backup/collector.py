"""The collector of backups: a region's vaults and plans in two lists, then each plan by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import ClassVar

from collectors.aws.answers import Answer, GoneError, MalformedAnswerError, member
from collectors.aws.backup import operations as ops
from collectors.aws.backup.plans import copies
from collectors.aws.entries import not_asked
from collectors.aws.keys import DESCRIBE_KEY, KeyHolders
from collectors.aws.operations import Attempt
from collectors.aws.pages import Listed, pages, parted
from collectors.aws.regional import RegionalCollector
from collectors.aws.tagged import GET_RESOURCES, Tagged
from collectors.aws.workers import spread
from collectors.model import (
    BackupPlan,
    BackupVault,
    Encryption,
    Fact,
    KeyHolder,
    Known,
    NotNeeded,
    Provider,
    Resource,
    Unread,
)

_PAGE = 1000
_NOBODYS = "cspmd-permission-probe"
_ALGORITHM = "AES256"
_ACCOUNT = 4
# AWS Backup Developer Guide, "Backup vaults": it makes these by itself, the first wherever the console is opened.
_MADE_BY_AWS = frozenset({"Default", "aws/efs/automatic-backup-vault"})
_EMPTY = NotNeeded("vault_is_empty")
_COPIED_BY_PLANS = NotNeeded("copies_are_made_by_plans")


class BackupCollector(RegionalCollector):
    """Reads one region's vaults and plans: two lists, one call for each plan, and as rules ask for it, a list of tags.

    Where backups are copied to stands in the plans, which are read where a rule asks for that: each as a whole, since
    the list does not tell its rules.
    """

    uid: ClassVar[str] = "aws.backup"
    service: ClassVar[str] = "backup"
    kinds: ClassVar[tuple[type[Resource], ...]] = (BackupVault, BackupPlan)
    operations = ops.OPERATIONS

    def _all_in(self, region: str) -> Iterator[Resource | Unread]:
        """Stream vaults, then plans. A list that fails costs its own kind alone."""
        keys = KeyHolders(self._account, region)
        tagged = self._tagged(region)
        yield from self._of_kind(ops.VAULTS, region, partial(self._vault, region=region, keys=keys, tagged=tagged))
        if self._account.asked(BackupPlan, "copies"):
            yield from self._of_kind(ops.PLANS, region, partial(self._plan, region=region, tagged=tagged))

    def _again(self, region: str, uid: str) -> Resource | Unread | None:
        """Read one vault or plan anew by its ARN; None where the list of its kind does not have it.

        A vault is listed with the others: asked for by itself, AWS Backup refuses one that there is not.
        """
        listed, read = self._kind_of(uid, region)
        entries, failed = parted(pages(self._account, listed, region, _entry, MaxResults=_PAGE))
        found = next((entry for entry in entries if _arn(entry) == uid), None)
        if found is not None:
            return read(found)
        return failed[0] if failed else None

    def attempts(self) -> Iterator[Attempt]:
        """Yield one harmless call of each operation, for trying the permissions."""
        home = self._account.home_region
        arn = f"arn:{self._account.partition}:backup:{home}:{self._account.account_id}:backup-plan:{_NOBODYS}"
        yield Attempt(operation=ops.LIST_BACKUP_VAULTS, region=home, parameters={"MaxResults": 1})
        yield Attempt(operation=ops.LIST_BACKUP_PLANS, region=home, parameters={"MaxResults": 1})
        yield Attempt(operation=ops.GET_BACKUP_PLAN, region=home, parameters={"BackupPlanId": _NOBODYS})
        yield Attempt(operation=ops.LIST_TAGS, region=home, parameters={"ResourceArn": arn})
        yield Attempt(operation=GET_RESOURCES, region=home, parameters={"ResourcesPerPage": 1})
        yield Attempt(operation=DESCRIBE_KEY, region=home, untried="no key is known to try it on")

    def _kind_of(self, uid: str, region: str) -> tuple[Listed, Callable[[Answer], Resource | None]]:
        tagged = self._tagged(region, listed=False)
        if ":backup-plan:" in uid:
            return ops.PLANS, partial(self._plan, region=region, tagged=tagged)
        keys = KeyHolders(self._account, region)
        return ops.VAULTS, partial(self._vault, region=region, keys=keys, tagged=tagged)

    def _of_kind(
        self, listed: Listed, region: str, read: Callable[[Answer], Resource | None]
    ) -> Iterator[Resource | Unread]:
        entries, failed = parted(pages(self._account, listed, region, _entry, MaxResults=_PAGE))
        # A vault that another account shares with this one is that account's to judge.
        own = [entry for entry in entries if _arn(entry).split(":")[_ACCOUNT] == self._account.account_id]
        for found in spread(own, read, self._account.cost):
            if found is not None:
                yield found
        yield from failed

    def _vault(self, entry: Answer, region: str, keys: KeyHolders, tagged: Tagged) -> BackupVault | None:
        """Read a vault; one that AWS made by itself and that nothing lies in is not asked more about."""
        uid, key = str(entry["BackupVaultArn"]), str(entry.get("EncryptionKeyArn") or "")
        empty = entry.get("NumberOfRecoveryPoints") == 0 and entry.get("BackupVaultName") in _MADE_BY_AWS
        try:
            own_tags = _EMPTY if empty else self._tags(BackupVault, uid, tagged)
        except GoneError:
            return None
        return BackupVault(
            uid=uid,
            name=str(entry.get("BackupVaultName") or uid),
            provider=Provider.AWS,
            account=self._account.account_id,
            region=region,
            tags=own_tags,
            places=_EMPTY if empty else Known((f"aws:{region}",)),
            copies=_COPIED_BY_PLANS,
            # AWS Backup Developer Guide, "Encryption for backups": a vault always has a key.
            encryption=Known(Encryption(holder=KeyHolder.PROVIDER, algorithm=_ALGORITHM, key_uid=key)),
            key_holder=_EMPTY if empty else keys.of(key),
        )

    def _plan(self, entry: Answer, region: str, tagged: Tagged) -> BackupPlan | None:
        """Read a plan; None where it is gone by now."""
        uid = str(entry["BackupPlanArn"])
        plan = str(entry.get("BackupPlanId") or uid.rpartition(":")[2])
        try:
            return BackupPlan(
                uid=uid,
                name=str(entry.get("BackupPlanName") or plan),
                provider=Provider.AWS,
                account=self._account.account_id,
                region=region,
                tags=self._tags(BackupPlan, uid, tagged),
                places=Known((f"aws:{region}",)),
                copies=self._account.read(ops.GET_BACKUP_PLAN, region, copies, BackupPlanId=plan),
            )
        except GoneError:
            return None

    def _tagged(self, region: str, *, listed: bool = True) -> Tagged:
        def single(arn: str) -> Fact[dict[str, str]]:
            return self._account.read(ops.LIST_TAGS, region, _tags, ResourceArn=arn)

        return Tagged(self._account, region, ["backup:backup-vault", "backup:backup-plan"], single, listed=listed)

    def _tags(self, kind: type[Resource], uid: str, tagged: Tagged) -> Fact[dict[str, str]]:
        if not self._account.asked(kind, "tags"):
            return not_asked(ops.LIST_TAGS)
        return tagged.of(uid)


def _arn(entry: Answer) -> str:
    return str(entry.get("BackupVaultArn") or entry.get("BackupPlanArn") or "")


def _entry(entry: Answer) -> Answer:
    if _arn(entry).count(":") < _ACCOUNT:
        message = "no ARN"
        raise MalformedAnswerError(message)
    return entry


def _tags(answer: Answer) -> dict[str, str]:
    return {str(key): str(value) for key, value in member(answer, "Tags").items()}
