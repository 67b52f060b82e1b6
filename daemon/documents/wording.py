"""Sentences: what happened to a resource, in words that a person on call understands at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from collectors.model import Actor, Capability, Reach, Unread
from daemon.documents.kinds import ACCOUNTS, SCOPE, names_of
from daemon.documents.rules import RuleFacts
from daemon.model import Cause, Transition, TransitionKind
from detectors.model import Evidence, Judgement, Verdict

_LONGEST_VALUE = 120
_MOST_EVIDENCE = 3


class Phrases(msgspec.Struct, frozen=True):
    """What a violation is, what coming to it is, and what leaving it is; each continues "the bucket"."""

    stands: str
    came: str
    left: str


_PHRASES = {
    "storage.public_access": Phrases("is public", "became public", "is no longer public"),
    "storage.latent_public_access": Phrases(
        "would be public if a switch were turned off",
        "came to hold public access that only a switch blocks",
        "no longer holds public access that a switch blocks (what nothing blocks any more is storage.public_access's)",
    ),
    "storage.encryption_at_rest": Phrases(
        "is not encrypted at rest as required",
        "stopped being encrypted at rest as required",
        "is now encrypted at rest as required",
    ),
    "storage.encryption_in_transit": Phrases(
        "accepts requests without TLS",
        "began to accept requests without TLS",
        "no longer accepts requests without TLS",
    ),
    "storage.access_logging": Phrases("does not log access", "stopped logging access", "now logs access"),
    "storage.versioning": Phrases(
        "keeps no older versions", "stopped keeping older versions", "now keeps older versions"
    ),
    "identity.mfa_missing": Phrases(
        "can sign in without MFA", "became able to sign in without MFA", "can no longer sign in without MFA"
    ),
    "identity.root_mfa": Phrases("has no MFA", "lost its MFA", "now has MFA"),
    "identity.root_access_key": Phrases("has an access key", "gained an access key", "no longer has an access key"),
    "identity.stale_access_key": Phrases(
        "has an access key that is too old",
        "now has an access key that is too old",
        "no longer has an access key that is too old",
    ),
    "identity.least_privilege": Phrases(
        "has administrator access", "gained administrator access", "no longer has administrator access"
    ),
    "identity.privilege_escalation": Phrases(
        "can raise its own privileges",
        "became able to raise its own privileges",
        "can no longer raise its own privileges",
    ),
    "identity.mfa_rule_ineffective": Phrases(
        "is under a policy that only seems to require MFA",
        "came under a policy that only seems to require MFA",
        "is no longer under a policy that only seems to require MFA",
    ),
    "identity.role_trust_public": Phrases(
        "can be assumed by anyone", "became open to be assumed by anyone", "can no longer be assumed by anyone"
    ),
    "identity.role_trust_external": Phrases(
        "can be assumed by a foreign account",
        "became open to be assumed by a foreign account",
        "can no longer be assumed by a foreign account",
    ),
    "identity.role_assumption_without_mfa": Phrases(
        "can be assumed by a person without MFA",
        "became open to be assumed by a person without MFA",
        "can no longer be assumed by a person without MFA",
    ),
    "residency.out_of_region": Phrases(
        "lies outside the allowed places",
        "came to lie outside the allowed places",
        "no longer lies outside the allowed places",
    ),
    "residency.copy_out_of_region": Phrases(
        "is copied outside the allowed places",
        "came to be copied outside the allowed places",
        "is no longer copied outside the allowed places",
    ),
    "network.open_port": Phrases(
        "opens a port to the internet", "opened a port to the internet", "no longer opens a port to the internet"
    ),
    "data.public_snapshot": Phrases("is public", "became public", "is no longer public"),
    "data.public_database": Phrases(
        "is reachable by the public", "became reachable by the public", "is no longer reachable by the public"
    ),
    "data.encryption_at_rest": Phrases(
        "is not encrypted at rest as required",
        "stopped being encrypted at rest as required",
        "is now encrypted at rest as required",
    ),
    "keys.rotation": Phrases("is not rotated", "stopped being rotated", "is now rotated"),
    "logging.audit_trail": Phrases(
        "does not record the audit trail as required",
        "stopped recording the audit trail as required",
        "now records the audit trail as required",
    ),
    "coverage.unread_scope": Phrases(
        "could not be read completely", "can no longer be read completely", "is read completely again"
    ),
}

_REACH = {
    Reach.ANONYMOUS_INTERNET: "anyone on the internet",
    Reach.ANY_AUTHENTICATED: "anyone with any account at the cloud",
    Reach.ANONYMOUS_FROM_RANGE: "anyone from an address range",
    Reach.NAMED_EXTERNAL: "named outsiders",
    Reach.ORGANISATION: "the organisation",
    Reach.PRIVATE: "the owner",
    Reach.UNKNOWN: "somebody who could not be determined",
}

_USE = "use"
_MOST_PLACES = 2
_USES = {
    Capability.READ: "read",
    Capability.LIST: "listed",
    Capability.WRITE: "written to",
    Capability.DELETE: "deleted from",
    Capability.ADMIN: "administered",
}
_USERS = {
    Reach.ANONYMOUS_INTERNET: "anonymously",
    Reach.ANY_AUTHENTICATED: "by other accounts",
    Reach.ANONYMOUS_FROM_RANGE: "anonymously from a range of addresses",
    Reach.NAMED_EXTERNAL: "by other accounts",
    Reach.ORGANISATION: "by other accounts of the organisation",
}
_USE_UNKNOWN = {
    "access_logging_off": "whether it was used cannot be known, for it logs no access",
    "access_log_not_delivered": "whether it was used is not known yet, for no log of its accesses was delivered so far",
}
_ABILITIES = {Capability.ADMIN: "administer"}


def subject(judgement: Judgement) -> str:
    """Return the resource as a sentence's subject: ``S3 bucket b in AWS account 1 (eu-west-1)``."""
    noun = names_of(judgement.provider, judgement.resource.kind).noun
    name = judgement.resource.name or judgement.resource.uid
    if judgement.resource.kind == SCOPE:
        return f"{noun} {name}"
    account = f" in {ACCOUNTS[judgement.provider]} {judgement.account}" if judgement.account else ""
    region = f" ({judgement.region})" if judgement.region else ""
    return f"{noun} {name}{account}{region}"


def transition_sentence(transition: Transition, rule: RuleFacts) -> str:
    """Return one sentence: what became of which resource, by what, and by whom if that is known."""
    judgement = transition.judgement
    sentence = f"{subject(judgement)} {_what_happened(transition, phrases_of(rule))}"
    if transition.kind is not TransitionKind.RESOLVED:
        shown = evidence_summary(judgement)
        if shown:
            sentence = f"{sentence}: {shown}"
        used = use_summary(judgement)
        if used:
            sentence = f"{sentence}; {used}"
    done_by = actor_summary(transition.actor)
    return f"{sentence}; {done_by}." if done_by else f"{sentence}."


def posture_sentence(judgement: Judgement, rule: RuleFacts) -> str:
    """Return one sentence: how the resource stands with this rule."""
    if judgement.verdict is Verdict.FAIL:
        shown = evidence_summary(judgement)
        sentence = f"{subject(judgement)} {phrases_of(rule).stands}"
        told = "; ".join(part for part in (shown, use_summary(judgement)) if part)
        return f"{sentence}: {told}." if told else f"{sentence}."
    if judgement.verdict is Verdict.UNKNOWN:
        unread = "; ".join(fact.summary for fact in judgement.unread[:_MOST_EVIDENCE])
        sentence = f"{subject(judgement)} could not be judged by {rule.uid}"
        return f"{sentence}: {unread}." if unread else f"{sentence}."
    return f"{subject(judgement)} passes {rule.uid}."


def phrases_of(rule: RuleFacts) -> Phrases:
    """Return the rule's phrases; a rule that has none of its own is named by its title."""
    title = rule.title
    return _PHRASES.get(
        rule.uid, Phrases(f'violates "{title}"', f'came to violate "{title}"', f'no longer violates "{title}"')
    )


def evidence_summary(judgement: Judgement) -> str:
    """Return what violates, most telling first, as a clause; empty where there is nothing to say."""
    violating = [evidence for evidence in judgement.evidence if evidence.violates]
    parts = list(dict.fromkeys(_clause(evidence) for evidence in violating))
    shown = "; ".join(parts[:_MOST_EVIDENCE])
    more = len(parts) - _MOST_EVIDENCE
    return f"{shown}; and {more} more" if more > 0 else shown


def use_summary(judgement: Judgement) -> str:
    """Return who used the data from outside, or that this cannot be known, as a clause; empty where nothing is told."""
    used = [evidence for evidence in judgement.evidence if evidence.name == _USE and not evidence.violates]
    clauses = [_use_clause(msgspec.to_builtins(evidence.data)) for evidence in used]
    if clauses:
        return _listed(clauses[:_MOST_EVIDENCE])
    return next((clause for note, clause in _USE_UNKNOWN.items() if note in judgement.notes), "")


def actor_summary(actor: Actor | None) -> str:
    """Return who did it, by what operation and from where, as a clause; empty where nobody is named."""
    if actor is None:
        return ""
    name = actor.user_name or actor.user_id
    words = [f"by {name}"] if name else []
    if actor.operation:
        words.append(f"({actor.operation})" if name else f"by {actor.operation}")
    if actor.ip:
        words.append(f"from {actor.ip}")
    return " ".join(words)


def _what_happened(transition: Transition, phrases: Phrases) -> str:
    if transition.kind is TransitionKind.RESOLVED:
        return _left(transition.cause, phrases)
    if transition.kind is TransitionKind.UPDATED:
        was, now = transition.previous_severity, transition.judgement.severity
        severity = f" (severity {now.value}, was {was.value})" if was is not None and was is not now else ""
        return f"still {phrases.stands}{severity}{_changed(transition)}"
    came = phrases.came if transition.kind is TransitionKind.REGRESSED else phrases.stands
    own = transition.judgement.resource.kind == SCOPE
    return {
        Cause.RESOURCE_NEW: phrases.stands if own else f"is new and {phrases.stands}",
        Cause.POLICY: f"{phrases.stands}, judged by the changed policy",
        Cause.DETECTOR: f"{phrases.stands}, judged by a new or changed rule",
        Cause.TIME: f"{phrases.came} as time went by",
        Cause.EXCEPTION_ENDED: f"{phrases.stands}, and the exception for it has ended",
    }.get(transition.cause, came)


def _changed(transition: Transition) -> str:
    facts = [change.fact.replace("_", " ") for change in transition.changes]
    return f", with a change of {_listed(facts)}" if facts else ""


def _left(cause: Cause, phrases: Phrases) -> str:
    return {
        Cause.RESOURCE_GONE: f"no longer exists, so the finding that it {phrases.stands} is closed",
        Cause.OUT_OF_SCOPE: f"is no longer watched, so the finding that it {phrases.stands} is closed without a cure",
        Cause.EXCEPTION_ADDED: f"{phrases.stands}, which an exception now accepts",
        Cause.POLICY: f"{phrases.left}, judged by the changed policy",
        Cause.DETECTOR: f"{phrases.left}, judged by a changed rule",
        Cause.TIME: f"{phrases.left} as time went by",
    }.get(cause, phrases.left)


def _clause(evidence: Evidence) -> str:
    data: Any = msgspec.to_builtins(evidence.data)
    name = evidence.name.replace("_", " ")
    if not isinstance(data, dict):
        return f"{name} {_shortened(data)}" if _is_plain(data) else name
    if "via" in data and "reach" in data:
        return _grant_clause(data)
    if "operation" in data and "rule" in data:
        failed = ", which failed" if data.get("outcome") == "failure" else ""
        return f"{data['rule']} ({data['operation']}{failed})"
    if "operation" in data and "reason" in data:
        return msgspec.convert(data, Unread).summary
    plain = [f"{key.replace('_', ' ')}: {text}" for key, value in data.items() if (text := _plain_text(value))]
    return f"{name} ({', '.join(plain)})" if plain else name


def _use_clause(use: Mapping[str, Any]) -> str:
    """Return one kind of use: ``read anonymously at least 100 times between … and … from …``."""
    did = _USES.get(use["capability"], "used")
    by = _USERS.get(use["reach"], "by somebody unknown")
    count, first, last = use["count"], _minute(use["first"]), _minute(use["last"])
    often = "" if count == 1 else f" at least {count:,} times"
    when = f"at {first}" if first == last else f"between {first} and {last}"
    readers = [one.get("ip") or one.get("account", "") for one in use.get("readers", ())]
    places = [place for place in dict.fromkeys(readers) if place]
    more = f" and {len(places) - _MOST_PLACES} more" if len(places) > _MOST_PLACES else ""
    origin = f" from {', '.join(places[:_MOST_PLACES])}{more}" if places else ""
    return f"{did} {by}{often} {when}{origin}"


def _minute(moment: str) -> str:
    return f"{moment[:16].replace('T', ' ')} UTC"


def _plain_text(value: object) -> str:
    """Return a plain value, or a list of such, as text; empty for anything nested."""
    if isinstance(value, list):
        return _shortened(" ".join(map(str, value))) if all(map(_is_plain, value)) else ""
    return _shortened(value) if _is_plain(value) else ""


def _grant_clause(grant: Mapping[str, Any]) -> str:
    try:
        who = _REACH[Reach(grant["reach"])]
    except ValueError:
        who = str(grant["reach"])
    capabilities = [_ABILITIES.get(capability, str(capability)) for capability in grant.get("what", ())]
    able = _listed(capabilities) if capabilities else "use it"
    return f"{grant['via']} lets {who} {able}"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _is_plain(value: object) -> bool:
    return isinstance(value, (str, int, float, bool))


def _shortened(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"
