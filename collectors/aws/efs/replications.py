"""Where file systems are replicated to: one list of the region, read when the first file system asks."""

from __future__ import annotations

from collectors.aws.answers import Answer, GoneError, member
from collectors.aws.efs.operations import PAGE, REPLICATIONS
from collectors.aws.memo import Memo
from collectors.aws.pages import gathered, pages
from collectors.aws.session import AwsAccount
from collectors.model import Copy, CopyKind, Fact, Known

_ARN_END = "/"


class Replications:
    """The replication configurations of one region; ``only`` narrows them to one file system."""

    def __init__(self, account: AwsAccount, region: str, *, only: str = "") -> None:
        self._account = account
        self._region = region
        self._only = only
        self._listed: Memo[str, Fact[tuple[tuple[str, tuple[Copy, ...]], ...]]] = Memo()

    def of(self, file_system: str) -> Fact[tuple[Copy, ...]]:
        """Return the copies of a file system by its id: of those only whose source it is, not its own source."""
        listed = self._listed.get("", self._list)
        if not isinstance(listed, Known):
            return listed
        return Known(tuple(copy for source, copies in listed.value if source == file_system for copy in copies))

    def _list(self) -> Fact[tuple[tuple[str, tuple[Copy, ...]], ...]]:
        asked = {"FileSystemId": self._only} if self._only else {"MaxResults": PAGE}
        try:
            return gathered(pages(self._account, REPLICATIONS, self._region, self._replication, **asked))
        except GoneError:
            return Known(())

    def _replication(self, entry: Answer) -> tuple[str, tuple[Copy, ...]]:
        source = str(member(entry, "SourceFileSystemId")).rpartition(_ARN_END)[2]
        if str(member(entry, "SourceFileSystemRegion")) != self._region:
            return "", ()
        return source, tuple(self._copy(one) for one in member(entry, "Destinations"))

    def _copy(self, destination: Answer) -> Copy:
        region = str(member(destination, "Region"))
        owner = str(destination.get("OwnerId") or self._account.account_id)
        uid = str(member(destination, "FileSystemId")).rpartition(_ARN_END)[2]
        return Copy(
            kind=CopyKind.REPLICATION,
            destination=f"arn:{self._account.partition}:elasticfilesystem:{region}:{owner}:file-system/{uid}",
            places=Known((f"aws:{region}",)),
            via="EFS replication",
        )
