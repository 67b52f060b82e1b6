"""A large account's IAM as AWS says it on the wire, in pages, from a fast server.

``identities(users=500, delay=0.03)`` serves so many users and as many roles, under policies of ordinary size, from one
asyncio loop in a process of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote
from xml.sax.saxutils import escape

from tests.fakes.aws_replay import Replay, serve

ACCOUNT = "123456789012"

_ROOT = Path(__file__).parents[2]
_GROUPS = 20
_POLICIES = 60
_SERVICES = ("s3", "ec2", "lambda", "sqs", "sns", "dynamodb", "logs", "kms", "ecs", "glue", "states", "events")
_VERBS = ("Get", "List", "Describe", "Put", "Create", "Update", "Delete", "Tag", "Start", "Stop")
_THINGS = ("Item", "Table", "Queue", "Topic", "Function", "Stream", "Key", "Alias", "Rule", "Job")


def answers(users: int) -> dict[str, Any]:
    """Return the body of each operation's answer; of the listing, all entities in AWS's order."""
    return {
        "GetCallerIdentity": _wrapped(
            "GetCallerIdentity", f"<Arn>x</Arn><UserId>x</UserId><Account>{ACCOUNT}</Account>"
        ),
        "GenerateCredentialReport": _wrapped("GenerateCredentialReport", "<State>COMPLETE</State>"),
        "GetCredentialReport": _report(users),
        "GetAccountSummary": _summary(),
        "ListVirtualMFADevices": _wrapped(
            "ListVirtualMFADevices", "<VirtualMFADevices></VirtualMFADevices><IsTruncated>false</IsTruncated>"
        ),
        "GetAccountAuthorizationDetails": [
            *(("UserDetailList", _user(number)) for number in range(users)),
            *(("RoleDetailList", _role(number)) for number in range(users)),
            *(("GroupDetailList", _group(number)) for number in range(_GROUPS)),
            *(("Policies", _policy(number)) for number in range(_POLICIES)),
        ],
    }


def _wrapped(operation: str, result: str) -> bytes:
    return (
        f'<{operation}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><{operation}Result>{result}'
        f"</{operation}Result><ResponseMetadata><RequestId>replayed</RequestId></ResponseMetadata></{operation}Response>"
    ).encode()


def _summary() -> bytes:
    numbers = {"AccountPasswordPresent": 1, "AccountMFAEnabled": 1, "AccountAccessKeysPresent": 0}
    entries = "".join(f"<entry><key>{name}</key><value>{value}</value></entry>" for name, value in numbers.items())
    return _wrapped("GetAccountSummary", f"<SummaryMap>{entries}</SummaryMap>")


_KEY = ("active", "last_rotated", "last_used_date", "last_used_region", "last_used_service")
_COLUMNS = (
    *("user", "arn", "user_creation_time", "password_enabled", "password_last_used", "password_last_changed"),
    *("password_next_rotation", "mfa_active"),
    *(f"access_key_{slot}_{column}" for slot in (1, 2) for column in _KEY),
    *("cert_1_active", "cert_1_last_rotated", "cert_2_active", "cert_2_last_rotated"),
)


def _report(users: int) -> bytes:
    rows = [_COLUMNS, _row("<root_account>", "root", password="not_supported", mfa="true")]
    rows += (
        _row(
            f"user-{number}",
            f"user/user-{number}",
            password="true" if number % 3 else "false",
            mfa="true" if number % 5 else "false",
            key=f"2025-0{1 + number % 9}-01T00:00:00+00:00" if number % 2 else "",
        )
        for number in range(users)
    )
    content = base64.b64encode("\n".join(",".join(row) for row in rows).encode()).decode()
    made = "<ReportFormat>text/csv</ReportFormat><GeneratedTime>2015-01-01T00:00:00Z</GeneratedTime>"
    return _wrapped("GetCredentialReport", f"<Content>{content}</Content>{made}")


def _row(name: str, resource: str, *, password: str, mfa: str, key: str = "") -> tuple[str, ...]:
    off = ("false", "N/A", "N/A", "N/A", "N/A")
    first = ("true", key, "N/A", "N/A", "N/A") if key else off
    signing_in = (password, "N/A", "N/A", "N/A", mfa)
    return (
        name,
        f"arn:aws:iam::{ACCOUNT}:{resource}",
        "2024-01-01T00:00:00+00:00",
        *signing_in,
        *first,
        *off,
        *off[:4],
    )


def _document(seed: int, statements: int) -> str:
    """A policy of so many statements of eight actions each, one in forty of them of all actions."""
    made: list[dict[str, Any]] = []
    for number in range(statements):
        service = _SERVICES[(seed + number) % len(_SERVICES)]
        actions = [
            f"{service}:{_VERBS[(seed + at) % 10]}{_THINGS[(number + at) % 10]}{'*' if at % 3 else ''}"
            for at in range(8)
        ]
        on = f"arn:aws:{service}:*:{ACCOUNT}:app-{seed}/*" if number % 2 else "*"
        made.append({"Sid": f"S{number}", "Effect": "Allow", "Action": actions, "Resource": on})
    if seed % 40 == 0:
        made.append({"Effect": "Allow", "Action": "*", "Resource": "*"})
    if seed % 7 == 0:
        made.append({"Effect": "Allow", "Action": ["iam:PassRole", "lambda:*", "ec2:RunInstances"], "Resource": "*"})
    return quote(json.dumps({"Version": "2012-10-17", "Statement": made}))


def _attached(*numbers: int) -> str:
    members = "".join(
        f"<member><PolicyName>policy-{number}</PolicyName><PolicyArn>{_policy_arn(number)}</PolicyArn></member>"
        for number in numbers
    )
    return f"<AttachedManagedPolicies>{members}</AttachedManagedPolicies>"


def _policy_arn(number: int) -> str:
    return f"arn:aws:iam::{ACCOUNT}:policy/policy-{number}"


def _inline(tag: str, seed: int, statements: int) -> str:
    document = escape(_document(seed, statements))
    return f"<{tag}><member><PolicyName>inline</PolicyName><PolicyDocument>{document}</PolicyDocument></member></{tag}>"


_TAGS = "<Tags><member><Key>team</Key><Value>payments</Value></member></Tags>"


def _user(number: int) -> str:
    return (
        f"<member><Path>/</Path><UserName>user-{number}</UserName><UserId>AIDA{number}</UserId>"
        f"<Arn>arn:aws:iam::{ACCOUNT}:user/user-{number}</Arn><CreateDate>2024-01-01T00:00:00Z</CreateDate>"
        f"{_inline('UserPolicyList', 1000 + number, 3)}<GroupList><member>group-{number % _GROUPS}</member></GroupList>"
        f"{_attached(number % _POLICIES)}{_TAGS}</member>"
    )


def _role(number: int) -> str:
    service = ("lambda", "ec2", "ecs-tasks", "glue")[number % 4]
    statement = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = escape(quote(json.dumps({"Version": "2012-10-17", "Statement": [statement]})))
    return (
        f"<member><Path>/</Path><RoleName>role-{number}</RoleName><RoleId>AROA{number}</RoleId>"
        f"<Arn>arn:aws:iam::{ACCOUNT}:role/role-{number}</Arn><CreateDate>2024-01-01T00:00:00Z</CreateDate>"
        f"<AssumeRolePolicyDocument>{trust}</AssumeRolePolicyDocument><InstanceProfileList></InstanceProfileList>"
        f"{_inline('RolePolicyList', 3000 + number, 4)}{_attached(number % _POLICIES, (number + 7) % _POLICIES)}{_TAGS}"
        "</member>"
    )


def _group(number: int) -> str:
    return (
        f"<member><Path>/</Path><GroupName>group-{number}</GroupName><GroupId>AGPA{number}</GroupId>"
        f"<Arn>arn:aws:iam::{ACCOUNT}:group/group-{number}</Arn><CreateDate>2024-01-01T00:00:00Z</CreateDate>"
        f"{_inline('GroupPolicyList', 5000 + number, 3)}{_attached(number, number + 20)}</member>"
    )


def _policy(number: int) -> str:
    return (
        f"<member><PolicyName>policy-{number}</PolicyName><PolicyId>ANPA{number}</PolicyId><Arn>{_policy_arn(number)}"
        "</Arn><Path>/</Path><DefaultVersionId>v1</DefaultVersionId><AttachmentCount>9</AttachmentCount>"
        "<IsAttachable>true</IsAttachable><CreateDate>2024-01-01T00:00:00Z</CreateDate>"
        f"<PolicyVersionList><member><Document>{escape(_document(number, 12))}</Document><VersionId>v1</VersionId>"
        "<IsDefaultVersion>true</IsDefaultVersion><CreateDate>2024-01-01T00:00:00Z</CreateDate></member>"
        "</PolicyVersionList></member>"
    )


class Identities:
    """The answers of one account's IAM, as the replay server asks for them."""

    def __init__(self, users: int) -> None:
        self._answers = answers(users)

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[str, bytes]:  # noqa: ARG002 - as the server asks
        """Return the operation's name and its answer on the wire."""
        form = dict(parse_qsl(body.decode()))
        operation = form.get("Action", "?")
        found = self._answers.get(operation)
        if found is None:
            return operation, _on_the_wire(
                b"<ErrorResponse><Error><Code>InvalidAction</Code></Error></ErrorResponse>", 400
            )
        if isinstance(found, list):
            return operation, _on_the_wire(_page(found, int(form.get("Marker", 0)), int(form.get("MaxItems", 100))))
        return operation, _on_the_wire(found)


def _page(entities: list[tuple[str, str]], start: int, size: int) -> bytes:
    page = entities[start : start + size]
    lists = "".join(
        f"<{kind}>{''.join(entity for of, entity in page if of == kind)}</{kind}>"
        for kind in ("UserDetailList", "RoleDetailList", "GroupDetailList", "Policies")
    )
    more = start + size < len(entities)
    end = (
        f"<IsTruncated>true</IsTruncated><Marker>{start + size}</Marker>"
        if more
        else "<IsTruncated>false</IsTruncated>"
    )
    return _wrapped("GetAccountAuthorizationDetails", lists + end)


def _on_the_wire(content: bytes, status: int = 200) -> bytes:
    head = f"HTTP/1.1 {status} OK\r\nContent-Type: text/xml\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


@contextmanager
def identities(*, users: int, delay: float = 0.0) -> Iterator[Replay]:
    """Serve an account, each answer ``delay`` seconds late, from a process that ends with the block."""
    command = [sys.executable, "-m", "tests.fakes.aws_identities", "--users", str(users), "--delay", str(delay)]
    process = subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Replay(int(process.stdout.readline()))
    finally:
        process.stdin.close()
        process.wait(timeout=20)
        process.stdout.close()


def _main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--users", type=int, required=True)
    parser.add_argument("--delay", type=float, default=0.0)
    options = parser.parse_args()
    asyncio.run(serve(Identities(options.users), options.delay))


if __name__ == "__main__":
    _main()
