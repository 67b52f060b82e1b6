"""Documents: what happened and how things stand, as Elasticsearch (ECS) and OCSF consumers read it. Pure."""

from daemon.documents.compliance import ocsf
from daemon.documents.publisher import Audience, EcsPublisher

__all__ = ["Audience", "EcsPublisher", "ocsf"]
