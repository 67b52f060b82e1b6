"""The kinds of value a configuration holds, each with the words that say what is expected."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, NoReturn, TypeAlias
from urllib.parse import urlsplit

from pydantic import (
    BeforeValidator,
    Discriminator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    PlainValidator,
    SecretStr,
    Tag,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from daemon.configuration.duration import EXPECTED, PATTERN, format_duration, parse_duration

_QUOTE_IT = "in quotes (YAML reads a bare one as a number or a switch and may change it)"


def refuse(expected: str) -> NoReturn:
    """Refuse a value: raise the error that says what is expected instead."""
    kind, message = "expected", "expected {what}"
    raise PydanticCustomError(kind, message, {"what": expected}) from None


@dataclass(frozen=True)
class Matching:
    """Marks text that must match a pattern as a whole; ``what`` names it in words."""

    pattern: str
    what: str

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validate by the pattern, in the words of this kind of value."""
        del source, handler
        pattern = re.compile(self.pattern)

        def check(value: object) -> str:
            if isinstance(value, bool | int | float):
                refuse(f"{self.what}, {_QUOTE_IT}")
            if not isinstance(value, str) or pattern.fullmatch(value) is None:
                refuse(self.what)
            return value

        return core_schema.no_info_plain_validator_function(
            check, serialization=core_schema.to_string_ser_schema(when_used="always")
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Describe the pattern to JSON Schema, which does not anchor by itself."""
        del schema, handler
        return {"type": "string", "pattern": f"^(?:{self.pattern})$"}


def check_duration(value: object) -> timedelta:
    """Return a duration that is longer than nothing."""
    if isinstance(value, timedelta):
        return value
    try:
        found = parse_duration(value if isinstance(value, str) else "")
    except ValueError:
        refuse(EXPECTED)
    if not found:
        refuse(f"{EXPECTED}, longer than nothing")
    return found


def _check_retention(value: object) -> timedelta:
    found = check_duration(value)
    if found < timedelta(days=1):
        refuse(f"{EXPECTED}, at least 1d")
    return found


def _check_flag(value: object) -> bool:
    # A switch that comes out of an environment variable is text.
    found = {"true": True, "false": False}.get(value) if isinstance(value, str) else value
    if not isinstance(found, bool):
        refuse("true or false")
    return found


class Listen(NamedTuple):
    """An address to listen on. Port 0 takes any free port."""

    host: str
    port: int

    def __str__(self) -> str:
        """Return the address as it is configured: ``127.0.0.1:9464``, ``[::1]:9464``."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def loopback(self) -> bool:
        """Whether only this machine can connect."""
        return self.host in {"localhost", "::1"} or self.host.startswith("127.")


_ADDRESS = r"(?:\[([0-9A-Fa-f:.]+(?:%[A-Za-z0-9]+)?)\]|([A-Za-z0-9.-]+)):([0-9]{1,5})"
_HIGHEST_PORT = 65_535


def _check_address(value: object) -> Listen:
    if isinstance(value, Listen):
        return value
    match = re.fullmatch(_ADDRESS, value) if isinstance(value, str) else None
    if match is None or int(match[3]) > _HIGHEST_PORT:
        refuse("an address and a port such as 127.0.0.1:9464 or [::1]:9464 (port 0 takes any free port)")
    return Listen(match[1] or match[2], int(match[3]))


def _check_url(value: object) -> str:
    valid = False
    if isinstance(value, str) and not any(letter.isspace() for letter in value):
        try:
            parts = urlsplit(value)
            valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        except ValueError:
            valid = False
        valid = valid and not any(letter in value for letter in "@?#")
    if not isinstance(value, str) or not valid:
        refuse("a URL such as https://host:443, without user name and password in it")
    return value


_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].+)?$"


def _check_expiry(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, str) and re.match(_DATE, value):
        try:
            return datetime.combine(date.fromisoformat(value), time(23, 59, 59), UTC)
        except ValueError:
            pass
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            pass
        else:
            return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    refuse("a date such as 2027-06-30 (it ends with that day, UTC) or a time such as 2027-06-30T12:00:00Z")


def _check_path(value: object, info: ValidationInfo) -> Path:
    if isinstance(value, Path):
        return value
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        refuse("a path")
    directory = info.context["directory"] if info.context else Path.cwd()
    return Path(directory, value).absolute()


def _check_secret(value: object) -> SecretStr:
    if isinstance(value, SecretStr):
        return value
    if isinstance(value, bool | int | float):
        refuse(f"text {_QUOTE_IT}")
    if not isinstance(value, str) or not value:
        refuse('text that is not empty, such as "${NAME}" or "${file:/path}"')
    return SecretStr(value)


DETECTOR_UID = r"[a-z]+(?:\.[A-Za-z0-9_-]+)+"
"""What a detector's uid looks like."""

_SQLITE = "sqlite:///"
_POSTGRES = "postgresql+psycopg://"


def _check_state_url(value: object, info: ValidationInfo) -> SecretStr:
    """Return a state's database URL, a relative SQLite path made absolute. It may hold a password."""
    url = value.get_secret_value() if isinstance(value, SecretStr) else value
    if isinstance(url, str):
        path = url.removeprefix(_SQLITE)
        if url.startswith(_SQLITE) and path and not path.startswith(":") and "?" not in path:
            return SecretStr(_SQLITE + str(_check_path(path, info)))
        if url.startswith(_POSTGRES) and len(url) > len(_POSTGRES):
            return SecretStr(url)
    refuse(f"{_SQLITE}/absolute/path/state.db or {_POSTGRES}user:password@host/database")


def _check_version(value: object) -> int:
    # True equals 1 in Python, and a quoted version is as good as a bare one.
    if isinstance(value, bool) or str(value) != "1":
        refuse("1, the only version of the format there is")
    return 1


def all_or(what: str) -> Discriminator:
    """Return the marker that tells the word ``all`` from a list and refuses anything else.

    Tags stand in angle brackets so that they can be told from keys in an error's location.
    """

    def tell(value: object) -> str | None:
        if isinstance(value, list | tuple):
            return "<list>"
        return "<all>" if value == "all" else None

    return Discriminator(
        tell,
        custom_error_type="expected",
        custom_error_message="expected {what}",
        custom_error_context={"what": what},
    )


def _choice(*choices: str) -> Matching:
    return Matching("|".join(choices), f"one of {', '.join(choices)}")


Text: TypeAlias = Annotated[str, Matching(r"[\s\S]*\S[\s\S]*", "text that is not empty")]
AnyText: TypeAlias = Annotated[str, Matching(r"[\s\S]*", "text")]
Name: TypeAlias = Annotated[
    str,
    Matching(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", "a name of at most 63 letters, digits, dots, dashes or underscores"),
]
AccountId: TypeAlias = Annotated[str, Matching(r"[0-9]{12}", 'an AWS account id of 12 digits, such as "123456789012"')]
RoleName: TypeAlias = Annotated[
    str,
    Matching(
        r"[A-Za-z0-9_+=,.@/-]{1,512}",
        "the name of a role such as cspmd-read, no ARN: the role of this name is assumed in each account",
    ),
]
AwsRegion: TypeAlias = Annotated[
    str, Matching(r"[a-z]{2,4}(?:-[a-z]+)+-[0-9]{1,2}", "an AWS region such as eu-central-1")
]
BucketName: TypeAlias = Annotated[str, Matching(r"[A-Za-z0-9._-]{3,255}", "the name of a bucket, no URL and no ARN")]
TenantId: TypeAlias = Annotated[
    str, Matching(r"[A-Za-z0-9.-]+", "an Entra tenant id such as 11111111-2222-3333-4444-555555555555")
]
SubscriptionId: TypeAlias = Annotated[
    str, Matching(r"[A-Za-z0-9-]+", "an Azure subscription id such as 11111111-2222-3333-4444-555555555555")
]
OrganizationNumber: TypeAlias = Annotated[
    str, Matching(r"[0-9]+", 'a Google Cloud organization number such as "123456789012"')
]
ProjectId: TypeAlias = Annotated[str, Matching(r"[a-z0-9][a-z0-9.:-]*", "a Google Cloud project id such as my-project")]
Namespace: TypeAlias = Annotated[
    str,
    Matching(
        r"[a-z0-9_.]{1,100}",
        "the namespace of a data stream such as default: lower-case letters, digits, dots and underscores",
    ),
]
DetectorUid: TypeAlias = Annotated[str, Matching(DETECTOR_UID, "a detector's uid such as storage.public_access")]
DetectorGlob: TypeAlias = Annotated[
    str,
    Matching(
        r"[A-Za-z0-9_.*?\[\]!-]+",
        "a detector's uid such as storage.public_access, or a pattern such as storage.*",
    ),
]
Place: TypeAlias = Annotated[
    str,
    Matching(
        r"(?:aws|azure|gcp):[A-Za-z0-9*?\[\]!-]+",
        "a place as provider:region, such as aws:eu-*, azure:westeurope or gcp:europe-west3",
    ),
]
LogLevel: TypeAlias = Annotated[
    Literal["debug", "info", "warning", "error"], _choice("debug", "info", "warning", "error")
]
LogFormat: TypeAlias = Annotated[Literal["json", "console"], _choice("json", "console")]

FormatVersion: TypeAlias = Annotated[int, PlainValidator(_check_version), WithJsonSchema({"const": 1})]
Flag: TypeAlias = Annotated[bool, BeforeValidator(_check_flag)]
Duration: TypeAlias = Annotated[
    timedelta,
    PlainValidator(check_duration),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": PATTERN}),
]
Retention: TypeAlias = Annotated[
    timedelta,
    PlainValidator(_check_retention),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": PATTERN}),
]
Address: TypeAlias = Annotated[
    Listen,
    PlainValidator(_check_address),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": f"^(?:{_ADDRESS})$"}),
]
Url: TypeAlias = Annotated[
    str, PlainValidator(_check_url), WithJsonSchema({"type": "string", "pattern": r"^https?://[^\s@?#]+$"})
]
FilePath: TypeAlias = Annotated[
    Path, PlainValidator(_check_path), PlainSerializer(str, return_type=str), WithJsonSchema({"type": "string"})
]
Expiry: TypeAlias = Annotated[
    datetime,
    PlainValidator(_check_expiry),
    WithJsonSchema({"type": "string", "pattern": _DATE}),
]
StateUrl: TypeAlias = Annotated[
    SecretStr,
    PlainValidator(_check_state_url),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^(sqlite:///[^:?]|postgresql\+psycopg://.)", "writeOnly": True}),
]
Secret: TypeAlias = Annotated[
    SecretStr,
    PlainValidator(_check_secret),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "minLength": 1, "writeOnly": True}),
]
Regions: TypeAlias = Annotated[
    Annotated[Literal["all"], Tag("<all>")] | Annotated[tuple[AwsRegion, ...], Tag("<list>")],
    all_or("all, or a list of regions such as [eu-central-1, eu-west-1]"),
]
Subscriptions: TypeAlias = Annotated[
    Annotated[Literal["all"], Tag("<all>")] | Annotated[tuple[SubscriptionId, ...], Tag("<list>")],
    all_or("all, or a list of subscription ids"),
]
