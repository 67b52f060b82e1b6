"""The collector of image repositories: a region's in one list, its registry's replication in one call."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar

from collectors.aws.answers import Answer, GoneError, member
from collectors.aws.ecr import operations as ops
from collectors.aws.ecr.replication import Rule, copies, rules
from collectors.aws.entries import not_asked
from collectors.aws.errors import malformed
from collectors.aws.keys import DESCRIBE_KEY, KeyHolders
from collectors.aws.memo import Memo
from collectors.aws.operations import Attempt
from collectors.aws.pages import pages, parted, tags
from collectors.aws.regional import RegionalCollector
from collectors.aws.tagged import GET_RESOURCES, Tagged
from collectors.aws.workers import spread
from collectors.model import (
    Copy,
    Encryption,
    Fact,
    ImageRepository,
    KeyHolder,
    Known,
    Provider,
    Resource,
    Unread,
)

_PAGE = 1000
_NOBODYS = "cspmd-permission-probe"
# ECR User Guide, "Encryption at rest": AES256 is S3's own encryption, the other two use a KMS key.
_KMS = frozenset({"KMS", "KMS_DSSE"})
_S3_ENCRYPTION = "AES256"


class RepositoryCollector(RegionalCollector):
    """Reads one region's repositories: one list.

    As rules ask for it, one call more tells what the registry replicates, and one list the tags.
    """

    uid: ClassVar[str] = "aws.ecr"
    service: ClassVar[str] = "ecr"
    kinds: ClassVar[tuple[type[Resource], ...]] = (ImageRepository,)
    operations = ops.OPERATIONS

    def _all_in(self, region: str) -> Iterator[Resource | Unread]:
        """Stream the region's repositories, each as soon as it is read."""
        yield from self._repositories(region, self._tagged(region), maxResults=_PAGE)

    def _again(self, region: str, uid: str) -> Resource | Unread | None:
        """Read one repository anew by its ARN; None where it does not exist."""
        name = uid.partition(":repository/")[2]
        try:
            return next(self._repositories(region, self._tagged(region, listed=False), repositoryNames=[name]), None)
        except GoneError:
            return None

    def attempts(self) -> Iterator[Attempt]:
        """Yield one harmless call of each operation, for trying the permissions."""
        home = self._account.home_region
        arn = f"arn:{self._account.partition}:ecr:{home}:{self._account.account_id}:repository/{_NOBODYS}"
        yield Attempt(operation=ops.DESCRIBE_REPOSITORIES, region=home, parameters={"maxResults": 1})
        yield Attempt(operation=ops.DESCRIBE_REGISTRY, region=home)
        yield Attempt(operation=ops.LIST_TAGS_FOR_RESOURCE, region=home, parameters={"resourceArn": arn})
        yield Attempt(operation=GET_RESOURCES, region=home, parameters={"ResourcesPerPage": 1})
        yield Attempt(operation=DESCRIBE_KEY, region=home, untried="no key is known to try it on")

    def _repositories(
        self,
        region: str,
        tagged: Tagged,
        **parameters: Any,  # noqa: ANN401 - the API's parameters
    ) -> Iterator[ImageRepository | Unread]:
        listed, failed = parted(pages(self._account, ops.REPOSITORIES, region, _with_name, **parameters))
        keys = KeyHolders(self._account, region)
        read = partial(self._read, region=region, keys=keys, registry=Memo(), tagged=tagged)
        for repository in spread(listed, read, self._account.cost):
            if repository is not None:
                yield repository
        yield from failed

    def _read(
        self,
        entry: Answer,
        region: str,
        keys: KeyHolders,
        registry: Memo[str, Fact[tuple[Rule, ...]]],
        tagged: Tagged,
    ) -> ImageRepository | None:
        """Read what the list leaves out of a repository; None where it is gone by now."""
        uid, name = str(entry["repositoryArn"]), str(entry["repositoryName"])
        try:
            own_tags = self._tags(uid, tagged)
        except GoneError:
            return None
        encryption = _encryption(entry)
        return ImageRepository(
            uid=uid,
            name=name,
            provider=Provider.AWS,
            account=self._account.account_id,
            region=region,
            tags=own_tags,
            places=Known((f"aws:{region}",)),
            copies=self._copies(name, region, registry),
            encryption=encryption,
            key_holder=keys.of(encryption.value.key_uid) if isinstance(encryption, Known) else encryption,
        )

    def _tagged(self, region: str, *, listed: bool = True) -> Tagged:
        def single(arn: str) -> Fact[dict[str, str]]:
            return self._account.read(ops.LIST_TAGS_FOR_RESOURCE, region, _tags, resourceArn=arn)

        return Tagged(self._account, region, ["ecr:repository"], single, listed=listed)

    def _tags(self, uid: str, tagged: Tagged) -> Fact[dict[str, str]]:
        if not self._account.asked(ImageRepository, "tags"):
            return not_asked(ops.LIST_TAGS_FOR_RESOURCE)
        return tagged.of(uid)

    def _copies(self, name: str, region: str, registry: Memo[str, Fact[tuple[Rule, ...]]]) -> Fact[tuple[Copy, ...]]:
        if not self._account.asked(ImageRepository, "copies"):
            return not_asked(ops.DESCRIBE_REGISTRY)
        replicated = registry.get(region, lambda: self._account.read(ops.DESCRIBE_REGISTRY, region, rules))
        if not isinstance(replicated, Known):
            return replicated
        return Known(copies(name, replicated.value, self._account.partition))


def _with_name(entry: Answer) -> Answer:
    member(entry, "repositoryArn")
    member(entry, "repositoryName")
    return entry


def _encryption(entry: Answer) -> Fact[Encryption]:
    """Return how a repository is encrypted; each is, and one that names no way is encrypted by S3's own keys."""
    configured = entry.get("encryptionConfiguration") or {}
    way = str(configured.get("encryptionType") or _S3_ENCRYPTION)
    if way not in _KMS and way != _S3_ENCRYPTION:
        return malformed(ops.DESCRIBE_REPOSITORIES, f"encryptionType {way}")
    key = str(configured.get("kmsKey") or "") if way in _KMS else ""
    return Known(Encryption(holder=KeyHolder.PROVIDER, algorithm=way, key_uid=key))


def _tags(answer: Answer) -> dict[str, str]:
    return tags(member(answer, "tags"))
