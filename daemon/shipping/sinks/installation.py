"""Index templates, component templates and the lifecycle policy: installed at start, versioned, never downgraded.

An administrator may install them instead, and may change retention: a policy that is there is left
alone, and ``logs-cspmd.<dataset>@custom`` component templates are taken up where they exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import resources
from typing import Any

import msgspec
import structlog
from elasticsearch import ApiError, Elasticsearch

from daemon.shipping.sinks.access import ClusterError
from daemon.shipping.sinks.cluster import Cluster

POLICY = "logs-cspmd"
_REFUSED = frozenset({403})
_NOT_FOUND = 404
_NO_SUCH_API = frozenset({400, 404, 405, 410})
"""How clusters without index lifecycle management (serverless ones) answer."""

log = structlog.get_logger(__name__)


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """One template as it ships: its name in the cluster and its definition."""

    name: str
    definition: dict[str, Any]

    @property
    def version(self) -> int:
        """The definition's version; a newer one replaces an older one."""
        return int(self.definition["version"])


def component_templates() -> tuple[Template, ...]:
    """Return the component templates that ship, in the order of their names."""
    return tuple(_shipped("component_templates"))


def index_templates() -> tuple[Template, ...]:
    """Return the index templates that ship, in the order of their names."""
    return tuple(_shipped("index_templates"))


def lifecycle_policy() -> dict[str, Any]:
    """Return the lifecycle policy that ships."""
    [policy] = _shipped("lifecycle_policies")
    return policy.definition


def install(cluster: Cluster, streams: tuple[str, ...]) -> None:
    """Bring the cluster's templates up to date; return once documents can be shipped.

    ``streams`` are the data streams written to: those whose templates changed roll over, so that
    the new mapping takes effect. Raises ClusterError where the cluster cannot be reached, or where
    it refuses and the templates are not there already.
    """
    with cluster.asking() as client:
        policy = _install_policy(client)
        changed, refused = _install_templates(client, with_policy=policy)
        if refused:
            _rely_on_what_is_there(client, streams, refused)
        elif changed:
            log.info("Elasticsearch templates installed", templates=sorted(changed))
            _roll_over(client, streams)


def _install_policy(client: Elasticsearch) -> bool:
    """Return whether the lifecycle policy is there, now or already."""
    try:
        client.ilm.get_lifecycle(name=POLICY)
    except ApiError as error:
        if error.meta.status in _REFUSED:
            return False
        if error.meta.status not in _NO_SUCH_API:
            raise
        try:
            client.ilm.put_lifecycle(name=POLICY, policy=lifecycle_policy()["policy"])
        except ApiError as refusal:
            if refusal.meta.status not in _REFUSED | _NO_SUCH_API:
                raise
            log.info(
                "no lifecycle policy for the data streams: the cluster has none or refuses it",
                policy=POLICY,
                hint="grant manage_ilm, or see to rollover and retention yourself",
            )
            return False
    return True


def _install_templates(client: Elasticsearch, *, with_policy: bool) -> tuple[set[str], set[str]]:
    """Return the names of templates (put in place of older ones or anew, refused)."""
    changed: set[str] = set()
    refused: set[str] = set()

    def bring(template: Template, there: int | None, put: Callable[[Template], object]) -> None:
        if there is not None and there >= template.version:
            return
        try:
            put(template)
        except ApiError as error:
            if error.meta.status not in _REFUSED:
                raise
            refused.add(template.name)
        else:
            changed.add(template.name)

    there = _versions(lambda: _components(client))
    for component in component_templates():
        if with_policy or component.name != f"{POLICY}@lifecycle":
            bring(component, there.get(component.name), lambda one: _put_component(client, one))
    there = _versions(lambda: _indices(client))
    for index in index_templates():
        bring(index, there.get(index.name), lambda one: _put_index(client, one))
    return changed, refused


def _components(client: Elasticsearch) -> Iterator[tuple[str, Mapping[str, Any]]]:
    found = client.cluster.get_component_template(name=f"{POLICY}*")
    for entry in found.body.get("component_templates", []):
        yield entry["name"], entry["component_template"]


def _indices(client: Elasticsearch) -> Iterator[tuple[str, Mapping[str, Any]]]:
    found = client.indices.get_index_template(name=f"{POLICY}*")
    for entry in found.body.get("index_templates", []):
        yield entry["name"], entry["index_template"]


def _versions(find: Callable[[], Iterator[tuple[str, Mapping[str, Any]]]]) -> dict[str, int]:
    """Return the versions of what is there; one without a version counts as older than any."""
    try:
        return {name: int(definition.get("version", -1)) for name, definition in find()}
    except ApiError as error:
        if error.meta.status in _REFUSED or error.meta.status == _NOT_FOUND:
            return {}
        raise


def _put_component(client: Elasticsearch, template: Template) -> None:
    definition = template.definition
    client.cluster.put_component_template(
        name=template.name,
        template=definition["template"],
        version=template.version,
        meta=definition["_meta"],
    )


def _put_index(client: Elasticsearch, template: Template) -> None:
    definition = template.definition
    client.indices.put_index_template(
        name=template.name,
        index_patterns=definition["index_patterns"],
        data_stream=definition["data_stream"],
        composed_of=definition["composed_of"],
        ignore_missing_component_templates=definition["ignore_missing_component_templates"],
        priority=definition["priority"],
        allow_auto_create=definition["allow_auto_create"],
        version=template.version,
        meta=definition["_meta"],
    )


def _rely_on_what_is_there(client: Elasticsearch, streams: tuple[str, ...], refused: set[str]) -> None:
    """Go on where the templates, if older ones, are there all the same; else say what is missing."""
    wanted = {template.name for template in index_templates()}
    there = _versions(lambda: _indices(client)).keys()
    if wanted <= there or all(_template_of(client, stream) in wanted for stream in streams):
        log.warning(
            "Elasticsearch refuses to update templates; going on with those that are there",
            refused=sorted(refused),
            hint="grant the cluster privilege manage_index_templates, or have an administrator install them",
        )
        return
    message = (
        "Elasticsearch refuses to install the index templates and they are not there: without them documents would "
        "be mapped wrongly, so none are sent. Grant the cluster privilege manage_index_templates, or have an "
        "administrator install them; if they are installed, grant monitor so that this can be seen"
    )
    raise ClusterError(message, status=403)


def _template_of(client: Elasticsearch, stream: str) -> str:
    """Return the template a data stream was made by, empty where that cannot be seen."""
    try:
        found = client.indices.get_data_stream(name=stream)
    except ApiError as error:
        if error.meta.status in _REFUSED or error.meta.status == _NOT_FOUND:
            return ""
        raise
    return str(found.body["data_streams"][0]["template"])


def _roll_over(client: Elasticsearch, streams: tuple[str, ...]) -> None:
    for stream in streams:
        try:
            if not client.indices.exists(index=stream):
                continue
            client.indices.rollover(alias=stream)
        except ApiError as error:
            if error.meta.status not in _REFUSED:
                raise
            log.warning(
                "a data stream keeps its old mapping until it rolls over",
                stream=stream,
                hint="grant the index privilege manage, or roll it over by hand",
            )


def _shipped(folder: str) -> Iterator[Template]:
    directory = resources.files("daemon.shipping").joinpath("templates", folder)
    for file in sorted(directory.iterdir(), key=lambda entry: entry.name):
        yield Template(name=file.name.removesuffix(".json"), definition=msgspec.json.decode(file.read_bytes()))
