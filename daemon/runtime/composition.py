"""From a configuration to the parts that it describes, the same way for ``run``, ``scan`` and ``doctor``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from daemon.documents.publisher import Audience, EcsPublisher
from daemon.passes import Judging
from daemon.shipping.sinks.access import Access
from daemon.shipping.sinks.base import Sink
from daemon.shipping.sinks.elasticsearch import ElasticsearchSink
from daemon.shipping.sinks.file import FileSink
from daemon.version import version
from detectors.catalogue import catalogue

if TYPE_CHECKING:
    from daemon.configuration import Configuration


def judging_of(configuration: Configuration) -> Judging:
    """Return how resources are judged under this configuration."""
    return Judging(
        configuration.policy(),
        configuration.enabled_detectors(),
        configuration.severities,
        configuration.exceptions,
    )


def sinks_of(configuration: Configuration) -> tuple[Sink, ...]:
    """Return the configured sinks, not yet connected to anything."""
    found: list[Sink] = []
    elasticsearch = configuration.sinks.elasticsearch
    if elasticsearch is not None:
        access = Access(
            hosts=elasticsearch.hosts,
            api_key="" if elasticsearch.api_key is None else elasticsearch.api_key.get_secret_value(),
            username=elasticsearch.username or "",
            password="" if elasticsearch.password is None else elasticsearch.password.get_secret_value(),
            ca_certs="" if elasticsearch.ca_certs is None else str(elasticsearch.ca_certs),
        )
        found.append(ElasticsearchSink(access, namespace=elasticsearch.namespace))
    file = configuration.sinks.file
    if file is not None:
        found.append(FileSink(file.path))
    return tuple(found)


def publisher_of(configuration: Configuration) -> EcsPublisher:
    """Return what makes the documents of the configured sinks.

    Elasticsearch gets posture as well as transitions; a file gets posture where it is asked for.
    """
    audiences: list[Audience] = []
    elasticsearch, file = configuration.sinks.elasticsearch, configuration.sinks.file
    if elasticsearch is not None:
        audiences.append(Audience(sink="elasticsearch", posture=True))
    if file is not None:
        audiences.append(Audience(sink="file", posture=file.posture))
    return EcsPublisher(
        audiences,
        version=version(),
        catalogue=catalogue(),
        namespace="default" if elasticsearch is None else elasticsearch.namespace,
    )


def not_yet_done(configuration: Configuration) -> tuple[str, ...]:
    """Return what is configured and not yet done by this build, as sentences for the log."""
    sentences = []
    if configuration.register_file is not None:
        sentences.append("register: the cloud service register is not judged yet")
    return tuple(sentences)
