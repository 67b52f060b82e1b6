"""data.public_database: whether a database has an address that the internet can reach."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from collectors.model import Database, Fact, Known, NotNeeded, Provider, PublicEndpoint
from detectors.data.examples import database
from detectors.model import Detector, Evidence, Observation, Policy, Remediation, Severity, iso27001, over


@over("public_endpoint")
def public_endpoint(found: Database, _policy: Policy, _now: datetime) -> Iterator[Observation]:
    """Observe the provider's public flag; what the firewall would let in is shown and decides nothing."""
    public: PublicEndpoint = found.public_endpoint.value
    if not public.on:
        return
    shown: dict[str, Any] = {
        "by": public.by,
        "endpoint": _known(found.endpoint),
        "firewall": _known(found.firewall),
        "engine": _known(found.engine),
    }
    yield Evidence(name="public_endpoint", data={name: value for name, value in shown.items() if value})


def _known(fact: Fact[Any]) -> Any:  # noqa: ANN401 - a fact of any type
    return fact.value if isinstance(fact, Known) else None


def notes(found: Database, _policy: Policy) -> Iterator[str]:
    """Yield that what stands before a public endpoint is shown and not judged."""
    if found.public_endpoint.value.on:
        yield "firewall_not_judged"


_PUBLIC = Known(PublicEndpoint(on=True, by=("PubliclyAccessible",)))

DETECTOR = Detector(
    uid="data.public_database",
    title="A database is reachable from the internet",
    on=Database,
    severity=Severity.CRITICAL,
    description=(
        "The provider gives the database an address on the internet: its public flag is set. What its firewall "
        "(security groups, rules, authorized networks) lets in is shown and changes nothing: the flag is what the "
        "next change of a rule relies on. A cluster's flag is that of its instances where it has none of its own."
    ),
    risk=(
        "One rule in a security group, or one leaked password, is all that stands between the data and everyone. "
        "Databases on the internet are found within minutes, and their passwords are guessed without pause."
    ),
    controls=(iso27001("5.23"), iso27001("8.20"), iso27001("8.22"), iso27001("8.3"), iso27001("8.12")),
    remediation={
        Provider.AWS: Remediation(
            text=(
                "Turn off public access of $name and keep it in subnets without a route to an internet gateway; its "
                "name then resolves to a private address, so its clients must be in the network or come through a VPN, "
                "a bastion or an RDS Proxy. The change takes effect at once. The flag of a Multi-AZ cluster and the "
                "internet gateway of an express cluster cannot be turned off: restore a snapshot as a private one. "
                "Look into the logs for sign-ins from outside while it was public."
            ),
            cli=(
                "# ID is the last part of $uid; for a cluster, each of its instances\n"
                "aws rds modify-db-instance --region $region --db-instance-identifier ID --no-publicly-accessible "
                "--apply-immediately"
            ),
            terraform=(
                "# in the resource of $name; aws_rds_cluster_instance for the instances of a cluster\n"
                'resource "aws_db_instance" "this" {\n'
                "  publicly_accessible = false\n"
                "}"
            ),
        ),
    },
    references=(
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html",
        "https://docs.aws.amazon.com/securityhub/latest/userguide/rds-controls.html",
    ),
    violations=(public_endpoint,),
    depends=("firewall", "endpoint"),
    notes=notes,
    good=(database(), database(public_endpoint=NotNeeded("public_flag_of_its_instances"))),
    bad=(
        database(public_endpoint=_PUBLIC),
        database(public_endpoint=_PUBLIC, firewall=Known(()), endpoint=Known("")),
        database(public_endpoint=Known(PublicEndpoint(on=True, by=("InternetAccessGatewayEnabled",)))),
    ),
)
