"""Discovering the accounts of an AWS organization: a unit of work like any other.

It yields no resource: what it finds becomes more units. A discovery that fails is an incomplete
scope, visible in coverage, and the accounts found before stay watched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from collectors.api import Permission
from collectors.aws.operations import Operation, permissions
from collectors.aws.s3.operations import ASKED_FOR_MEMBERS
from collectors.aws.session import AwsAccount
from collectors.model import Known, NotNeeded, Provider, Resource, Scope, Unread, UnreadReason

LIST_ACCOUNTS = Operation(
    service="organizations",
    name="ListAccounts",
    action="organizations:ListAccounts",
    why="discovers the accounts of the organization (in its management account or a delegated administrator's)",
)

ORGANIZATION = "organization"
"""What stands for the account in the scope of the discovery itself: it is about no single account."""


class OrganizationAccounts:
    """A collector of accounts: hands the active ones to ``found`` once the list came back whole.

    ``account`` are the credentials as they are, before any role is assumed: those of the
    organization's management account or of a delegated administrator. With the same ones the policies that
    bind each member are read, and so what that takes is needed where accounts are discovered.
    """

    uid: ClassVar[str] = "aws.accounts"
    provider: ClassVar[Provider] = Provider.AWS
    kinds: ClassVar[tuple[type[Resource], ...]] = ()
    regional: ClassVar[bool] = False
    permissions: ClassVar[tuple[Permission, ...]] = permissions([LIST_ACCOUNTS, *ASKED_FOR_MEMBERS])

    def __init__(self, account: AwsAccount, found: Callable[[tuple[str, ...]], None]) -> None:
        self._account = account
        self._found = found

    def collect(self, _scope: Scope) -> Iterator[Resource | Unread]:
        """List the organization's accounts; yields an Unread where that fails and nothing otherwise."""
        accounts: list[str] = []
        token: str | None = None
        while True:
            page = self._page(token)
            if isinstance(page, Unread):
                yield page
                return
            if isinstance(page, NotNeeded):
                break
            ids, token = page.value
            accounts += ids
            if token is None:
                break
        if not accounts:
            yield Unread(reason=UnreadReason.MALFORMED, operation=LIST_ACCOUNTS.uid, detail="no_active_account")
            return
        self._found(tuple(sorted(accounts)))

    def refresh(self, _scope: Scope, _uid: str) -> Resource | Unread | None:
        """Return None: a discovery holds no resources."""
        return None

    def _page(self, token: str | None) -> Known[tuple[list[str], str | None]] | Unread | NotNeeded:
        from collectors.aws import errors

        def ask() -> Any:  # noqa: ANN401 - the SDK's answers are untyped
            following = {} if token is None else {"NextToken": token}
            return self._account.call(LIST_ACCOUNTS, self._account.home_region, **following)

        return errors.read(ask, LIST_ACCOUNTS, _active, NotNeeded("no_accounts"))


def _active(answer: Any) -> tuple[list[str], str | None]:  # noqa: ANN401 - the SDK's answers are untyped
    """Return the ids of the active accounts of one page, and the next page's token."""
    ids = [str(account["Id"]) for account in answer["Accounts"] if _state(account) == "ACTIVE"]
    return ids, answer.get("NextToken")


def _state(account: Any) -> str:  # noqa: ANN401 - the SDK's answers are untyped
    # Organizations API reference: State replaces Status, which older endpoints alone return.
    return str(account.get("State") or account["Status"])
