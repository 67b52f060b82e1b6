"""Which management events selectors take, alone and together."""

from __future__ import annotations

from typing import Any

import pytest

from collectors.aws.answers import MalformedAnswerError
from collectors.aws.cloudtrail.selectors import management_events
from collectors.model import ManagementEvents
from tests.fakes.aws_trails import MANAGEMENT, advanced

KMS, RDS = "kms.amazonaws.com", "rdsdata.amazonaws.com"
READS, WRITES = {"readOnly": ["true"]}, {"readOnly": ["false"]}
ALL = ManagementEvents(read=True, write=True)


def of(*selectors: dict[str, Any]) -> ManagementEvents:
    kind = "AdvancedEventSelectors" if selectors and "FieldSelectors" in selectors[0] else "EventSelectors"
    return management_events({"TrailARN": "arn", kind: list(selectors)})


def basic(kind: str = "All", *excluded: str, management: bool = True) -> dict[str, Any]:
    return {
        "ReadWriteType": kind,
        "IncludeManagementEvents": management,
        "ExcludeManagementEventSources": list(excluded),
    }


def management(**fields: Any) -> dict[str, Any]:
    return advanced(**MANAGEMENT, **fields)


def twice(*sources: dict[str, list[str]]) -> dict[str, Any]:
    """A selector of management events that asks for the event source more than once."""
    fields = [{"Field": "eventCategory", "Equals": ["Management"]}]
    return {"FieldSelectors": [*fields, *({"Field": "eventSource", **asked} for asked in sources)]}


NARROWED = ManagementEvents(read=True, write=True, narrowed_by=("eventSource",))
NARROWED_AND_LEFT_OUT = ManagementEvents(read=True, write=True, left_out=(KMS,), narrowed_by=("eventSource",))


@pytest.mark.parametrize(
    ("selectors", "expected"),
    [
        ([], ALL),
        ([basic()], ALL),
        ([{}], ALL),
        ([basic(management=False)], ManagementEvents(read=False, write=False)),
        ([basic("ReadOnly")], ManagementEvents(read=True, write=False)),
        ([basic("ReadOnly"), basic("WriteOnly")], ALL),
        ([basic("All", KMS)], ManagementEvents(read=True, write=True, left_out=(KMS,))),
        ([basic("All", KMS), basic("All", RDS)], ALL),
        ([basic("All", KMS, RDS), basic("All", RDS)], ManagementEvents(read=True, write=True, left_out=(RDS,))),
        ([basic("All", KMS), basic("ReadOnly", RDS)], ManagementEvents(read=True, write=True, left_out=(KMS,))),
        ([basic("All", KMS), basic("All")], ALL),
        ([basic("ReadOnly", KMS), basic("WriteOnly")], ManagementEvents(read=True, write=True, left_out=(KMS,))),
        ([basic("ReadOnly", KMS), basic("All")], ALL),
        ([management()], ALL),
        ([advanced(eventCategory=["Data"])], ManagementEvents(read=False, write=False)),
        ([advanced(eventCategory=["NetworkActivity"]), management()], ALL),
        ([management(**READS)], ManagementEvents(read=True, write=False)),
        ([management(**READS), management(**WRITES)], ALL),
        ([management(readOnly=["true", "false"])], ALL),
        (
            [management(readOnly={"NotEquals": ["true"]})],
            ManagementEvents(read=True, write=True, narrowed_by=("readOnly",)),
        ),
        (
            [management(eventSource={"NotEquals": [KMS, RDS]})],
            ManagementEvents(read=True, write=True, left_out=(KMS, RDS)),
        ),
        ([management(eventSource={"NotEquals": [KMS]}), management(eventSource={"NotEquals": [RDS]})], ALL),
        (
            [management(eventSource={"NotEquals": [KMS]}), management(eventSource={"NotEquals": [RDS]}, **READS)],
            ManagementEvents(read=True, write=True, left_out=(KMS,)),
        ),
        (
            [
                management(eventSource={"NotEquals": [KMS]}),
                management(eventSource={"NotEquals": [RDS]}, eventName={"StartsWith": ["Delete"]}),
            ],
            ManagementEvents(read=True, write=True, left_out=(KMS,)),
        ),
        (
            [twice({"NotEquals": [KMS]}, {"NotEquals": [RDS]})],
            ManagementEvents(read=True, write=True, left_out=(KMS, RDS)),
        ),
        ([twice({"NotEquals": [KMS]}, {"Equals": [KMS, RDS]})], NARROWED),
        ([management(eventSource={"NotEquals": [RDS]}), twice({"NotEquals": [KMS]}, {"Equals": [KMS, RDS]})], ALL),
        (
            [management(eventSource={"NotEquals": [KMS]}), twice({"NotEquals": [KMS]}, {"Equals": [KMS, RDS]})],
            ManagementEvents(read=True, write=True, left_out=(KMS,)),
        ),
        (
            [management(eventSource={"NotEquals": [KMS]}), twice({"Equals": [RDS]}, {"Equals": [KMS]})],
            ManagementEvents(read=True, write=True, left_out=(KMS,)),
        ),
        ([twice({"NotEquals": [KMS]}, {"StartsWith": ["iam"]})], NARROWED_AND_LEFT_OUT),
        ([management(eventSource={"NotEquals": [KMS]}), management(eventSource=[KMS])], ALL),
        (
            [management(eventSource={"NotEquals": [KMS]}), management(eventSource=[KMS], **WRITES)],
            ManagementEvents(read=True, write=True, left_out=(KMS,)),
        ),
        (
            [
                management(eventSource={"NotEquals": [KMS]}),
                management(eventSource=[KMS], eventName={"StartsWith": ["Disable"]}),
            ],
            ManagementEvents(read=True, write=True, left_out=(KMS,)),
        ),
        (
            [management(eventSource={"NotEquals": [KMS]}), management(eventName={"StartsWith": ["Delete"]})],
            ManagementEvents(read=True, write=True, left_out=(KMS,)),
        ),
        (
            [management(eventName={"StartsWith": ["Delete"]})],
            ManagementEvents(read=True, write=True, narrowed_by=("eventName",)),
        ),
        (
            [management(eventSource=["iam.amazonaws.com"])],
            ManagementEvents(read=True, write=True, narrowed_by=("eventSource",)),
        ),
        (
            [management(**READS), management(**WRITES, eventName=["DeleteTrail"])],
            ManagementEvents(read=True, write=True, narrowed_by=("eventName",)),
        ),
    ],
)
def test_selectors_add_up_to_what_is_recorded(selectors: list[dict[str, Any]], expected: ManagementEvents) -> None:
    assert of(*selectors) == expected


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"TrailARN": "arn", "EventSelectors": [{"ReadWriteType": "Sometimes"}]},
        {"TrailARN": "arn", "AdvancedEventSelectors": [{}]},
        {"TrailARN": "arn", "AdvancedEventSelectors": [{"FieldSelectors": [{"Equals": ["Management"]}]}]},
    ],
)
def test_an_answer_that_makes_no_sense_is_none(answer: dict[str, Any]) -> None:
    with pytest.raises(MalformedAnswerError):
        management_events(answer)
