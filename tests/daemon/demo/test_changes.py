from __future__ import annotations

from daemon.demo.changes import LONGEST, MOST, change_lines

GRANT = {
    "reach": "anonymous-internet",
    "via": "bucket policy",
    "what": ["read"],
    "effective": {"fact": "known", "value": True},
}


def test_a_grant_is_told_in_words() -> None:
    drift = {"facts": ["policy_grants"], "before": {"policy_grants": []}, "after": {"policy_grants": [GRANT]}}
    assert change_lines(drift) == ["policy grants: none -> bucket policy lets anonymous-internet read"]


def test_a_grant_that_is_blocked_says_so() -> None:
    latent = {**GRANT, "effective": {"fact": "known", "value": False}}
    drift = {"facts": ["policy_grants"], "before": {"policy_grants": [GRANT]}, "after": {"policy_grants": [latent]}}
    held = "bucket policy lets anonymous-internet read"
    assert change_lines(drift) == [f"policy grants: {held} -> {held} (blocked)"]


def test_of_objects_only_what_differs_is_told() -> None:
    drift = {
        "facts": ["switches"],
        "before": {"switches": {"account": {"IgnorePublicAcls": True, "BlockPublicAcls": True}}},
        "after": {"switches": {"account": {"IgnorePublicAcls": False, "BlockPublicAcls": True}}},
    }
    assert change_lines(drift) == ["switches, account IgnorePublicAcls: on -> off"]


def test_what_explains_comes_after_what_it_explains() -> None:
    drift = {
        "facts": ["acl_silenced", "switches", "acl_grants"],
        "before": {"acl_silenced": {"on": True, "by": ["account Ignore"]}, "switches": {"on": True}, "acl_grants": []},
        "after": {"acl_silenced": {"on": False}, "switches": {"on": False}, "acl_grants": [GRANT]},
    }
    assert change_lines(drift) == [
        "acl grants: none -> bucket policy lets anonymous-internet read",
        "acl silenced by: account Ignore -> nothing",
    ]


def test_what_was_not_read_on_purpose_is_no_change() -> None:
    drift = {
        "facts": ["requester_pays", "versioning"],
        "before": {"requester_pays": {"not_needed": "nothing_public"}, "versioning": {"enabled": True}},
        "after": {"requester_pays": False, "versioning": {"enabled": False}},
    }
    assert change_lines(drift) == ["versioning, enabled: on -> off"]


def test_a_copy_names_where_it_goes() -> None:
    copy = {"kind": "replication", "destination": "arn:aws:s3:::far", "places": {"fact": "known", "value": ["aws:x"]}}
    drift = {"facts": ["copies"], "before": {"copies": []}, "after": {"copies": [copy]}}
    assert change_lines(drift) == ["copies: none -> replication to arn:aws:s3:::far (aws:x)"]


def test_what_was_not_there_is_not_called_empty() -> None:
    drift = {"facts": ["versioning"], "before": {}, "after": {"versioning": {"enabled": False}}}
    assert change_lines(drift) == ["versioning: not there -> enabled off"]


def test_much_is_cut() -> None:
    names = [f"fact_{number}" for number in range(MOST + 2)]
    drift = {"facts": names, "before": dict.fromkeys(names, "a"), "after": dict.fromkeys(names, "b" * 2 * LONGEST)}
    lines = change_lines(drift)
    assert len(lines) == MOST
    assert all(len(line) <= LONGEST + 20 for line in lines)
