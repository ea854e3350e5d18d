"""YAML as the record reads it: text stays text, every value knows its line.

A value is built from the parser's events, so that anchors, tags of other
languages and endless nesting are refused before they cost anything. A bare
word, number or date stays the text it was written as, because the record keeps
texts: `occurred: 2025-09-04` and `version: 2.50` are read as they stand. Only
`true`, `false` and `null` are what they are in YAML 1.2; `no` is a country.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import yaml

from domain.errors import InvalidInput, ParleyError, Problem

MAX_DEPTH = 32
"""The deepest nesting; a leaf allows no more."""
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_PLAIN_TAGS = {None, "!", "tag:yaml.org,2002:str"}


@dataclass(frozen=True, slots=True)
class Lined:
    """A value, and the line (counted from 1) of each part of it by its dotted path."""

    value: Any
    lines: dict[str, int] = field(repr=False)


def parse_yaml(text: str, file: str) -> Lined:
    """The one document of a YAML text; raises InvalidInput with file and line."""
    reader = _Reader(file)
    try:
        events = iter(yaml.parse(text, Loader=_LOADER))
        return Lined(reader.document(events), reader.lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else 1
        rule = error.problem or error.context or "this is no YAML"
        raise _refusal(file, line, f"is no YAML: {rule}", "correct it") from None
    except yaml.reader.ReaderError as error:
        # The position is in bytes with one loader and in characters with the other.
        code = int(error.character)
        line = text.count("\n", 0, max(text.find(chr(code)), 0)) + 1
        rule = f"holds the control character U+{code:04X}"
        raise _refusal(file, line, rule, "remove it") from None


def format_yaml(value: object) -> str:
    """YAML that `parse_yaml` reads back: block style, keys in their order, no anchors."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


class _Dumper(yaml.SafeDumper):
    """The safe dumper, writing what occurs twice twice."""

    def ignore_aliases(self, data: object) -> bool:
        """Say yes to everything: the reader takes no anchors."""
        del data
        return True


def _as_text(dumper: yaml.SafeDumper, number: Decimal) -> yaml.ScalarNode:
    return dumper.represent_str(format(number, "f"))


_Dumper.add_representer(Decimal, _as_text)


class _Reader:
    """Builds the value from events; keeps the line of each path."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: dict[str, int] = {}

    def document(self, events: Iterator[Any]) -> Any:  # noqa: ANN401 - whatever the file holds.
        """The value of the only document; None for an empty file."""
        value: Any = None
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    rule = "a file holds one YAML document"
                    raise self._refuse(event, rule, "put the second one into a file of its own")
                value = self._value(next(events), events, "", 0)
        return value

    def _value(self, event: Any, events: Iterator[Any], path: str, depth: int) -> Any:  # noqa: ANN401 - as the library gives it.
        self.lines[path] = _line(event)
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise self._refuse(event, "anchors and aliases are not read", "write it out")
        if depth > MAX_DEPTH:
            raise self._refuse(event, f"is nested more than {MAX_DEPTH} deep", "write it flatter")
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if event.tag not in {None, "!"}:
            raise self._refuse(event, f"the tag {event.tag} is not read", "remove it")
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(events, path, depth)
        return self._sequence(events, path, depth)

    def _scalar(self, event: Any) -> str | bool | None:  # noqa: ANN401 - as the library gives it.
        if event.tag not in _PLAIN_TAGS:
            raise self._refuse(event, f"the tag {event.tag} is not read", "remove it")
        text = str(event.value)
        plain = event.tag is None and event.implicit[0]
        return _WORDS.get(text, text) if plain else text

    def _mapping(self, events: Iterator[Any], path: str, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            if not isinstance(event, yaml.ScalarEvent):
                raise self._refuse(event, "the name of a field is one word", "write it as text")
            name = str(event.value)
            if name in found:
                raise self._refuse(event, f"gives {name!r} twice", "keep one of the two")
            inner = f"{path}.{name}" if path else name
            found[name] = self._value(next(events), events, inner, depth + 1)
            # A block value begins on the next line; the name is where people look.
            self.lines[inner] = _line(event)
        return found

    def _sequence(self, events: Iterator[Any], path: str, depth: int) -> list[Any]:
        found: list[Any] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            inner = f"{path}.{len(found)}" if path else str(len(found))
            found.append(self._value(event, events, inner, depth + 1))
        return found

    def _refuse(self, event: Any, rule: str, way_out: str) -> ParleyError:  # noqa: ANN401 - as the library gives it.
        return _refusal(self.file, _line(event), rule, way_out)


def _line(event: Any) -> int:  # noqa: ANN401 - as the library gives it.
    return int(event.start_mark.line) + 1


def _refusal(file: str, line: int, rule: str, way_out: str) -> ParleyError:
    return InvalidInput(Problem(f"{file}:{line}", rule, way_out))
