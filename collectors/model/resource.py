"""The base of every resource kind, the scope it was read in, and the snapshot it came with."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, ClassVar

import msgspec

from collectors.model.facts import Fact, Known, NotNeeded, Unread

GLOBAL = "global"


class Provider(StrEnum):
    """The cloud a resource lives in; the value is ECS ``cloud.provider``."""

    AWS = "aws"
    AZURE = "azure"
    GCP = "gcp"
    CSPMD = "cspmd"


class Resource(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", omit_defaults=True):
    """One resource as the cloud describes it.

    ``uid`` is the AWS ARN, the Azure resource id in lower case or the GCP full resource name.
    ``region`` is the provider's own region name, or ``global``. Every other public attribute of a
    subclass is a :data:`~collectors.model.facts.Fact`: a subclass declares ``tag=`` (its kind, a
    singular noun in snake case) and its facts, nothing else. Nothing volatile (read times, request
    ids) belongs in a resource: its content hash decides whether anything changed.
    """

    uid: str
    name: str
    provider: Provider
    account: str
    region: str = GLOBAL
    tags: Fact[dict[str, str]] = NotNeeded("no_tags")

    IDENTITY: ClassVar[tuple[str, ...]] = ("uid", "name", "provider", "account", "region")

    @classmethod
    def kind(cls) -> str:
        """Return the kind's name, as in ``resource.kind`` of a judgement line."""
        tag = cls.__struct_config__.tag
        if not isinstance(tag, str):
            message = f"{cls.__name__} declares no kind (tag=...)"
            raise TypeError(message)
        return tag

    @classmethod
    def fact_names(cls) -> tuple[str, ...]:
        """Return the names of the attributes that are facts, in declaration order."""
        return tuple(name for name in cls.__struct_fields__ if name not in cls.IDENTITY)

    def facts(self) -> Iterator[tuple[str, Fact[Any]]]:
        """Yield each fact with its name."""
        for name in self.fact_names():
            yield name, getattr(self, name)

    def unread(self) -> tuple[Unread, ...]:
        """Return what could not be read: facts, and then members of known facts (a grant, a copy), each once.

        What the cloud does not tell at all was read; it makes verdicts UNKNOWN and coverage no lower.
        """
        facts = [fact for _, fact in self.facts() if isinstance(fact, Unread) and fact.failed]
        return tuple(dict.fromkeys((*facts, *self._unread_members())))

    def coverage(self) -> tuple[int, int]:
        """Return (facts known, facts asked for); reads that were not needed count as neither.

        A member of a known fact that could not be read for a reason of its own was asked for, too.
        """
        known = sum(isinstance(fact, Known) for _, fact in self.facts())
        unread = [fact for _, fact in self.facts() if isinstance(fact, Unread) and fact.failed]
        return known, known + len(unread) + len(set(self._unread_members()).difference(unread))

    def _unread_members(self) -> Iterator[Unread]:
        for _, fact in self.facts():
            if isinstance(fact, Known) and isinstance(fact.value, tuple):
                for member in fact.value:
                    if isinstance(member, msgspec.Struct):
                        held = (getattr(member, name) for name in member.__struct_fields__)
                        yield from (value for value in held if isinstance(value, Unread) and value.failed)


_ENCODER = msgspec.json.Encoder(order="sorted")


def encode(obj: object) -> bytes:
    """Encode any model object as JSON with sorted keys: the one encoding for state, hashes and output."""
    return _ENCODER.encode(obj)


def content_hash(body: bytes) -> str:
    """Return a short stable digest (32 hex digits) of an encoded resource."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()


class Scope(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One unit of work: what one collector reads in one region of one account of one target.

    ``region`` is ``global`` for collectors that list an account's resources in one call.
    """

    target: str
    provider: Provider
    account: str
    region: str
    collector: str

    @property
    def key(self) -> str:
        """A stable text key for state, logs and lock names."""
        return f"{self.target}/{self.provider.value}/{self.account}/{self.region}/{self.collector}"


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """How one read of a scope ended. The resources themselves are streamed, never held here.

    ``complete`` means that the listing came back whole: only then does a missing resource prove an
    absence. ``known`` of ``asked`` facts were read; ``unread`` lists distinct failures, scope level
    first.
    """

    scope: Scope
    complete: bool
    resources: int
    known: int
    asked: int
    unread: tuple[Unread, ...] = ()

    @property
    def coverage(self) -> float:
        """The share (0 to 1) of what was asked that was read; 0 where the listing failed."""
        if not self.complete:
            return 0.0
        return 1.0 if self.asked == 0 else self.known / self.asked
