from __future__ import annotations

import json

from daemon.documents.publisher import Audience, EcsPublisher
from daemon.model import Dataset
from detectors.catalogue import catalogue
from tests.fakes.documents import AT, full_judgement, full_transition

BOTH = (Audience(sink="elasticsearch", posture=True), Audience(sink="file", posture=False))


def publisher(*audiences: Audience) -> EcsPublisher:
    return EcsPublisher(audiences, version="1", catalogue=catalogue(), namespace="prod")


def test_a_transition_goes_to_every_sink_under_its_own_uid() -> None:
    documents = list(publisher(*BOTH).transition(full_transition(), "f"))
    assert [document.sink for document in documents] == ["elasticsearch", "file"]
    for document in documents:
        body = json.loads(document.body)
        assert document.uid == body["event"]["id"] == full_transition().uid
        assert document.dataset is Dataset.FINDINGS
        assert body["data_stream"]["namespace"] == "prod"
        assert body["cspmd"]["finding"]["id"] == "f"


def test_posture_goes_only_where_it_is_wanted() -> None:
    documents = list(publisher(*BOTH).posture(full_judgement(), AT))
    assert [document.sink for document in documents] == ["elasticsearch"]
    assert documents[0].dataset is Dataset.MISCONFIGURATION
    assert json.loads(documents[0].body)["event"]["id"] == documents[0].uid
    assert publisher(*BOTH).posture_sinks == (BOTH[0].sink,)
    assert not publisher(BOTH[1]).posture_sinks
    assert list(publisher(BOTH[1]).posture(full_judgement(), AT)) == []


def test_without_sinks_nothing_is_made() -> None:
    assert list(publisher().transition(full_transition(), "f")) == []
    assert list(publisher().posture(full_judgement(), AT)) == []
