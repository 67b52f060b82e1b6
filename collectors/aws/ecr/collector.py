"""The collector of image repositories: a region's in one list, its registry's replication in one call."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar

from collectors.api import Permission
from collectors.aws.answers import Answer, GoneError, MalformedAnswerError, member
from collectors.aws.availability import where_offered
from collectors.aws.ecr import operations as ops
from collectors.aws.ecr.replication import Rule, copies, rules
from collectors.aws.keys import DESCRIBE_KEY, KeyHolders
from collectors.aws.memo import Memo
from collectors.aws.operations import Attempt, permissions
from collectors.aws.pages import pages, parted, tags
from collectors.aws.session import VERIFIED_WITHIN, AwsAccount
from collectors.aws.workers import spread
from collectors.model import (
    Encryption,
    Fact,
    ImageRepository,
    KeyHolder,
    Known,
    Provider,
    Resource,
    Scope,
    Unread,
)

_PAGE = 1000
_NOBODYS = "cspmd-permission-probe"
# ECR User Guide, "Encryption at rest": AES256 is S3's own encryption, the other two use a KMS key.
_KMS = frozenset({"KMS", "KMS_DSSE"})
_S3_ENCRYPTION = "AES256"


class RepositoryCollector:
    """Reads one region's repositories: two calls, and one a repository for its tags, which no list tells."""

    uid: ClassVar[str] = "aws.ecr"
    provider: ClassVar[Provider] = Provider.AWS
    kinds: ClassVar[tuple[type[Resource], ...]] = (ImageRepository,)
    regional: ClassVar[bool] = True
    operations = ops.OPERATIONS
    permissions: ClassVar[tuple[Permission, ...]] = permissions(ops.OPERATIONS)

    def __init__(self, account: AwsAccount) -> None:
        self._account = account

    def collect(self, scope: Scope) -> Iterator[Resource | Unread]:
        """Stream the region's repositories, each as soon as it is read."""
        refusal = self._account.verify(within=VERIFIED_WITHIN)
        if refusal is not None:
            yield refusal
            return
        yield from where_offered(self._account, "ecr", scope.region, self._repositories(scope.region, maxResults=_PAGE))

    def refresh(self, scope: Scope, uid: str) -> Resource | Unread | None:
        """Read one repository anew by its ARN; None where it does not exist."""
        refusal = self._account.verify(within=VERIFIED_WITHIN)
        if refusal is not None:
            return refusal
        name = uid.partition(":repository/")[2]
        try:
            return next(self._repositories(scope.region, repositoryNames=[name]), None)
        except GoneError:
            return None

    def attempts(self) -> Iterator[Attempt]:
        """Yield one harmless call of each operation, for trying the permissions."""
        home = self._account.home_region
        arn = f"arn:{self._account.partition}:ecr:{home}:{self._account.account_id}:repository/{_NOBODYS}"
        yield Attempt(operation=ops.DESCRIBE_REPOSITORIES, region=home, parameters={"maxResults": 1})
        yield Attempt(operation=ops.DESCRIBE_REGISTRY, region=home)
        yield Attempt(operation=ops.LIST_TAGS_FOR_RESOURCE, region=home, parameters={"resourceArn": arn})
        yield Attempt(operation=DESCRIBE_KEY, region=home, untried="no key is known to try it on")

    def _repositories(
        self,
        region: str,
        **parameters: Any,  # noqa: ANN401 - the API's parameters
    ) -> Iterator[ImageRepository | Unread]:
        listed, failed = parted(pages(self._account, ops.REPOSITORIES, region, _with_name, **parameters))
        read = partial(self._read, region=region, keys=KeyHolders(self._account, region), registry=Memo())
        for repository in spread(listed, read, self._account.cost):
            if repository is not None:
                yield repository
        yield from failed

    def _read(
        self, entry: Answer, region: str, keys: KeyHolders, registry: Memo[str, Fact[tuple[Rule, ...]]]
    ) -> ImageRepository | None:
        """Read what the list leaves out of a repository; None where it is gone by now."""
        uid, name = str(entry["repositoryArn"]), str(entry["repositoryName"])
        try:
            own_tags = self._account.read(ops.LIST_TAGS_FOR_RESOURCE, region, _tags, resourceArn=uid)
        except GoneError:
            return None
        replicated = registry.get(region, lambda: self._account.read(ops.DESCRIBE_REGISTRY, region, rules))
        partition = self._account.partition
        encryption = _encryption(entry)
        return ImageRepository(
            uid=uid,
            name=name,
            provider=Provider.AWS,
            account=self._account.account_id,
            region=region,
            tags=own_tags,
            places=Known((f"aws:{region}",)),
            copies=Known(copies(name, replicated.value, partition)) if isinstance(replicated, Known) else replicated,
            encryption=Known(encryption),
            key_holder=keys.of(encryption.key_uid),
        )


def _with_name(entry: Answer) -> Answer:
    member(entry, "repositoryArn")
    member(entry, "repositoryName")
    _encryption(entry)
    return entry


def _encryption(entry: Answer) -> Encryption:
    """Return how a repository is encrypted; each is, and one that names no way is encrypted by S3's own keys."""
    configured = entry.get("encryptionConfiguration") or {}
    way = str(configured.get("encryptionType") or _S3_ENCRYPTION)
    if way not in _KMS and way != _S3_ENCRYPTION:
        message = f"encryptionType {way}"
        raise MalformedAnswerError(message)
    key = str(configured.get("kmsKey") or "") if way in _KMS else ""
    return Encryption(holder=KeyHolder.PROVIDER, algorithm=way, key_uid=key)


def _tags(answer: Answer) -> dict[str, str]:
    return tags(member(answer, "tags"))
