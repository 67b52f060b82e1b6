"""Where buckets lie: from the listing, from the bucket, or from how a stranger's bucket refuses us."""

from __future__ import annotations

from collections.abc import Iterable

from collectors.aws.answers import Answer, MalformedAnswerError, expect_root
from collectors.aws.memo import Memo
from collectors.aws.s3.listing import ListedBucket
from collectors.aws.s3.operations import GET_BUCKET_LOCATION, HEAD_BUCKET
from collectors.aws.session import AwsAccount
from collectors.model import Fact, Known

_HEADER = "x-amz-bucket-region"
_OLD_NAMES = {None: "us-east-1", "": "us-east-1", "EU": "eu-west-1"}


class BucketRegions:
    """The region of each bucket, asked for at most once. Safe for use by many threads."""

    def __init__(self, account: AwsAccount, listed: Iterable[ListedBucket]) -> None:
        self._account = account
        self._listed = {bucket.name: bucket.region for bucket in listed}
        self._asked: Memo[str, Fact[str]] = Memo()

    def own(self, name: str) -> Fact[str]:
        """Return the region of a bucket of this account; raises GoneError where there is no such bucket."""
        listed = self._listed.get(name)
        return Known(listed) if listed else self._asked.get(name, lambda: self._locate(name))

    def of(self, name: str, told: str = "") -> Fact[str]:
        """Return the region of any bucket, ``told`` where a stranger's was told elsewhere.

        Raises GoneError where there is no such bucket.
        """
        if told and name not in self._listed:
            return Known(told)
        return self.own(name) if name in self._listed else self._asked.get(name, lambda: self._head(name))

    def _locate(self, name: str) -> Fact[str]:
        located = self._account.read(GET_BUCKET_LOCATION, self._account.home_region, _location, Bucket=name)
        if isinstance(located, Known):
            return located
        headed = self._head(name)
        return headed if isinstance(headed, Known) else located

    def _head(self, name: str) -> Fact[str]:
        """Ask for the bucket's region in a way that S3 answers in the header of a refusal, too."""
        from collectors.aws import errors

        def ask() -> Answer:
            try:
                return self._account.call(HEAD_BUCKET, self._account.home_region, Bucket=name)
            except errors.SDK_ERRORS as error:
                if _HEADER in errors.http_headers(error):
                    return errors.answer(error)
                raise

        return errors.read(ask, HEAD_BUCKET, _header, None)


def _location(answer: Answer) -> str:
    expect_root(answer, "Location")
    place = answer.get("LocationConstraint")
    return _OLD_NAMES[place] if place in _OLD_NAMES else str(place)


def _header(answer: Answer) -> str:
    region = answer.get("BucketRegion") or answer["ResponseMetadata"]["HTTPHeaders"].get(_HEADER)
    if not region:
        message = f"no {_HEADER}"
        raise MalformedAnswerError(message)
    return str(region)


def place(region: Fact[str]) -> Fact[tuple[str, ...]]:
    """Return a bucket's region as the places its data lies in."""
    return Known((f"aws:{region.value}",)) if isinstance(region, Known) else region


def joined(regions: Iterable[Fact[str]]) -> Fact[tuple[str, ...]]:
    """Return several regions as places; one that was not read leaves the whole set open."""
    places: set[str] = set()
    for region in regions:
        if isinstance(region, Known):
            places.add(f"aws:{region.value}")
        else:
            return region
    return Known(tuple(sorted(places)))
