"""The collector of keys: a region's in two lists, then each customer's key by itself."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import ClassVar

import msgspec

from collectors.aws.answers import Answer, GoneError, member
from collectors.aws.entries import not_asked
from collectors.aws.kms import operations as ops
from collectors.aws.kms.key import Described
from collectors.aws.operations import Attempt
from collectors.aws.pages import gathered, pages, parted, tags
from collectors.aws.regional import RegionalCollector
from collectors.aws.tagged import GET_RESOURCES, Tagged
from collectors.aws.workers import spread
from collectors.model import EncryptionKey, Fact, KeyRotation, Known, Provider, Resource, Unread

_MOST_KEYS = 1000
_MOST_ALIASES = 100
_NOBODYS = "00000000-0000-0000-0000-000000000000"
_PREFIX = "alias/"
_OF_AWS = "alias/aws/"


class _Names(msgspec.Struct, frozen=True):
    """A region's aliases by key id: the names that people gave, and which keys are AWS's own."""

    names: dict[str, str]
    aws_managed: frozenset[str]


_NO_NAMES = _Names({}, frozenset())


class KeyCollector(RegionalCollector):
    """Reads the keys of one region that the customer manages; AWS rotates its own every year by itself.

    Two lists, then two calls a key, and one list of tags where a rule asks for the data class. No list says more of
    a key than its id; AWS's own are known by their aliases and cost nothing.
    """

    uid: ClassVar[str] = "aws.kms"
    service: ClassVar[str] = "kms"
    kinds: ClassVar[tuple[type[Resource], ...]] = (EncryptionKey,)
    operations = ops.OPERATIONS

    def _all_in(self, region: str) -> Iterator[Resource | Unread]:
        """Stream the region's customer-managed keys, each as soon as it is read."""
        listed, failed = parted(pages(self._account, ops.KEYS, region, _arn, Limit=_MOST_KEYS))
        if listed:
            names = self._names(region)
            customers = [arn for arn in listed if _id(arn) not in names.aws_managed]
            read = partial(self._read, region=region, names=names, tagged=self._tagged(region))
            for key in spread(customers, read, self._account.cost):
                if key is not None:
                    yield key
        yield from failed

    def _again(self, region: str, uid: str) -> Resource | Unread | None:
        """Read one key anew by its ARN; None where it does not exist, or is AWS's own."""
        return self._read(uid, region, self._names(region), self._tagged(region, listed=False))

    def attempts(self) -> Iterator[Attempt]:
        """Yield one harmless call of each operation, for trying the permissions."""
        home = self._account.home_region
        yield Attempt(operation=ops.LIST_KEYS, region=home, parameters={"Limit": 1})
        yield Attempt(operation=ops.LIST_ALIASES, region=home, parameters={"Limit": 1})
        arn = f"arn:{self._account.partition}:kms:{home}:{self._account.account_id}:key/{_NOBODYS}"
        for operation in (ops.DESCRIBE_KEY, ops.GET_KEY_ROTATION_STATUS, ops.LIST_RESOURCE_TAGS):
            yield Attempt(operation=operation, region=home, parameters={"KeyId": arn})
        yield Attempt(operation=GET_RESOURCES, region=home, parameters={"ResourcesPerPage": 1})

    def _names(self, region: str) -> _Names:
        """Read the region's aliases; without them each key is asked what it is, and goes by its id."""
        aliases = gathered(pages(self._account, ops.ALIASES, region, _alias, Limit=_MOST_ALIASES))
        if not isinstance(aliases, Known):
            return _NO_NAMES
        used = sorted((name, key) for name, key in aliases.value if key)
        names = {key: name.removeprefix(_PREFIX) for name, key in reversed(used) if not name.startswith(_OF_AWS)}
        return _Names(names, frozenset(key for name, key in used if name.startswith(_OF_AWS)))

    def _read(self, arn: str, region: str, names: _Names, tagged: Tagged) -> EncryptionKey | None:
        """Read one key; None where it is gone or AWS's own. One that cannot be described may be either's."""
        try:
            described = self._account.read(ops.DESCRIBE_KEY, region, Described, KeyId=arn)
            if isinstance(described, Known) and not described.value.of_customer:
                return None
            return self._key(arn, region, names, described, tagged)
        except GoneError:
            return None

    def _key(self, arn: str, region: str, names: _Names, described: Fact[Described], tagged: Tagged) -> EncryptionKey:
        read = described.value if isinstance(described, Known) else described
        return EncryptionKey(
            uid=arn,
            name=names.names.get(_id(arn), _id(arn)),
            provider=Provider.AWS,
            account=self._account.account_id,
            region=region,
            tags=self._tags(arn, tagged),
            places=read.places(region) if isinstance(read, Described) else read,
            copies=Known(read.copies) if isinstance(read, Described) else read,
            rotation=self._rotation(arn, region, read) if isinstance(read, Described) else read,
            state=Known(read.state) if isinstance(read, Described) else read,
        )

    def _rotation(self, arn: str, region: str, described: Described) -> Fact[KeyRotation]:
        if described.unrotated is not None:
            return described.unrotated
        return self._account.read(ops.GET_KEY_ROTATION_STATUS, region, _rotation, KeyId=arn)

    def _tagged(self, region: str, *, listed: bool = True) -> Tagged:
        def single(arn: str) -> Fact[dict[str, str]]:
            return self._account.read(ops.LIST_RESOURCE_TAGS, region, _tags, KeyId=arn)

        return Tagged(self._account, region, ["kms:key"], single, listed=listed)

    def _tags(self, arn: str, tagged: Tagged) -> Fact[dict[str, str]]:
        if not self._account.asked(EncryptionKey, "tags"):
            return not_asked(ops.LIST_RESOURCE_TAGS)
        return tagged.of(arn)


def _arn(entry: Answer) -> str:
    return str(member(entry, "KeyArn"))


def _id(arn: str) -> str:
    return arn.rpartition("/")[2]


def _alias(entry: Answer) -> tuple[str, str]:
    return str(member(entry, "AliasName")), str(entry.get("TargetKeyId") or "")


def _rotation(answer: Answer) -> KeyRotation:
    period = answer.get("RotationPeriodInDays")
    return KeyRotation(
        enabled=bool(member(answer, "KeyRotationEnabled")), period_days=None if period is None else int(period)
    )


def _tags(answer: Answer) -> dict[str, str]:
    return tags(member(answer, "Tags"), "TagKey", "TagValue")
