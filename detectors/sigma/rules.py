"""Sigma rules read into conditions. pySigma parses; a rule that cannot be run is refused with its reason."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml
from sigma import conditions, types
from sigma.correlations import SigmaCorrelationTimespan
from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule

from detectors.model import Severity
from detectors.sigma.correlation import Correlation
from detectors.sigma.correlation_rules import read_correlation
from detectors.sigma.expression import FALSE, Expression, Op, Test, conjunction, disjunction, negation
from detectors.sigma.refusal import UnsupportedRuleError, first_line, refuse
from detectors.sigma.regexes import POLICY
from detectors.sigma.values import text

_LEVELS = {
    "informational": Severity.LOW,
    "low": Severity.LOW,
    "medium": Severity.MEDIUM,
    "high": Severity.HIGH,
    "critical": Severity.CRITICAL,
}


class FirstSeen(msgspec.Struct, frozen=True, kw_only=True):
    """That of a rule's matches only new values are told: see :mod:`detectors.sigma.first_seen`. Times are seconds."""

    field: str
    group_by: tuple[str, ...]
    history: int
    learning: int


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One Sigma rule, ready to be compiled for a log source.

    ``level`` is the rule's own word. ``product`` and ``service`` are its log source. ``silent``
    rules only feed correlations. Of one with ``first_seen`` a match is only told where a
    :class:`detectors.sigma.first_seen.FirstSeenWatch` finds it new.
    """

    uid: str
    title: str
    level: str
    product: str
    service: str
    condition: Expression
    name: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    falsepositives: tuple[str, ...] = ()
    silent: bool = False
    first_seen: FirstSeen | None = None

    @property
    def severity(self) -> Severity:
        """The rule's level as this program's severity; informational counts as low."""
        return _LEVELS[self.level]


class RefusedRule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that will not be run: where it is and why."""

    file: str
    rule: str
    reason: str


class RuleSet(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was loaded, and what was refused."""

    rules: tuple[Rule, ...] = ()
    correlations: tuple[Correlation, ...] = ()
    refused: tuple[RefusedRule, ...] = ()


def load_directories(directories: Iterable[Path]) -> RuleSet:
    """Load every ``*.yml`` and ``*.yaml`` below the directories, in the order of their names.

    A file that cannot be read is among the set's ``refused``, as a rule that cannot be run is.
    """
    documents: list[tuple[str, str]] = []
    unreadable: list[RefusedRule] = []
    for directory in directories:
        for path in sorted(directory.rglob("*")):
            if path.suffix not in {".yml", ".yaml"} or not path.is_file():
                continue
            try:
                documents.append((str(path), path.read_text(encoding="utf-8-sig")))
            except OSError as error:
                reason = f"the file cannot be read: {error.strerror or error}"
                unreadable.append(RefusedRule(file=str(path), rule="", reason=reason))
            except UnicodeDecodeError:
                unreadable.append(RefusedRule(file=str(path), rule="", reason="the file is not UTF-8"))
    loaded = load_rules(documents)
    return msgspec.structs.replace(loaded, refused=(*unreadable, *loaded.refused))


def load_rules(documents: Iterable[tuple[str, str]]) -> RuleSet:
    """Parse rule files given as (file name, YAML text).

    A rule that cannot be parsed or run is refused, never silently dropped; a correlation that
    refers to a refused or unknown rule, or by a name that several rules have, is refused too. A uid that comes
    twice, be it a rule's or a correlation's, is refused the second time.
    """
    rules: dict[str, Rule] = {}
    raw_correlations: list[tuple[str, dict[str, Any]]] = []
    refused: list[RefusedRule] = []
    for file, content in documents:
        try:
            parsed = [document for document in yaml.safe_load_all(content) if document is not None]
        except yaml.YAMLError as error:
            refused.append(RefusedRule(file=file, rule="", reason=f"not valid YAML: {first_line(error)}"))
            continue
        for document in parsed:
            label = _label(document)
            if isinstance(document, dict) and "correlation" in document:
                raw_correlations.append((file, document))
                continue
            try:
                rule = _rule(document)
                if rule.uid in rules:
                    refuse(f"the id {rule.uid} is already taken by {rules[rule.uid].title!r}")
            except UnsupportedRuleError as error:
                refused.append(RefusedRule(file=file, rule=label, reason=str(error)))
                continue
            rules[rule.uid] = rule
    correlations, odd = _correlations(raw_correlations, rules)
    silent = {uid for correlation in correlations if not correlation.generate for uid in correlation.rules}
    return RuleSet(
        rules=tuple(msgspec.structs.replace(rule, silent=rule.uid in silent) for rule in rules.values()),
        correlations=tuple(correlations),
        refused=(*refused, *odd),
    )


def _correlations(
    documents: Iterable[tuple[str, dict[str, Any]]], rules: Mapping[str, Rule]
) -> tuple[list[Correlation], list[RefusedRule]]:
    """Return the correlation rules and those that are refused; ``rules`` are those that run, by uid."""
    names: dict[str, list[str]] = {}
    for rule in rules.values():
        names.setdefault(rule.name, []).append(rule.uid)
    names.pop("", None)
    titles = {rule.uid: rule.title for rule in rules.values()}
    refused: list[RefusedRule] = []
    correlations: list[Correlation] = []
    for file, document in documents:
        try:
            correlation = read_correlation(document, rules, names)
            if correlation.uid in titles:
                refuse(f"the id {correlation.uid} is already taken by {titles[correlation.uid]!r}")
        except UnsupportedRuleError as error:
            refused.append(RefusedRule(file=file, rule=_label(document), reason=str(error)))
            continue
        titles[correlation.uid] = correlation.title
        correlations.append(correlation)
    return correlations, refused


def _label(document: object) -> str:
    if not isinstance(document, dict):
        return ""
    return str(document.get("id") or document.get("name") or document.get("title") or "")


def _rule(document: object) -> Rule:
    if not isinstance(document, dict):
        reason = "expected a mapping with title, logsource and detection"
        raise UnsupportedRuleError(reason)
    try:
        parsed = SigmaRule.from_dict(document, policy=POLICY)
        condition = disjunction(
            [_expression(parsed_condition.parsed) for parsed_condition in parsed.detection.parsed_condition]
        )
    except SigmaError as error:
        raise UnsupportedRuleError(first_line(error)) from error
    if condition == FALSE:
        refuse("its condition can never hold")
    level = parsed.level.name.lower() if parsed.level is not None else "medium"
    return Rule(
        uid=str(parsed.id) if parsed.id is not None else parsed.name or parsed.title,
        name=parsed.name or "",
        title=parsed.title,
        level=level,
        product=(parsed.logsource.product or "").lower(),
        service=(parsed.logsource.service or "").lower(),
        condition=condition,
        description=(parsed.description or "").strip(),
        tags=tuple(str(tag) for tag in parsed.tags),
        references=tuple(parsed.references),
        falsepositives=tuple(parsed.falsepositives),
        first_seen=_first_seen(document["first_seen"]) if "first_seen" in document else None,
    )


def _first_seen(terms: object) -> FirstSeen:
    known = {"field", "group-by", "history", "learning"}
    if not isinstance(terms, dict) or set(terms) != known:
        reason = f"first_seen needs exactly {', '.join(sorted(known))}"
        raise UnsupportedRuleError(reason)
    group_by = terms["group-by"] if isinstance(terms["group-by"], list) else [terms["group-by"]]
    if not all(isinstance(name, str) and name for name in (terms["field"], *group_by)):
        refuse("first_seen: field and group-by must name fields")
    try:
        history, learning = (SigmaCorrelationTimespan(str(terms[name])).seconds for name in ("history", "learning"))
    except SigmaError as error:
        reason = f"first_seen: {first_line(error)}"
        raise UnsupportedRuleError(reason) from error
    if not 0 < learning <= history:
        refuse("first_seen: learning must be longer than nothing and no longer than history")
    return FirstSeen(field=terms["field"], group_by=tuple(group_by), history=history, learning=learning)


def _expression(node: Any) -> Expression:  # noqa: ANN401 - pySigma's condition tree is a union without a common base
    if isinstance(node, conditions.ConditionAND):
        return conjunction(_expression(arg) for arg in node.args)
    if isinstance(node, conditions.ConditionOR):
        return disjunction(_expression(arg) for arg in node.args)
    if isinstance(node, conditions.ConditionNOT):
        return negation(conjunction(_expression(arg) for arg in node.args))
    if isinstance(node, conditions.ConditionFieldEqualsValueExpression):
        return _test(node.field, node.value)
    if isinstance(node, conditions.ConditionValueExpression):
        return _keyword(node.value)
    reason = f"a condition of type {type(node).__name__} is not known"
    raise UnsupportedRuleError(reason)


def _keyword(value: Any) -> Expression:  # noqa: ANN401 - any pySigma value type
    """Search a keyword anywhere in the record's text."""
    test = _test("", value)
    if isinstance(test, Test) and test.op is Op.EQUALS:
        return Test("", Op.CONTAINS, test.operand, cased=test.cased)
    return test


def _test(field: str, value: Any) -> Expression:  # noqa: ANN401, C901, PLR0911 - one return for each value type of the language
    if isinstance(value, types.SigmaString):
        return _string(field, value)
    if isinstance(value, types.SigmaTimestampPart):
        reason = f"field {field!r}: parts of a timestamp cannot be compared"
        raise UnsupportedRuleError(reason)
    if isinstance(value, types.SigmaNumber | types.SigmaBool):
        return Test(field, Op.EQUALS, text(value.to_plain()))
    if isinstance(value, types.SigmaNull):
        return Test(field, Op.NULL)
    if isinstance(value, types.SigmaExists):
        return Test(field, Op.EXISTS if value.exists else Op.NULL)
    if isinstance(value, types.SigmaRegularExpression):
        return _regex(field, value)
    if isinstance(value, types.SigmaCIDRExpression):
        return Test(field, Op.CIDR, str(value.network))
    if isinstance(value, types.SigmaCompareExpression):
        return _comparison(field, value)
    if isinstance(value, types.SigmaFieldReference):
        op = {
            (True, False): Op.STARTS_WITH_FIELD,
            (False, True): Op.ENDS_WITH_FIELD,
        }.get((value.starts_with, value.ends_with), Op.SAME_AS)
        return Test(field, op, value.field)
    if isinstance(value, types.SigmaExpansion):
        return disjunction(_test(field, member) for member in value.values)
    reason = f"field {field!r}: a value of type {type(value).__name__} cannot be compared"
    raise UnsupportedRuleError(reason)


def _comparison(field: str, value: Any) -> Expression:  # noqa: ANN401 - pySigma's SigmaCompareExpression
    operand = str(value.number)
    name = value.op.name
    if name == "NEQ":
        return negation(Test(field, Op.EQUALS, operand))
    return Test(field, Op[name], operand)


def _regex(field: str, value: Any) -> Expression:  # noqa: ANN401 - pySigma's SigmaRegularExpression
    flags = "".join(sorted(value.sigma_to_re_flag[flag] for flag in value.flags))
    pattern = f"(?{flags}){value.regexp}" if flags else str(value.regexp)
    try:
        re.compile(pattern)
    except re.error as error:
        reason = f"field {field!r}: not a regular expression that can be run: {error}"
        raise UnsupportedRuleError(reason) from error
    return Test(field, Op.REGEX, pattern)


def _string(field: str, value: Any) -> Expression:  # noqa: ANN401 - pySigma's SigmaString
    cased = isinstance(value, types.SigmaCasedString)
    parts = value.s
    if any(isinstance(part, types.Placeholder) for part in parts):
        reason = f"field {field!r}: the placeholder in {value.original!r} has no value here"
        raise UnsupportedRuleError(reason)
    literals = [part for part in parts if isinstance(part, str)]
    stars = tuple(part is types.SpecialChars.WILDCARD_MULTI for part in parts)
    if not parts:
        return Test(field, Op.EQUALS, "", cased=cased)
    if all(stars):
        return Test(field, Op.EXISTS)
    shapes = {
        (False,): Op.EQUALS,
        (True, False, True): Op.CONTAINS,
        (False, True): Op.STARTSWITH,
        (True, False): Op.ENDSWITH,
    }
    op = shapes.get(stars)
    if op is not None and len(literals) == 1:
        return Test(field, op, literals[0] if cased else literals[0].lower(), cased=cased)
    pattern = "".join(
        re.escape(part) if isinstance(part, str) else (".*" if part is types.SpecialChars.WILDCARD_MULTI else ".")
        for part in parts
    )
    flags = "(?s)" if cased else "(?si)"
    if field == "":
        return Test(field, Op.REGEX, f"{flags}{pattern}")
    return Test(field, Op.REGEX, rf"{flags}\A{pattern}\Z")
