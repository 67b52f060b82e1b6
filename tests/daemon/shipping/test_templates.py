from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from collectors.model import encode
from daemon.documents.ecs import Stamp, transition_document
from daemon.documents.posture import posture_document
from daemon.shipping.sinks.access import Access, ClusterError
from daemon.shipping.sinks.cluster import Cluster
from daemon.shipping.sinks.elasticsearch import ElasticsearchSink
from daemon.shipping.sinks.installation import (
    component_templates,
    index_templates,
    install,
    lifecycle_policy,
)
from tests.fakes.documents import AT, RULE, every_judgement, every_transition
from tests.fakes.elasticsearch_mapping import DocumentError, IndexMapping
from tests.fakes.elasticsearch_server import ElasticsearchServer, Fault
from tests.fakes.queued import finding, items
from tests.fakes.schemas import BEYOND_ECS, ecs_fields

FINDINGS, MISCONFIGURATION = "logs-cspmd.findings-default", "logs-cspmd.misconfiguration-default"
STREAMS = (FINDINGS, MISCONFIGURATION)
STAMP = Stamp(namespace="default", version="1")

# Changed a template? Then raise its "version" (clusters that have the old one are updated by it) and put the new
# digest here.
DIGESTS = {
    "logs-cspmd.findings@mappings": "3ffcdf02272bdb3d",
    "logs-cspmd.misconfiguration@mappings": "d19428d9b9eb35f2",
    "logs-cspmd@lifecycle": "0ab4f9a003b2e82c",
    "logs-cspmd@mappings": "2b8b38abec02df4d",
    "logs-cspmd@settings": "5f520ef1619f2c4e",
    "logs-cspmd.findings": "bced081ce7bc9bc6",
    "logs-cspmd.misconfiguration": "f891a41ee8f3706d",
}


@pytest.fixture
def reached(cluster: ElasticsearchServer) -> Iterator[Cluster]:
    made = Cluster(Access(hosts=(cluster.url,)))
    yield made
    made.close()


def mapping_of(cluster: ElasticsearchServer, stream: str) -> IndexMapping:
    template = cluster.store.template_for(stream)
    assert template is not None
    composed = cluster.store.composed(template)
    return IndexMapping(composed["mappings"], composed["settings"])


def test_the_templates_take_the_streams_before_the_built_in_one(cluster: ElasticsearchServer, reached: Cluster) -> None:
    assert cluster.store.template_for(FINDINGS) == "logs"
    install(reached, STREAMS)
    assert cluster.store.template_for(FINDINGS) == "logs-cspmd.findings"
    assert cluster.store.template_for("logs-cspmd.misconfiguration-prod") == "logs-cspmd.misconfiguration"
    assert cluster.store.template_for("logs-other-default") == "logs"
    assert all(template.definition["priority"] >= 200 for template in index_templates())


def test_every_document_fits_the_installed_mapping_with_every_field_mapped(
    cluster: ElasticsearchServer, reached: Cluster
) -> None:
    install(reached, STREAMS)
    findings, misconfiguration = mapping_of(cluster, FINDINGS), mapping_of(cluster, MISCONFIGURATION)
    for transition in every_transition():
        findings.check(json.loads(encode(transition_document(transition, "f", rule=RULE, stamp=STAMP))))
    for judgement in every_judgement():
        misconfiguration.check(json.loads(encode(posture_document(judgement, AT, rule=RULE, stamp=STAMP))))
    assert findings.unmapped == misconfiguration.unmapped == set()


@pytest.mark.parametrize("place", ["cspmd", "cspmd.drift", "cspmd.finding", "cspmd.actor", "resource", "result"])
def test_a_field_of_ours_that_no_template_has_is_noticed(
    place: str, cluster: ElasticsearchServer, reached: Cluster
) -> None:
    install(reached, STREAMS)
    document = msgspec.json.decode(finding(1).body)
    node = document
    for part in place.split("."):
        node = node[part]
    node["made_up"] = 1
    with pytest.raises(DocumentError, match="made_up") as caught:
        mapping_of(cluster, FINDINGS).check(document)
    assert caught.value.kind == "strict_dynamic_mapping_exception"


def test_ecs_fields_have_the_types_of_ecs() -> None:
    seen = 0
    for template in component_templates():
        properties = template.definition["template"].get("mappings", {}).get("properties", {})
        for path, node in _leaves(properties):
            if path.startswith(BEYOND_ECS):
                continue
            seen += 1
            assert node["type"] == ecs_fields()[path].type, path
            for name, field in node.get("fields", {}).items():
                assert field["type"] == ecs_fields()[f"{path}.{name}"].type
    assert seen > 40


def test_the_providers_own_data_is_flattened_only() -> None:
    flattened = {
        path
        for template in component_templates()
        for path, node in _leaves(template.definition["template"].get("mappings", {}).get("properties", {}))
        if node["type"] == "flattened"
    }
    assert flattened == {"cspmd.circumstances", "cspmd.drift.before", "cspmd.drift.after", "result.evidence"}


def test_a_changed_template_has_a_new_version() -> None:
    found = {
        template.name: hashlib.sha256(encode(template.definition)).hexdigest()[:16]
        for template in (*component_templates(), *index_templates())
    }
    assert found == DIGESTS


def test_installing_again_writes_nothing(cluster: ElasticsearchServer, reached: Cluster) -> None:
    install(reached, STREAMS)
    written = [seen for seen in cluster.requests if seen.method == "PUT"]
    assert len(written) == len(component_templates()) + len(index_templates()) + 1
    cluster.requests.clear()
    install(reached, STREAMS)
    assert {seen.method for seen in cluster.requests} == {"GET"}


def test_an_older_template_is_replaced_and_the_streams_roll_over(
    cluster: ElasticsearchServer, reached: Cluster
) -> None:
    install(reached, STREAMS)
    cluster.store.create(FINDINGS, "1", "create", msgspec.json.decode(finding(1).body))
    cluster.store.components["logs-cspmd@mappings"]["version"] = 0
    install(reached, STREAMS)
    assert cluster.store.components["logs-cspmd@mappings"]["version"] == 1
    assert [len(stream.indices) for stream in cluster.store.streams.values()] == [2]


def test_a_newer_template_is_left_alone(cluster: ElasticsearchServer, reached: Cluster) -> None:
    install(reached, STREAMS)
    cluster.store.components["logs-cspmd@mappings"] = {"version": 99, "template": {"mappings": {"marker": True}}}
    install(reached, STREAMS)
    assert cluster.store.components["logs-cspmd@mappings"]["version"] == 99


def test_an_operators_own_policy_and_custom_template_stay(cluster: ElasticsearchServer, reached: Cluster) -> None:
    cluster.store.policies["logs-cspmd"] = {"phases": {"delete": {"min_age": "90d"}}}
    cluster.store.put_component(
        "logs-cspmd.findings@custom", {"template": {"mappings": {"properties": {"my": {"type": "keyword"}}}}}
    )
    install(reached, STREAMS)
    assert cluster.store.policies["logs-cspmd"] == {"phases": {"delete": {"min_age": "90d"}}}
    assert mapping_of(cluster, FINDINGS).root["properties"]["my"] == {"type": "keyword"}


def test_the_policy_rolls_over_and_deletes_nothing(cluster: ElasticsearchServer, reached: Cluster) -> None:
    install(reached, STREAMS)
    assert set(lifecycle_policy()["policy"]["phases"]) == {"hot"}
    assert cluster.store.composed("logs-cspmd.findings")["settings"]["index"]["lifecycle"]["name"] == "logs-cspmd"


@pytest.mark.parametrize("status", [403, 410])
def test_a_cluster_without_lifecycle_policies_is_served_all_the_same(status: int, cluster: ElasticsearchServer) -> None:
    if status == 403:
        cluster.denied |= {"manage_ilm", "read_ilm"}
        install(Cluster(Access(hosts=(cluster.url,))), STREAMS)
    else:
        cluster.faults = [Fault(path="_ilm", times=2, status=410, error=("api_not_available_exception", "serverless"))]
        install(Cluster(Access(hosts=(cluster.url,))), STREAMS)
    assert "logs-cspmd@lifecycle" not in cluster.store.components
    assert "lifecycle" not in cluster.store.composed("logs-cspmd.findings")["settings"]["index"]
    assert cluster.store.template_for(FINDINGS) == "logs-cspmd.findings"


def test_refused_templates_that_are_not_there_stop_shipping_and_say_what_to_grant(
    cluster: ElasticsearchServer, reached: Cluster
) -> None:
    cluster.denied |= {"manage_index_templates"}
    with pytest.raises(ClusterError, match="manage_index_templates"):
        install(reached, STREAMS)


@pytest.mark.parametrize("blind", [False, True])
def test_refused_templates_that_are_there_are_used(
    blind: bool, cluster: ElasticsearchServer, reached: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    install(reached, STREAMS)
    cluster.store.components["logs-cspmd@mappings"]["version"] = 0
    for stream in STREAMS:
        cluster.store.create(stream, "old", "create", {"@timestamp": "2026-01-01T00:00:00Z"})
    cluster.denied |= {"manage_index_templates"} | ({"monitor"} if blind else set())
    sink = ElasticsearchSink(Access(hosts=(cluster.url,)))
    assert sink.prepare() is None
    assert "refuses to update templates" in capsys.readouterr().out
    sink.send(items([finding(1)]))
    assert finding(1).uid in cluster.ids()
    sink.close()


def test_missing_privileges_are_named_with_what_each_is_for(cluster: ElasticsearchServer) -> None:
    sink = ElasticsearchSink(Access(hosts=(cluster.url,)))
    assert sink.diagnose() == []
    cluster.denied = {"create_doc", "manage_index_templates"}
    problems = sink.diagnose()
    assert [(problem.fatal, problem.remedy) for problem in problems] == [
        (False, "grant manage_index_templates to the role or API key that cspmd uses"),
        (True, "grant create_doc on logs-cspmd.* to the role or API key that cspmd uses"),
    ]
    cluster.stop()
    [problem] = sink.diagnose()
    assert problem.fatal
    assert "cannot be reached" in problem.what
    sink.close()


def _leaves(properties: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, node in properties.items():
        if "properties" in node:
            yield from _leaves(node["properties"], f"{path}{name}.")
        else:
            yield f"{path}{name}", node
