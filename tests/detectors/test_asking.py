"""What the rules in force look at: no fact too few, since what was not read cannot be judged."""

from __future__ import annotations

import pytest

from collectors.model import Bucket, Disk, KeyHolder, ReadScope, Resource, RootUser, SecurityGroup, User
from detectors.asking import Asked, asked
from detectors.catalogue import catalogue
from detectors.data.encryption_at_rest import Parameters as OfStores
from detectors.identity.root_mfa import Parameters as OfRoot
from detectors.identity.root_mfa import Requirement as RequiredOfRoot
from detectors.model import Detector, Policy, Residency
from detectors.requirement import Requirement
from detectors.storage.encryption_at_rest import Parameters

RESIDENCY = Policy(residency=Residency(default=("aws:eu-*",)))
BY_CLASS = Policy(
    parameters={"storage.encryption_at_rest": Parameters(classes={"personal": Requirement(KeyHolder.CUSTOMER_KEY)})}
)


def everything(policy: Policy) -> Asked:
    return asked(tuple(catalogue().values()), policy)


def without(*uids: str) -> list[Detector]:
    return [one for one in catalogue().values() if one.uid not in uids]


@pytest.mark.parametrize("detector", catalogue().values(), ids=catalogue())
def test_every_detector_is_given_what_it_looks_at(detector: Detector) -> None:
    found = everything(detector.example_policy)
    for example in (*detector.good, *detector.bad):
        needed = set(detector.facts_of(type(example)))
        if detector.requires is None and not getattr(
            detector.example_policy.parameters.get(detector.uid), "classes", ()
        ):
            needed -= {"tags"}
        assert {name for name in needed if not found(type(example), name)} == set()


def test_copies_matter_only_where_a_rule_says_where_data_may_lie() -> None:
    assert not everything(Policy())(Bucket, "copies")
    assert everything(RESIDENCY)(Bucket, "copies")
    assert everything(RESIDENCY)(Disk, "copies")


@pytest.mark.parametrize(("policy", "matter"), [(Policy(), False), (RESIDENCY, True), (BY_CLASS, True)])
def test_tags_matter_only_where_something_is_required_by_class(policy: Policy, *, matter: bool) -> None:
    assert everything(policy)(Bucket, "tags") is matter


@pytest.mark.parametrize(("require", "matter"), [("any", False), ("hardware", True)])
def test_the_kind_of_the_roots_device_matters_only_where_hardware_is_required(require: str, *, matter: bool) -> None:
    parameters = OfRoot(require=RequiredOfRoot(require))
    assert everything(Policy(parameters={"identity.root_mfa": parameters}))(RootUser, "mfa_methods") is matter
    assert not everything(Policy())(RootUser, "mfa_methods")
    assert everything(Policy())(RootUser, "mfa")


KEYED = {"data.encryption_at_rest": OfStores(require=Requirement.HSM)}


@pytest.mark.parametrize(("policy", "matter"), [(Policy(), False), (BY_CLASS, True), (Policy(parameters=KEYED), False)])
def test_who_holds_a_key_matters_only_where_more_than_the_providers_is_required(
    policy: Policy, *, matter: bool
) -> None:
    assert everything(policy)(Bucket, "key_holder") is matter
    assert everything(policy)(Disk, "key_holder") is (policy.parameters == KEYED)


def test_what_only_a_disabled_detector_looks_at_is_not_asked() -> None:
    assert asked(without("storage.access_logging"), Policy())(Bucket, "versioning")
    assert not asked(without("storage.versioning"), Policy())(Bucket, "versioning")


@pytest.mark.parametrize(
    ("only", "kinds"),
    [
        (["identity.mfa_missing"], {User}),
        (["network.open_port"], {SecurityGroup}),
        (["residency.out_of_region"], {User, SecurityGroup, Bucket}),  # not configured: as though nothing was chosen
        (["coverage.unread_scope"], {User, SecurityGroup, Bucket}),
    ],
)
def test_choosing_detectors_narrows_the_kinds_and_not_their_facts(only: list[str], kinds: set[type[Resource]]) -> None:
    found = asked(tuple(catalogue().values()), Policy(), only)
    assert {kind for kind in (User, SecurityGroup, Bucket) if found.any_of([kind])} == kinds
    assert found(Bucket, "policy_grants")


def test_how_scopes_were_read_is_no_kind_to_read() -> None:
    assert ReadScope not in everything(Policy()).kinds
