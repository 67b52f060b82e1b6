"""The bucket that log files lie in: what is there, and what is in it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from typing import Any, TypeAlias

import msgspec

from collectors.aws.answers import Answer, GoneError, MalformedAnswerError, expect_root
from collectors.aws.logs.operations import GET_OBJECT, LIST_OBJECTS
from collectors.aws.session import AwsAccount
from collectors.framing import json_records, text_lines
from collectors.model import Fact, Known, Unread, UnreadReason
from collectors.model.log_records import UndecodableRecordError
from collectors.unpacking import UnreadableInputError, chunks

WHOLE = 8 * 1024 * 1024
"""Bytes up to which a file is fetched whole before it is unpacked; a longer one is unpacked as it comes."""

_EVERY_FILE = frozenset(
    {
        UnreadReason.CREDENTIALS,
        UnreadReason.THROTTLED,
        UnreadReason.UNREACHABLE,
        UnreadReason.SERVICE_DISABLED,
    }
)


class LogUnreadError(Exception):
    """Raised where a listing or a file cannot be read; ``unread`` says why.

    ``general`` is whether the next call would fare no better; ``gone`` whether the file does not exist.
    """

    def __init__(self, unread: Unread, *, gone: bool = False, general: bool = False) -> None:
        super().__init__(unread.summary)
        self.unread = unread
        self.gone = gone
        self.general = general or unread.reason in _EVERY_FILE


Fetched: TypeAlias = bytes | LogUnreadError | None
"""A file's content, why there is none, or None where it was not fetched yet."""


class Listed(msgspec.Struct, frozen=True):
    """One object of a listing; ``modified`` is when it was put, in seconds since 1970, ``size`` its bytes."""

    key: str
    modified: float
    size: int


class Page(msgspec.Struct, frozen=True):
    """A page of a listing: objects and folders (whole, with the slash), and the token of the next page."""

    objects: tuple[Listed, ...]
    folders: tuple[str, ...]
    token: str


class LogBucket:
    """One bucket, read with one account's credentials. Every method raises LogUnreadError where reading fails.

    ``listings`` counts the pages that were asked for.
    """

    def __init__(self, account: AwsAccount, name: str) -> None:
        self.account = account
        self.name = name
        self.listings = 0

    def page(self, prefix: str, *, start_after: str = "", token: str = "", by_folder: bool = False) -> Page:
        """List up to a thousand objects under a prefix; ``by_folder`` those of deeper folders as their folder."""
        self.listings += 1
        parameters: dict[str, Any] = {"Bucket": self.name, "Prefix": prefix}
        if token:
            parameters["ContinuationToken"] = token
        elif start_after:
            parameters["StartAfter"] = start_after
        if by_folder:
            parameters["Delimiter"] = "/"
        listed: Fact[Page] = self.account.read(LIST_OBJECTS, self.account.home_region, _page, **parameters)
        if isinstance(listed, Known):
            return listed.value
        raise LogUnreadError(_of(listed, f"{self.name}/{prefix}"))

    def pages(self, prefix: str, first: Page) -> Iterator[Page]:
        """Yield a page and those that follow it."""
        page = first
        yield page
        while page.token:
            page = self.page(prefix, token=page.token)
            yield page

    def folders(self, prefix: str) -> Iterator[str]:
        """Yield the names of the folders right under a prefix."""
        token = ""
        while True:
            page = self.page(prefix, token=token, by_folder=True)
            yield from (folder[len(prefix) : -1] for folder in page.folders)
            token = page.token
            if not token:
                return

    def fetch(self, key: str) -> Fetched:
        """Return a file's content as it is, None for one that is long; what it would raise it returns instead."""
        try:
            with closing(self._open(key)) as content:
                return content.getvalue() if isinstance(content, io.BytesIO) else None
        except LogUnreadError as error:
            return error

    def json_records(self, key: str, content: Fetched = None) -> Iterator[bytes]:
        """Yield the records of a file of JSON records, gzip or not, one by one; ``content`` if it was fetched."""
        for record in self._read(key, content, json_records):
            if isinstance(record, UndecodableRecordError) or not record.startswith(b"{"):
                raise LogUnreadError(self._malformed(key, "not_json_records"))
            yield record

    def lines(self, key: str, content: Fetched = None) -> Iterator[bytes]:
        """Yield the lines of a file, gzip or not; ``content`` if it was fetched."""
        return self._read(key, content, text_lines)

    def _read(self, key: str, content: Fetched, cut: Callable[[Iterator[bytes]], Iterator[Any]]) -> Iterator[Any]:
        from collectors.aws import errors

        if isinstance(content, LogUnreadError):
            raise content
        try:
            with closing(self._open(key) if content is None else io.BytesIO(content)) as opened:
                yield from cut(chunks(io.BufferedReader(opened)))
        except UnreadableInputError as error:
            raise LogUnreadError(self._malformed(key, "gzip")) from error
        except errors.SDK_ERRORS as error:
            raise LogUnreadError(_of(errors.unread(error, GET_OBJECT), f"{self.name}/{key}")) from error

    def _open(self, key: str) -> Any:  # noqa: ANN401 - the SDK's stream, which is like a raw file, or a BytesIO
        def get() -> Answer:
            answer = self.account.call(GET_OBJECT, self.account.home_region, Bucket=self.name, Key=key)
            body, length = answer["Body"], int(answer.get("ContentLength", WHOLE + 1))
            if length > WHOLE:
                return {"Body": body}
            with closing(body):
                return {"Body": io.BytesIO(body.read())}

        from collectors.aws import errors

        try:
            opened = errors.read(get, GET_OBJECT, lambda answer: answer["Body"], None)
        except GoneError as error:
            gone = Unread(reason=UnreadReason.ERROR, operation=GET_OBJECT.uid, detail="deleted_before_it_was_read")
            raise LogUnreadError(_of(gone, f"{self.name}/{key}"), gone=True) from error
        if isinstance(opened, Known):
            return opened.value
        raise LogUnreadError(_of(opened, f"{self.name}/{key}"))

    def _malformed(self, key: str, detail: str) -> Unread:
        unread = Unread(reason=UnreadReason.MALFORMED, operation=GET_OBJECT.uid, detail=detail)
        return _of(unread, f"{self.name}/{key}")


def _of(unread: object, place: str) -> Unread:
    """Name in an Unread what could not be read."""
    if not isinstance(unread, Unread):
        message = f"no reason why {place} was not read"
        raise TypeError(message)
    return msgspec.structs.replace(unread, detail=f"{place}: {unread.detail}" if unread.detail else place)


def _page(answer: Answer) -> Page:
    expect_root(answer, "ListBucketResult")
    token = str(answer.get("NextContinuationToken") or "")
    if answer.get("IsTruncated") and not token:
        message = "no NextContinuationToken"
        raise MalformedAnswerError(message)
    return Page(
        tuple(_listed(entry) for entry in answer.get("Contents", ())),
        tuple(str(entry["Prefix"]) for entry in answer.get("CommonPrefixes", ())),
        token,
    )


def _listed(entry: Answer) -> Listed:
    modified: datetime = entry["LastModified"]
    return Listed(str(entry["Key"]), modified.timestamp(), int(entry["Size"]))
