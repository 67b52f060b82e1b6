"""Where data of a class may lie, and what a set of places comes to under that rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from collectors.model import Placed, Unread, UnreadReason
from detectors.model import ClassRules, Evidence, Observation, Policy, Verdict, rules_for
from detectors.places import Standing, as_of, regions_of, standing

Allowed: TypeAlias = tuple[str, ...] | None


def configured(policy: Policy) -> bool:
    """Return whether the policy says anything of where data may lie."""
    return policy.residency.configured


def rules_of(resource: Placed, policy: Policy) -> ClassRules[Allowed]:
    """Return the rules that may hold for this resource's data class; None allows every place."""
    return rules_for(policy, resource, policy.residency.default, policy.residency.classes)


def without_rule(resource: Placed, policy: Policy) -> str | None:
    """Return a note code where no rule holds for the resource's data class, whatever that is."""
    if all(rule.rule is None for rule in rules_of(resource, policy).rules):
        return "no_residency_rule_for_class"
    return None


def observe(
    name: str, places: tuple[str, ...], resource: Placed, policy: Policy, about: Mapping[str, Any]
) -> Iterator[Observation]:
    """Observe whether a whole set of places is allowed, three-valued over class and place.

    Yields one evidence a refused place, named ``name`` and holding ``about`` beside the place, where
    the set is refused whatever the data class is; what could not be told where it may be.
    """
    possible = rules_of(resource, policy)
    verdicts = [_verdict(places, rule.rule) for rule in possible.rules]
    if all(verdict is Verdict.PASS for verdict in verdicts):
        return
    if all(verdict is Verdict.FAIL for verdict in verdicts):
        yield from _refusals(name, places, possible, about)
        return
    if possible.unread is not None and len(set(verdicts)) > 1:
        yield possible.unread
    for rule, verdict in zip(possible.rules, verdicts, strict=True):
        if verdict is Verdict.UNKNOWN:
            yield from _unknowns(places, rule.rule)


def _verdict(places: tuple[str, ...], allowed: Allowed) -> Verdict:
    if allowed is None:
        return Verdict.PASS
    standings = {standing(place, allowed) for place in places}
    if Standing.REFUSED in standings:
        return Verdict.FAIL
    # No place at all is an answer that cannot be right: data lies somewhere.
    return Verdict.UNKNOWN if Standing.UNKNOWN in standings or not standings else Verdict.PASS


def _unknowns(places: tuple[str, ...], allowed: Allowed) -> Iterator[Unread]:
    if not places:
        yield Unread(reason=UnreadReason.MALFORMED, operation="find where the data lies", detail="no place given")
    for place in places:
        if allowed is not None and standing(place, allowed) is Standing.UNKNOWN:
            yield Unread(reason=UnreadReason.UNSUPPORTED, operation=f"look up {place}", detail=_not_in_table(place))


def _not_in_table(place: str) -> str:
    date = as_of(place.partition(":")[0])
    return f"not in the table of places of {date}" if date else "no such provider"


def _refusals(
    name: str, places: tuple[str, ...], possible: ClassRules[Allowed], about: Mapping[str, Any]
) -> Iterator[Evidence]:
    for place in places:
        refusing = {
            rule.name: rule.rule for rule in possible.rules if rule.rule is not None and _refuses(place, rule.rule)
        }
        if not refusing:
            continue
        data = {"place": place, **_where(place, refusing), **about}
        if possible.unread is None:
            (data["rule"], data["allowed"]), *_ = refusing.items()
        else:
            data |= {"rule": "whatever the data class, which is unread", "allowed": refusing}
        yield Evidence(name=name, data=data)


def _refuses(place: str, allowed: tuple[str, ...]) -> bool:
    return standing(place, allowed) is Standing.REFUSED


def _where(place: str, refusing: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """Return what is known of a refused place; of a set of regions, those that are refused."""
    regions = regions_of(place)
    if len(regions) == 1:
        region = regions[0]
        return {"name": region.name, "country": region.country, "jurisdictions": region.jurisdictions}
    outside = [one for one in regions if any(_refuses(one.uid, allowed) for allowed in refusing.values())]
    return {"outside": [one.uid for one in outside], "countries": sorted({one.country for one in outside})}
