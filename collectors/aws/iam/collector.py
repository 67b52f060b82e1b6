"""The IAM collector: the root, every role and every user of an account, in a handful of calls."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import ClassVar

import msgspec

from collectors.api import Permission
from collectors.aws.answers import GoneError
from collectors.aws.iam.attempts import attempts
from collectors.aws.iam.authorization import Identity, Inventory, read_inventory
from collectors.aws.iam.credentials import Credentials, Report, read_credentials
from collectors.aws.iam.judged import SERVICE_LINKED_PATH, Privileges, privileges
from collectors.aws.iam.operations import (
    GET_ACCOUNT_AUTHORIZATION_DETAILS,
    GET_ROLE,
    LIST_VIRTUAL_MFA_DEVICES,
    OPERATIONS,
)
from collectors.aws.iam.privileges import Territory
from collectors.aws.iam.report import CredentialReports
from collectors.aws.iam.root import METHODS, read_root, read_summary, root_arn, says_all
from collectors.aws.operations import Attempt, permissions
from collectors.aws.session import AwsAccount
from collectors.aws.workers import spread
from collectors.model import (
    Fact,
    Known,
    Manager,
    Provider,
    Resource,
    Role,
    RootUser,
    Scope,
    Unread,
    UnreadReason,
    User,
)

_IDENTITY_CENTER_PATH = "/aws-reserved/sso.amazonaws.com/"


class IamCollector:
    """Reads the identities of one account: IAM is global, and told in lists.

    Three calls, and one for each 300 entities; one more where a rule asks what kind of MFA device the root has. That of
    STS, whose account this is, serves all collectors of an account. Users whom the credential
    report does not know yet, or whom an event showed to have changed since it was made, are read one by one.
    """

    uid: ClassVar[str] = "aws.iam"
    provider: ClassVar[Provider] = Provider.AWS
    kinds: ClassVar[tuple[type[Resource], ...]] = (User, Role, RootUser)
    regional: ClassVar[bool] = False
    operations = OPERATIONS
    permissions: ClassVar[tuple[Permission, ...]] = tuple(
        msgspec.structs.replace(one, fact=METHODS) if one.operation == LIST_VIRTUAL_MFA_DEVICES.uid else one
        for one in permissions(OPERATIONS)
    )

    def __init__(
        self,
        account: AwsAccount,
        *,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._account = account
        self._now = now
        self._reports = CredentialReports(account, sleep=sleep, now=now)
        self._lock = threading.Lock()
        self._changed: dict[str, datetime] = {}

    def collect(self, scope: Scope) -> Iterator[Resource | Unread]:  # noqa: ARG002 - the account is the scope
        """Stream the roles, the root and the users; those whose policies are needed and unlisted say so.

        An Unread says that the listing failed, wholly or from some page on; users that the credential report
        names are told even then. Never raises for what the cloud answers.
        """
        refusal = self._account.verify()
        if refusal is not None:
            yield refusal
            return
        # The report takes AWS a while: it is asked for first and fetched last.
        refused = self._reports.order()
        summary = read_summary(self._account)
        inventory = read_inventory(self._account)
        judged = privileges(inventory, self._territory(), self._now())
        for role in inventory.roles.values():
            yield self._role(role, judged[role.arn])
        report = self._reports.fetch(refused)
        yield read_root(self._account, summary, _of_root(report, root_arn(self._account)))
        yield from self._users(inventory, judged, report)
        yield from self._unlisted(inventory, report)
        if inventory.unread is not None:
            yield inventory.unread

    def refresh(self, scope: Scope, uid: str) -> Resource | Unread | None:  # noqa: ARG002 - the account is the scope
        """Read one user, role or the root anew by its ARN; None where the account has no such identity.

        The ARN may lack the path: the identity's own ARN is in what is returned.
        """
        refusal = self._account.verify()
        if refusal is not None:
            return refusal
        if uid == root_arn(self._account):
            return self._refresh_root()
        kind, _, name = uid.rpartition(":")[2].partition("/")
        name = name.rpartition("/")[2]
        try:
            if kind == "user":
                return self._refresh_user(uid, name)
            return self._refresh_role(uid, name) if kind == "role" else None
        except GoneError:
            return None

    def attempts(self) -> Iterator[Attempt]:
        """Yield one harmless call of each operation, for trying the permissions."""
        return attempts(self._account)

    def _refresh_root(self) -> RootUser:
        summary = read_summary(self._account)
        report = None if says_all(summary) else self._reports.fetch(self._reports.order())
        return read_root(self._account, summary, _of_root(report, root_arn(self._account)))

    def _refresh_user(self, uid: str, name: str) -> User | Unread:
        live = read_credentials(self._account, name)
        inventory = read_inventory(self._account)
        found = inventory.named(uid)
        if found is None:
            return _not_listed(inventory)
        with self._lock:
            self._changed[found.arn] = self._now()
        return self._user(found, live, privileges(inventory, self._territory(), self._now())[found.arn])

    def _refresh_role(self, uid: str, name: str) -> Role | Unread:
        exists = self._account.read(GET_ROLE, self._account.home_region, bool, RoleName=name)
        inventory = read_inventory(self._account)
        found = inventory.named(uid)
        if found is None:
            return exists if isinstance(exists, Unread) else _not_listed(inventory)
        return self._role(found, privileges(inventory, self._territory(), self._now())[found.arn])

    def _territory(self) -> Territory:
        return Territory(account=self._account.account_id, partition=self._account.partition)

    def _users(self, inventory: Inventory, judged: Mapping[str, Privileges], report: Fact[Report]) -> Iterator[User]:
        """Yield every listed user: those whom the report tells of at once, the others as they are read."""
        behind: list[Identity] = []
        for user in inventory.users.values():
            known = self._reported(user.arn, report)
            if known is None:
                behind.append(user)
            else:
                yield self._user(user, known, judged[user.arn])
        for found in spread(behind, self._live, self._account.cost):
            if found is not None:
                user, live = found
                yield self._user(user, live, judged[user.arn])

    def _unlisted(self, inventory: Inventory, report: Fact[Report]) -> Iterator[User]:
        """Yield the users whom the report alone tells of, where the listing failed."""
        if inventory.unread is None or not isinstance(report, Known):
            return
        unlisted = Privileges.unread(inventory.unread)
        for arn, row in report.value.rows.items():
            if ":user/" in arn and arn not in inventory.users:
                user = Identity(arn=arn, name=row.name, is_user=True, inline=(), attached=(), tags=inventory.unread)
                yield self._user(user, row.credentials, unlisted)

    def _live(self, user: Identity) -> tuple[Identity, Credentials] | None:
        try:
            return user, read_credentials(self._account, user.name)
        except GoneError:
            return None

    def _reported(self, arn: str, report: Fact[Report]) -> Credentials | None:
        """Return a user's credentials as the report tells them, None where it is behind the times."""
        if isinstance(report, Unread):
            return Credentials.unread(report)
        if not isinstance(report, Known):
            return None
        row = report.value.rows.get(arn)
        with self._lock:
            changed = self._changed.get(arn)
            if changed is not None and self._reports.knows(report.value, changed):
                del self._changed[arn]
                changed = None
        return None if row is None or changed is not None else row.credentials

    def _user(self, user: Identity, credentials: Credentials, held: Privileges) -> User:
        return User(
            uid=user.arn,
            name=user.name,
            provider=Provider.AWS,
            account=self._account.account_id,
            tags=user.tags,
            admin_paths=held.admin_paths,
            escalation_paths=held.escalation_paths,
            console_access=credentials.console_access,
            mfa=credentials.mfa,
            access_keys=credentials.access_keys,
            mfa_rules=held.mfa_rules,
        )

    def _role(self, role: Identity, held: Privileges) -> Role:
        return Role(
            uid=role.arn,
            name=role.name,
            provider=Provider.AWS,
            account=self._account.account_id,
            tags=role.tags,
            admin_paths=held.admin_paths,
            escalation_paths=held.escalation_paths,
            trust=held.trust,
            managed_by=Known(_manager(role)),
        )


def _of_root(report: Fact[Report] | None, arn: str) -> Credentials | None:
    if not isinstance(report, Known):
        return None
    row = report.value.rows.get(arn)
    return None if row is None else row.credentials


def _manager(role: Identity) -> Manager:
    if role.path.startswith(SERVICE_LINKED_PATH):
        return Manager.PROVIDER
    return Manager.IDENTITY_CENTER if role.path.startswith(_IDENTITY_CENTER_PATH) else Manager.CUSTOMER


def _not_listed(inventory: Inventory) -> Unread:
    """Return why an identity that exists is not in the listing: it failed, or has not caught up."""
    if inventory.unread is not None:
        return inventory.unread
    return Unread(reason=UnreadReason.ERROR, operation=GET_ACCOUNT_AUTHORIZATION_DETAILS.uid, detail="not_listed_yet")
