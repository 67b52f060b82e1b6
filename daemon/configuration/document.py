"""The YAML document: plain data, and where each piece of it stands and how it is written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import msgspec
import yaml

from daemon.configuration.expansion import Expander, ExpansionError, has_reference
from daemon.configuration.problems import Location, Problem, dotted

Data: TypeAlias = "dict[str, Data] | list[Data] | str | int | float | bool | None"

_TAG = "tag:yaml.org,2002:"
_LARGEST = 100_000
_DEEPEST = 50

# What libyaml and PyYAML say, and what an operator can do about it. Their own words are not passed
# on: they may quote the text they stumbled over, and that may be a secret.
_SYNTAX = (
    ("cannot start any token", "expected quotes around a value that begins with a character such as @, ` or %"),
    ("did not find expected key", "expected a key of this mapping (check the indentation and the quotes above)"),
    ("did not find expected '-'", "expected a list entry that begins with - (check the indentation)"),
    ("did not find expected node content", "expected a value (a list or mapping above may not be closed)"),
    ("mapping values are not allowed", "expected no second colon here (put a text that holds a colon in quotes)"),
    ("unknown escape character", "expected a known escape after the backslash (single quotes take it as it is)"),
    ("invalid Unicode character escape code", "expected a known escape after the backslash"),
    ("undefined alias", "expected quotes around a value that begins with *"),
    ("duplicate anchor", "expected each anchor once"),
    ("another document", "expected one document, not several separated by ---"),
)
# These are noticed only where something else begins; what is wrong stands where the piece began.
_UNFINISHED = (
    ("did not find expected ',' or '}'", "expected , or } (a mapping in braces is not closed)"),
    ("did not find expected ',' or ']'", "expected , or ] (a list in brackets is not closed)"),
    ("could not find expected ':'", "expected a colon and a space after the key"),
    ("unexpected end of stream", "expected a closing quote"),
)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of the document. ``written`` is the text of a scalar before expansion, else None."""

    line: int
    written: str | None = None
    quoted: bool = False
    expanded: bool = False


class Document:
    """A parsed document: ``data`` (expanded), ``entries`` by location, ``problems`` found so far.

    ``unexpanded`` are the places whose reference leads nowhere, each with what is expected instead;
    the data there is the text as written, and nothing else needs to be said of it.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.data: Data = None
        self.entries: dict[Location, Entry] = {}
        self.problems: list[Problem] = []
        self.unexpanded: dict[Location, str] = {}

    def line_of(self, location: Location) -> int | None:
        """Return the line of a piece, or of the nearest one around it that exists."""
        for end in range(len(location), -1, -1):
            entry = self.entries.get(location[:end])
            if entry is not None:
                return entry.line
        return None

    def at(self, location: Location) -> Data:
        """Return the data at a location; raise KeyError where there is none."""
        data = self.data
        for step in location:
            if isinstance(data, list) and isinstance(step, int):
                data = data[step]
            elif isinstance(data, dict):
                data = data[str(step)]
            else:
                raise KeyError(step)
        return data

    def select(self, *pattern: str | int | None) -> Iterator[tuple[Location, Data]]:
        """Yield every existing piece whose location fits; None in the pattern fits any one step."""
        for location in self.entries:
            if len(location) == len(pattern) and all(
                wanted is None or wanted == step for wanted, step in zip(pattern, location, strict=True)
            ):
                yield location, self.at(location)


def parse(text: str, file: str, expander: Expander) -> Document:
    """Parse YAML text; what is wrong is in the document's ``problems``, which are complete."""
    document = Document(file)
    try:
        too_deep = _too_deep(text)
        node = None if too_deep else yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        document.problems.append(_syntax(file, error, text))
        return document
    except yaml.YAMLError:
        expected = "this is not valid YAML: expected text without control characters"
        document.problems.append(Problem(file=file, path="", value="", expected=expected))
        return document
    if too_deep:
        expected = f"expected at most {_DEEPEST} mappings and lists within each other"
        document.problems.append(Problem(file=file, path="", value="", expected=expected, line=too_deep))
        return document
    if node is None:
        expected = "expected a configuration, but the file is empty (version and targets are required)"
        document.problems.append(Problem(file=file, path="", value="", expected=expected))
        return document
    if not isinstance(node, yaml.MappingNode):
        expected = "expected a mapping of keys such as version: and targets:"
        document.problems.append(
            Problem(file=file, path="", value=_kind(node), expected=expected, line=node.start_mark.line + 1)
        )
        return document
    _Reader(document, expander).read(node)
    return document


def _too_deep(text: str) -> int | None:
    """Return the line where nesting grows beyond all use; composing such a document kills the process."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST:
                return 1 if event.start_mark is None else event.start_mark.line + 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return None


def _syntax(file: str, error: yaml.MarkedYAMLError, text: str) -> Problem:
    said = error.problem or ""
    unfinished = next((words for sign, words in _UNFINISHED if sign in said), None)
    mark = error.context_mark if unfinished else error.problem_mark
    line = None if mark is None else mark.line + 1
    words = unfinished or next((words for sign, words in _SYNTAX if sign in said), "something here cannot be read")
    if line is not None and _indented_by_tab(text, line):
        words = "expected spaces: YAML allows no tab for indentation"
    return Problem(file=file, path="", value="", expected=f"this is not valid YAML: {words}", line=line)


def _indented_by_tab(text: str, line: int) -> bool:
    lines = text.split("\n")
    written = lines[line - 1] if line <= len(lines) else ""
    return "\t" in written[: len(written) - len(written.lstrip())]


def _kind(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    return "a list" if isinstance(node, yaml.SequenceNode) else "text"


class _Reader:
    """Turns nodes into data, noting places and problems on the way."""

    def __init__(self, document: Document, expander: Expander) -> None:
        self._document = document
        self._expander = expander
        self._constructor = yaml.constructor.SafeConstructor()
        self._count = 0

    def read(self, root: yaml.MappingNode) -> None:
        self._document.data = self._data(root, (), ())

    def _problem(self, location: Location, line: int, expected: str, value: str = "") -> None:
        self._document.problems.append(
            Problem(file=self._document.file, path=dotted(location), value=value, expected=expected, line=line)
        )

    def _data(self, node: yaml.Node, location: Location, around: tuple[int, ...]) -> Data:
        line = node.start_mark.line + 1
        self._count += 1
        if id(node) in around:
            self._problem(location, line, "expected no alias to something that holds the alias itself")
            return None
        if self._count > _LARGEST:
            if self._count == _LARGEST + 1:
                self._problem(location, line, f"expected at most {_LARGEST:,} values, aliases counted each time")
            return None
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, location, line)
        self._document.entries[location] = Entry(line=line)
        inside = (*around, id(node))
        if isinstance(node, yaml.SequenceNode):
            self._check_tag(node, location, "seq")
            return [self._data(child, (*location, index), inside) for index, child in enumerate(node.value)]
        self._check_tag(node, location, "map")
        return self._mapping(node, location, inside)

    def _mapping(self, node: yaml.Node, location: Location, around: tuple[int, ...]) -> dict[str, Data]:
        data: dict[str, Data] = {}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self._problem(location, line, "expected a plain word as key", _kind(key_node))
                continue
            key = key_node.value
            if key_node.tag == f"{_TAG}merge":
                self._problem((*location, key), line, "expected no merge key; write the keys out")
            elif key in lines:
                self._problem((*location, key), line, f"expected each key once; it stands in line {lines[key]} too")
            else:
                lines[key] = line
                data[key] = self._data(value_node, (*location, key), around)
        return data

    def _scalar(self, node: yaml.ScalarNode, location: Location, line: int) -> Data:
        text: str = node.value
        quoted = bool(node.style)
        value = self._typed(node, location, line)
        expanded = isinstance(value, str) and has_reference(text)
        self._document.entries[location] = Entry(line=line, written=text, quoted=quoted, expanded=expanded)
        if not isinstance(value, str):
            return value
        try:
            return self._expander.expand(text)
        except ExpansionError as error:
            self._document.unexpanded[location] = str(error)
            return text

    def _typed(self, node: yaml.ScalarNode, location: Location, line: int) -> Data:
        kind = node.tag.removeprefix(_TAG)
        if kind == "null":
            return None
        try:
            if kind == "int":
                return int(self._constructor.construct_yaml_int(node))
            if kind == "float":
                return float(self._constructor.construct_yaml_float(node))
            if kind == "bool":
                return bool(self._constructor.construct_yaml_bool(node))
        except (ValueError, KeyError):
            return str(node.value)
        if kind not in {"str", "timestamp", "value", "merge"}:
            self._problem(location, line, "expected no YAML tag")
        return str(node.value)

    def _check_tag(self, node: yaml.Node, location: Location, kind: str) -> None:
        if node.tag != f"{_TAG}{kind}":
            self._problem(location, node.start_mark.line + 1, "expected no YAML tag")
