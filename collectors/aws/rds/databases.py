"""Instances and clusters: from RDS's entries to the model. Each raises MalformedAnswerError."""

from __future__ import annotations

from collectors.aws.answers import Answer, member
from collectors.aws.entries import not_asked
from collectors.aws.places import place_of
from collectors.aws.rds.copies import GlobalClusters, replicas, replicated_backups
from collectors.aws.rds.operations import DESCRIBE_DB_CLUSTERS, DESCRIBE_DB_INSTANCES, DESCRIBE_GLOBAL_CLUSTERS
from collectors.aws.rds.region import Region, not_told
from collectors.model import Copy, Database, Fact, Known, NotNeeded, PublicEndpoint

_FLAG = "PubliclyAccessible"
_GATEWAY = "InternetAccessGatewayEnabled"
_OF_ITS_INSTANCES = NotNeeded("public_flag_of_its_instances")
_GLOBAL = ("aurora", "docdb", "neptune")


def instance(entry: Answer, region: Region) -> Database | None:
    """Return the database of one entry of ``DescribeDBInstances``; None where it is another account's."""
    if not region.owns(str(member(entry, "DBInstanceArn"))):
        return None
    operation = DESCRIBE_DB_INSTANCES
    alike = region.described(
        entry, operation, arn="DBInstanceArn", name="DBInstanceIdentifier", encrypted="StorageEncrypted"
    )
    copies = (
        *replicas(entry, region.name, operation, "ReadReplicaDBInstanceIdentifiers", "ReadReplicaDBClusterIdentifiers"),
        *replicated_backups(entry, region.name, operation),
    )
    source = entry.get("ReadReplicaSourceDBInstanceIdentifier") or entry.get("ReadReplicaSourceDBClusterIdentifier")
    return Database(
        **alike,
        places=Known(_places(entry, region.name)),
        copies=Known(copies),
        public_endpoint=_public(entry) or not_told(operation, _FLAG),
        endpoint=Known(str((entry.get("Endpoint") or {}).get("Address") or "")),
        firewall=Known(_security_groups(entry)),
        engine=Known(str(entry.get("Engine") or "")),
        replica_of=Known(str(source or "")),
    )


def cluster(entry: Answer, region: Region, spread_over: GlobalClusters) -> Database | None:
    """Return the database of one entry of ``DescribeDBClusters``; None where it is another account's."""
    arn = str(member(entry, "DBClusterArn"))
    if not region.owns(arn):
        return None
    operation = DESCRIBE_DB_CLUSTERS
    alike = region.described(
        entry, operation, arn="DBClusterArn", name="DBClusterIdentifier", encrypted="StorageEncrypted"
    )
    engine = str(entry.get("Engine") or "")
    return Database(
        **alike,
        places=Known((f"aws:{region.name}",)),
        copies=_copies_of_cluster(entry, arn, region, spread_over if engine.startswith(_GLOBAL) else None),
        public_endpoint=_public(entry) or _OF_ITS_INSTANCES,
        endpoint=Known(str(entry.get("Endpoint") or "")),
        firewall=Known(_security_groups(entry)),
        engine=Known(engine),
        replica_of=Known(str(entry.get("ReplicationSourceIdentifier") or "")),
    )


def _copies_of_cluster(
    entry: Answer, arn: str, region: Region, spread_over: GlobalClusters | None
) -> Fact[tuple[Copy, ...]]:
    copies = tuple(replicas(entry, region.name, DESCRIBE_DB_CLUSTERS, "ReadReplicaIdentifiers"))
    if spread_over is None:
        return Known(copies)
    if not region.account.asked(Database, "copies"):
        return not_asked(DESCRIBE_GLOBAL_CLUSTERS)
    named = {copy.destination for copy in copies}
    return Known((*copies, *(copy for copy in spread_over.copies(arn) if copy.destination not in named)))


def _public(entry: Answer) -> Fact[PublicEndpoint] | None:
    """Return what the entry says of its public endpoint, None where it says nothing.

    A cluster made by Aurora's express configuration has a gateway to the internet in the flag's place.
    """
    on = tuple(name for name in (_FLAG, _GATEWAY) if entry.get(name) is True)
    if on:
        return Known(PublicEndpoint(on=True, by=on))
    return Known(PublicEndpoint(on=False)) if entry.get(_FLAG) is False else None


def _places(entry: Answer, region: str) -> tuple[str, ...]:
    """Return where an instance lies: on the Outposts of its subnets, in a Local Zone, or in the region."""
    subnets = (entry.get("DBSubnetGroup") or {}).get("Subnets") or ()
    outposts = {str((subnet.get("SubnetOutpost") or {}).get("Arn") or "") for subnet in subnets} - {""}
    if outposts:
        return tuple(sorted(place_of(region, outpost=arn) for arn in outposts))
    zones = {str(entry.get(name) or "") for name in ("AvailabilityZone", "SecondaryAvailabilityZone")}
    return tuple(sorted({place_of(region, zone=zone) for zone in zones - {""}})) or (place_of(region),)


def _security_groups(entry: Answer) -> tuple[str, ...]:
    groups = entry.get("VpcSecurityGroups") or ()
    return tuple(sorted(str(group["VpcSecurityGroupId"]) for group in groups if group.get("VpcSecurityGroupId")))
