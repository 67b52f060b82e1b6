"""The cut-down descriptions of services say what the SDK's own say, for every operation that is called."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape

import collectors.aws.catalogue
import daemon.targets.aws_organization
from collectors.aws.descriptions import ServiceDescriptions, only, service_descriptions
from collectors.aws.operations import Operation, declared
from collectors.aws.session import AwsAccount
from tests.fakes.aws_moto import ACCOUNT, Moto

assert collectors.aws.catalogue
assert daemon.targets.aws_organization

SERVICES = (
    "organizations",
    "sts",
    *sorted(
        {operation.service for collector in collectors.aws.catalogue.COLLECTORS for operation in collector.operations}
    ),
)


def whole(service: str) -> ServiceModel:
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def cut(service: str) -> ServiceModel:
    return ServiceModel(ServiceDescriptions().load_service_model(service, "service-2"), service)


def seen(shape: Shape | None, told: dict[str, Any]) -> None:
    """Gather all that botocore reads of a shape and of those within it."""
    if shape is None or shape.name in told:
        return
    members = getattr(shape, "members", {})
    told[shape.name] = (
        shape.type_name,
        dict(shape.serialization),
        dict(shape.metadata),
        {name: (one.name, dict(one.serialization), dict(one.metadata)) for name, one in members.items()},
    )
    for one in (*members.values(), *(getattr(shape, name, None) for name in ("member", "key", "value"))):
        seen(one, told)


def told_of(operation: OperationModel) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for shape in (operation.input_shape, operation.output_shape, *operation.error_shapes):
        seen(shape, told)
    return told | {"http": dict(operation.http), "auth": operation.auth_type, "checksum": operation.http_checksum}


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_called_is_described_as_the_sdk_does(service: str) -> None:
    full, less = whole(service), cut(service)
    assert set(less.operation_names) == declared(service) & set(full.operation_names)
    assert less.operation_names
    for name in less.operation_names:
        assert told_of(less.operation_model(name)) == told_of(full.operation_model(name)), name
    assert dict(less.metadata) == dict(full.metadata)
    assert less.client_context_parameters == full.client_context_parameters
    assert {shape.name for shape in less.error_shapes} <= {shape.name for shape in full.error_shapes}


def test_nothing_else_is_kept() -> None:
    less = cut("ec2")
    assert len(less.operation_names) < 30
    assert '"documentation"' not in json.dumps(ServiceDescriptions().load_service_model("ec2", "service-2")["shapes"])


def test_an_operation_declared_late_is_called_all_the_same(moto: Moto, account: AwsAccount) -> None:
    moto.client("sns").create_topic(Name="late")
    first = Operation(service="sns", name="ListSubscriptions", action="sns:ListSubscriptions", why="a test")
    account.call(first, "us-east-1")
    before = account.client("sns", "us-east-1")
    assert not hasattr(before, "list_topics")
    late = Operation(service="sns", name="ListTopics", action="sns:ListTopics", why="a test")
    assert account.call(late, "us-east-1")["Topics"] == [{"TopicArn": f"arn:aws:sns:us-east-1:{ACCOUNT}:late"}]
    after = account.client("sns", "us-east-1")
    account.call(first, "us-east-1")
    assert account.client("sns", "us-east-1") is after


def test_descriptions_are_read_once_a_process() -> None:
    one = service_descriptions().load_service_model("sts", "service-2")
    assert service_descriptions().load_service_model("sts", "service-2") is one


def test_a_file_in_another_form_is_left_to_the_sdk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "oddity" / "2030-01-01"
    folder.mkdir(parents=True)
    odd = {"version": "3.0", "operations": {"Ask": {"name": "Ask"}, "Other": {}}, "types": {}}
    (folder / "service-2.json").write_text(json.dumps(odd))
    monkeypatch.setattr(Loader, "CUSTOMER_DATA_PATH", str(tmp_path))
    Operation(service="oddity", name="Ask", action="", why="a test")
    read = ServiceDescriptions().load_service_model("oddity", "service-2")
    assert read == odd | {"operations": {"Ask": {"name": "Ask"}}}


def test_members_called_documentation_are_kept() -> None:
    content = {
        "documentation": "<p>all</p>",
        "operations": {
            "Get": {"output": {"shape": "Out"}, "documentation": "<p>get</p>"},
            "Put": {"input": {"shape": "In"}},
        },
        "shapes": {
            "Out": {
                "type": "structure",
                "members": {"documentation": {"shape": "Text", "documentation": "<p>text</p>"}},
            },
            "Text": {"type": "string"},
            "In": {"type": "structure", "members": {}},
        },
    }
    assert only(json.dumps(content).encode(), {"Get"}) == {
        "operations": {"Get": {"output": {"shape": "Out"}}},
        "shapes": {
            "Out": {"type": "structure", "members": {"documentation": {"shape": "Text"}}},
            "Text": {"type": "string"},
        },
    }
