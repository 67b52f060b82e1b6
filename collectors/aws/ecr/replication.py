"""Which repositories of a registry are replicated to where."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from collectors.aws.answers import Answer, MalformedAnswerError, member
from collectors.model import Copy, CopyKind, Known

_PREFIX = "PREFIX_MATCH"


class Destination(msgspec.Struct, frozen=True, order=True):
    """The registry of an account in a region."""

    region: str
    account: str


class Rule(msgspec.Struct, frozen=True):
    """One rule: which repositories it takes, by the beginnings of their names (none: all), and where to."""

    prefixes: tuple[str, ...]
    destinations: tuple[Destination, ...]

    def takes(self, repository: str) -> bool:
        """Whether the rule replicates a repository."""
        return not self.prefixes or repository.startswith(self.prefixes)


def rules(answer: Answer) -> tuple[Rule, ...]:
    """Return the rules of a ``DescribeRegistry`` answer (ECR API reference, "ReplicationRule")."""
    configured = member(answer, "replicationConfiguration") or {}
    return tuple(_rule(rule) for rule in configured.get("rules") or ())


def copies(repository: str, configured: tuple[Rule, ...], partition: str) -> tuple[Copy, ...]:
    """Return where a repository's images are replicated to, each destination once."""
    found = dict.fromkeys(to for rule in configured if rule.takes(repository) for to in rule.destinations)
    return tuple(_copy(repository, to, configured, partition) for to in sorted(found))


def _copy(repository: str, to: Destination, configured: tuple[Rule, ...], partition: str) -> Copy:
    names = [_name(rule) for rule in configured if rule.takes(repository) and to in rule.destinations]
    return Copy(
        kind=CopyKind.REPLICATION,
        destination=f"arn:{partition}:ecr:{to.region}:{to.account}:repository/{repository}",
        places=Known((f"aws:{to.region}",)),
        via=", ".join(dict.fromkeys(names)),
    )


def _name(rule: Rule) -> str:
    filters = ", ".join(f"{prefix}*" for prefix in rule.prefixes)
    return f"registry replication of {filters}" if filters else "registry replication of every repository"


def _rule(rule: Answer) -> Rule:
    destinations = tuple(
        Destination(str(member(to, "region")), str(member(to, "registryId"))) for to in member(rule, "destinations")
    )
    return Rule(tuple(_prefixes(rule)), destinations)


def _prefixes(rule: Answer) -> Iterator[str]:
    for one in rule.get("repositoryFilters") or ():
        kind = member(one, "filterType")
        if kind != _PREFIX:
            # A filter of a kind that is not known may take any repository.
            message = f"filterType {kind}"
            raise MalformedAnswerError(message)
        yield str(member(one, "filter"))
