"""Ports: which may be open to everyone, and which are worse to have open than others."""

from __future__ import annotations

import re
from typing import Annotated, TypeAlias

import msgspec

from detectors.model import Severity

FIRST, LAST = 0, 65535
EVERY_PORT = (FIRST, LAST)

Port: TypeAlias = (
    Annotated[int, msgspec.Meta(ge=FIRST, le=LAST)]
    | Annotated[
        str,
        msgspec.Meta(pattern=r"^(?:(?:tcp|udp)/)?[0-9]{1,5}(?:-[0-9]{1,5})?$", examples=["8000-8100", "udp/443"]),
    ]
)
"""As an operator writes it: ``443``, ``8000-8100``, ``udp/443``; TCP where no protocol is named."""

_WRITTEN = re.compile(r"(?:(?P<protocol>tcp|udp)/)?(?P<first>[0-9]+)(?:-(?P<last>[0-9]+))?")


class PortRange(msgspec.Struct, frozen=True):
    """Ports of one protocol, both ends included."""

    protocol: str
    first: int
    last: int


def parse(port: int | str) -> PortRange:
    """Return a port or range of ports as an operator wrote it; raises ValueError for one that cannot be."""
    if isinstance(port, int):
        return PortRange("tcp", port, port)
    written = _WRITTEN.fullmatch(port)
    if written is None:
        message = "a port is written 443, 8000-8100 or udp/443"
        raise ValueError(message)
    first = int(written["first"])
    last = int(written["last"] or first)
    if not FIRST <= first <= last <= LAST:
        message = f"ports go from {FIRST} to {LAST}, and a range from the lower to the higher"
        raise ValueError(message)
    return PortRange(written["protocol"] or "tcp", first, last)


def beyond(protocol: str, first: int, last: int, allowed: tuple[PortRange, ...]) -> bool:
    """Return whether a range holds a port that is not among the allowed ones."""
    position = first
    for one in sorted((one for one in allowed if one.protocol == protocol), key=lambda one: one.first):
        if one.first > position:
            break
        position = max(position, one.last + 1)
    return position <= last


# IANA Service Name and Transport Protocol Port Number Registry, and the products' own documentation.
_REMOTE_ACCESS = {
    22: "SSH",
    3389: "RDP",
    5900: "VNC",
    5901: "VNC",
    5985: "WinRM",
    5986: "WinRM",
    8006: "Proxmox",
    9090: "Cockpit",
    10000: "Webmin",
}
_DATA_AND_CONTROL = {
    21: "FTP",
    23: "Telnet",
    69: "TFTP",
    111: "rpcbind",
    135: "MS RPC",
    137: "NetBIOS",
    138: "NetBIOS",
    139: "NetBIOS",
    161: "SNMP",
    389: "LDAP",
    445: "SMB",
    512: "rexec",
    513: "rlogin",
    514: "rsh",
    623: "IPMI",
    636: "LDAPS",
    873: "rsync",
    1433: "SQL Server",
    1434: "SQL Server",
    1521: "Oracle",
    2049: "NFS",
    2181: "ZooKeeper",
    2375: "Docker",
    2376: "Docker",
    2379: "etcd",
    2380: "etcd",
    3306: "MySQL",
    4786: "Cisco Smart Install",
    5432: "PostgreSQL",
    5439: "Redshift",
    5601: "Kibana",
    5672: "RabbitMQ",
    5984: "CouchDB",
    6379: "Redis",
    6443: "Kubernetes API",
    7000: "Cassandra",
    7001: "Cassandra",
    8020: "HDFS",
    8086: "InfluxDB",
    8500: "Consul",
    9042: "Cassandra",
    9092: "Kafka",
    9200: "Elasticsearch",
    9300: "Elasticsearch",
    10250: "kubelet",
    10255: "kubelet",
    11211: "Memcached",
    27017: "MongoDB",
    27018: "MongoDB",
    27019: "MongoDB",
    50000: "Db2",
    50070: "HDFS",
}


def services(first: int, last: int) -> tuple[str, ...]:
    """Return the administrative and data services whose ports are in a range, each once."""
    known = {**_REMOTE_ACCESS, **_DATA_AND_CONTROL}
    return tuple(dict.fromkeys(name for port, name in sorted(known.items()) if first <= port <= last))


def weight(first: int, last: int) -> Severity:
    """Return how bad it is that everyone reaches these ports.

    Critical: data stores and control interfaces, many of which ask for no password. High: remote
    access, which asks for one. Medium: anything else.
    """
    if any(first <= port <= last for port in _DATA_AND_CONTROL):
        return Severity.CRITICAL
    if any(first <= port <= last for port in _REMOTE_ACCESS):
        return Severity.HIGH
    return Severity.MEDIUM
