"""The resource control policies that bind an account's buckets: they refuse outsiders whatever a bucket grants.

They hold in member accounts, not in the organization's management account (AWS Organizations User Guide, "Resource
control policies"). The management account and delegated administrators alone may read them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from collectors.aws.answers import Answer, member
from collectors.aws.errors import malformed
from collectors.aws.memo import Memo
from collectors.aws.operations import Operation
from collectors.aws.policy import PolicyDocument, parse_policy
from collectors.aws.s3.blocks import Organization
from collectors.aws.s3.operations import (
    DESCRIBE_POLICY,
    LIST_PARENTS,
    LIST_POLICIES_FOR_TARGET,
    RESOURCE_CONTROL_TYPE,
)
from collectors.aws.session import AwsAccount
from collectors.model import Fact, Known, Unread

Controls = tuple[PolicyDocument, ...]

# AWS Organizations quotas: units nest five levels deep, below the root and above the account.
_DEEPEST = 7
_ROOT = "r-"
_NONE: Controls = ()


class ResourceControls:
    """The policies that bind one account, read when they are first wanted and once. Safe for use by many threads."""

    def __init__(self, account: AwsAccount, membership: Fact[Organization | None]) -> None:
        self._account = account
        self._asked = account.organization or account
        self._membership = membership
        self._read: Memo[str, Fact[Controls]] = Memo()

    def binding(self) -> Fact[Controls]:
        """Return the policies attached to the account, to each unit above it and to the root; Known(()) for none."""
        return self._read.get(self._account.account_id, self._binding)

    def _binding(self) -> Fact[Controls]:
        if not isinstance(self._membership, Known):
            return self._membership
        organization = self._membership.value
        if organization is None or not organization.all_features:
            return Known(_NONE)
        if organization.management_account == self._account.account_id:
            return Known(_NONE)
        found: dict[str, None] = {}
        for target in self._chain():
            if isinstance(target, Unread):
                return target
            attached = self._all(LIST_POLICIES_FOR_TARGET, _attached, TargetId=target, Filter=RESOURCE_CONTROL_TYPE)
            if not isinstance(attached, Known):
                return attached
            found.update(dict.fromkeys(attached.value))
        return self._documents(found)

    def _chain(self) -> Iterator[str | Unread]:
        """Yield the account's id, then the ids of the units above it up to the root, each when it is wanted."""
        target = self._account.account_id
        for _ in range(_DEEPEST):
            yield target
            if target.startswith(_ROOT):
                return
            parents = self._all(LIST_PARENTS, _parents, ChildId=target)
            if not isinstance(parents, Known) or not parents.value:
                yield parents if isinstance(parents, Unread) else malformed(LIST_PARENTS, "no parent")
                return
            (target, *_) = parents.value
        yield malformed(LIST_PARENTS, "no root")

    def _documents(self, policies: Iterable[str]) -> Fact[Controls]:
        found: list[PolicyDocument] = []
        for policy in policies:
            document = self._asked.read(DESCRIBE_POLICY, self._asked.home_region, _content, PolicyId=policy)
            if not isinstance(document, Known):
                return document
            found.append(document.value)
        return Known(tuple(found))

    def _all(
        self,
        operation: Operation,
        take: Callable[[Answer], tuple[str, ...]],
        **parameters: Any,  # noqa: ANN401 - the API's parameters
    ) -> Fact[tuple[str, ...]]:
        """Return the ids of every page of a list; pages may be empty and not the last."""
        found: list[str] = []
        while True:
            page = self._asked.read(
                operation, self._asked.home_region, lambda answer: (take(answer), answer.get("NextToken")), **parameters
            )
            if not isinstance(page, Known):
                return page
            ids, token = page.value
            found += ids
            if not token or token == parameters.get("NextToken"):
                return Known(tuple(found))
            parameters["NextToken"] = str(token)


def _attached(answer: Answer) -> tuple[str, ...]:
    # What AWS itself attaches everywhere allows everything, and grants nothing by that.
    return tuple(str(member(one, "Id")) for one in member(answer, "Policies") if not one.get("AwsManaged"))


def _parents(answer: Answer) -> tuple[str, ...]:
    return tuple(str(member(one, "Id")) for one in member(answer, "Parents"))


def _content(answer: Answer) -> PolicyDocument:
    return parse_policy(member(member(answer, "Policy"), "Content"))
