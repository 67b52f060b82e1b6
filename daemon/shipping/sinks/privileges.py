"""Which privileges shipping needs at Elasticsearch, what each is for, and which are missing."""

from __future__ import annotations

from collections.abc import Sequence

from elasticsearch import ApiError

from daemon.shipping.sinks.access import ClusterError
from daemon.shipping.sinks.base import Problem
from daemon.shipping.sinks.cluster import Cluster

PATTERN = "logs-cspmd.*"

CLUSTER_PRIVILEGES = {
    "manage_index_templates": ("install the index templates", False),
    "manage_ilm": ("install the lifecycle policy that rolls the data streams over", False),
}
INDEX_PRIVILEGES = {
    "create_doc": ("write documents", True),
    "auto_configure": ("let the data streams be made by the first document", True),
    "read": ("look up what is stored already, so that nothing is stored twice", True),
    "view_index_metadata": ("see whether the data streams are there", False),
    "maintenance": ("refresh before such a look-up", False),
    "manage": ("roll the data streams over when a new version changes the mapping", False),
}
"""What each privilege is for, and whether nothing gets through without it."""

_NO_SECURITY = frozenset({400, 404, 405, 410, 500})
"""How a cluster without the security feature answers."""


def missing(cluster: Cluster, where: str) -> Sequence[Problem]:
    """Return what keeps shipping from working, as far as asking can tell."""
    try:
        with cluster.asking() as client:
            try:
                held = client.security.has_privileges(
                    cluster=list(CLUSTER_PRIVILEGES),
                    index=[{"names": [PATTERN], "privileges": list(INDEX_PRIVILEGES)}],
                ).body
            except ApiError as error:
                if error.meta.status in _NO_SECURITY:
                    return ()
                raise
    except ClusterError as error:
        return (Problem(what=str(error), remedy=f"check hosts: and the credentials of the sink for {where}"),)
    problems = [
        Problem(
            what=f"Elasticsearch: the cluster privilege {privilege} is missing, to {why}",
            remedy=f"grant {privilege} to the role or API key that cspmd uses",
            fatal=fatal,
        )
        for privilege, (why, fatal) in CLUSTER_PRIVILEGES.items()
        if not held["cluster"].get(privilege)
    ]
    return problems + [
        Problem(
            what=f"Elasticsearch: the index privilege {privilege} on {PATTERN} is missing, to {why}",
            remedy=f"grant {privilege} on {PATTERN} to the role or API key that cspmd uses",
            fatal=fatal,
        )
        for privilege, (why, fatal) in INDEX_PRIVILEGES.items()
        if not held["index"].get(PATTERN, {}).get(privilege)
    ]
