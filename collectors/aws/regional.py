"""What the collectors of regional services share: whose credentials these are, and services that a region lacks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

from collectors.api import Permission
from collectors.aws.availability import where_offered
from collectors.aws.operations import Attempt, Operation, permissions
from collectors.aws.session import VERIFIED_WITHIN, AwsAccount
from collectors.model import Provider, Resource, Scope, Unread


class RegionalCollector(ABC):
    """Reads one service of an account region by region; a :class:`collectors.api.Collector`.

    A subclass says its ``uid``, its ``service`` as the SDK calls it, its ``kinds`` and its ``operations``, and reads.
    The regions of one pass share the proof of whose credentials these are.
    """

    uid: ClassVar[str]
    service: ClassVar[str]
    kinds: ClassVar[tuple[type[Resource], ...]]
    operations: ClassVar[tuple[Operation, ...]]
    provider: ClassVar[Provider] = Provider.AWS
    regional: ClassVar[bool] = True
    permissions: ClassVar[tuple[Permission, ...]]

    def __init_subclass__(cls) -> None:
        """Derive the permissions from the operations."""
        super().__init_subclass__()
        cls.permissions = permissions(cls.operations)

    def __init__(self, account: AwsAccount) -> None:
        self._account = account

    def collect(self, scope: Scope) -> Iterator[Resource | Unread]:
        """Stream what the scope's region has; nothing where the region lacks the service."""
        refusal = self._account.verify(within=VERIFIED_WITHIN)
        if refusal is not None:
            yield refusal
            return
        yield from where_offered(self._account, self.service, scope.region, self._all_in(scope.region))

    def refresh(self, scope: Scope, uid: str) -> Resource | Unread | None:
        """Read one resource anew by its ARN; None where it does not exist."""
        refusal = self._account.verify(within=VERIFIED_WITHIN)
        if refusal is not None:
            return refusal
        return self._again(scope.region, uid)

    @abstractmethod
    def attempts(self) -> Iterator[Attempt]:
        """Yield one harmless call of each operation, for trying the permissions."""

    @abstractmethod
    def _all_in(self, region: str) -> Iterator[Resource | Unread]:
        """Stream what the region has; an Unread says which list failed, wholly or from some page on."""

    @abstractmethod
    def _again(self, region: str, uid: str) -> Resource | Unread | None:
        """Read one resource anew by its ARN; None where it does not exist."""
