"""What a call opens to everybody: odd forms of policies and of firewall rules."""

from __future__ import annotations

import json
from typing import Any

import pytest

from collectors.aws.logs.cloudtrail import decode_record
from collectors.aws.logs.openings import open_ports, public_statements

PUBLIC = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
DENY = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        (None, []),
        ("text", []),
        ({"bucketName": "b", "policy": ""}, []),
        ({"bucketName": "b", "policy": [""]}, []),
        ({"bucketPolicy": policy(DENY)}, []),
        ({"bucketPolicy": policy(DENY, PUBLIC, {**PUBLIC, "Sid": "Site"})}, ["statement 2", "Site"]),
        ({"bucketPolicy": {"Statement": PUBLIC}}, ["statement 1"]),
        ({"details": {"policy": json.dumps(policy(PUBLIC))}}, ["statement 1"]),
        ({"bucketPolicy": "{"}, ["policy"]),
        ({"bucketPolicy": policy(DENY, {**PUBLIC, "Condition": {"NewOperator": {"x": "y"}}})}, ["statement 2"]),
        ({"bucketPolicy": policy({**DENY, "Condition": {"NewOperator": {"x": "y"}}})}, []),
    ],
)
def test_each_statement_that_grants_to_everybody_is_named(parameters: object, names: list[str]) -> None:
    assert public_statements(parameters) == names


def rule(first: object, last: object, protocol: object = "tcp", cidr: str = "0.0.0.0/0") -> dict[str, Any]:
    return {"ipProtocol": protocol, "fromPort": first, "toPort": last, "ipRanges": {"items": [{"cidrIp": cidr}]}}


@pytest.mark.parametrize(
    ("parameters", "ports"),
    [
        (None, []),
        ({"groupId": "sg-1"}, []),
        ({"ipPermissions": {"items": [rule(80, 80), rule(443, 443, "udp")]}}, []),
        ({"ipPermissions": {"items": [rule(80, 65535), rule("22", "22")]}}, ["tcp/80-65535", "tcp/22"]),
        ({"ipPermissions": {"items": [rule(22, 22, cidr="192.168.0.0/16"), rule(22, 22, cidr="odd")]}}, []),
        ({"ipPermissions": {"items": [rule(22, 22, cidr="::/0")]}}, ["tcp/22"]),
        ({"ipPermissions": {"items": [rule(0, 0, "-1"), rule(8, -1, "icmp")]}}, ["all", "icmp"]),
        ({"ipPermissions": {"items": [rule(-1, -1, "6")]}}, ["tcp/0-65535"]),
        ({"groupName": "g", "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}, ["tcp/22"]),
        ({"groupName": "g", "cidrIp": "0.0.0.0/0"}, ["unknown"]),
    ],
)
def test_what_is_opened_beyond_the_web_is_told_by_protocol_and_ports(parameters: object, ports: list[str]) -> None:
    assert open_ports(parameters) == ports


def test_a_record_tells_both_of_its_request() -> None:
    raw = {"eventName": "x", "requestParameters": {"bucketPolicy": policy(PUBLIC), "rule": rule(22, 22)}}
    record = decode_record(json.dumps(raw).encode())
    assert (record.public_statements, record.open_ports) == (["statement 1"], ["tcp/22"])
