"""What a field takes, in the words of the reference pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from pydantic import AfterValidator, BaseModel, StringConstraints
from pydantic.fields import FieldInfo

from domain import text, vocabularies
from domain.bounds import EdtfText
from domain.entries import AttributeName
from domain.text import Refers, Whole, check_text

_PLAIN = {
    int: "whole number",
    bool: "true or false",
    str: "text",
    UUID: "UUID",
    Any: "any value",
}
_REFERRED = {"event": "id of an entry", "stream": "stream of a thing"}
_PATTERNS = {
    text.SLUG_PATTERN: "slug",
    text.DECIMAL_PATTERN: "decimal number",
    text.DECIMAL_PATTERN.replace("-?", ""): "decimal number from 0",
    r"^[0-9a-f]{64}$": "64 hexadecimal digits",
    r"^[A-Z]{3}$": "three capital letters",
    r"^[A-Z]{2,3}$": "two or three capital letters",
    r"^[a-z]+(?:_[a-z]+)*$": "status",
    r"^Q[1-9][0-9]*$": "`Q` and a number",
    r"^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$": "language tag (RFC 5646)",
    r"^https?://[^\s<>\"]+$": "address",
    r"^[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+$": "media type",
    r"^[a-z][a-z0-9_]{0,63}(?:/[a-z0-9]+(?:-[a-z0-9]+)*)?$": "`attribute` or `attribute/key`",
}
_PLURALS = (
    (r"id of an entry$", "ids of entries"),
    (r"slug of an? (\w+)$", r"slugs of \1s"),
    (r"slug$", "slugs"),
    (r"name of an attribute$", "names of attributes"),
    (r"text of (.*)$", r"texts of \1 each"),
)
_EDTF = get_args(EdtfText)[1]
_ATTRIBUTE = get_args(AttributeName)[1]


class NoWordsFor(TypeError):
    """A type that the pages cannot name yet."""


@cache
def lists() -> dict[tuple[str, ...], str]:
    """The closed lists of the domain: their words, and the name of each list."""
    members = vars(vocabularies).items()
    return {get_args(hint): name for name, hint in members if get_origin(hint) is Literal}


def parts_in(hint: object) -> Iterator[type[BaseModel]]:
    """The parts that a type is made of, not those within them."""
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        yield hint
    for inner in get_args(hint):
        yield from parts_in(inner)


def words_in(hint: object) -> Iterator[tuple[str, ...]]:
    """The closed lists in a type."""
    if get_args(hint) in lists() and get_origin(hint) is Literal:
        yield get_args(hint)
    for inner in get_args(hint):
        yield from words_in(inner)


def parts_within(models: Iterable[type[BaseModel]]) -> list[type[BaseModel]]:
    """The parts of the models and the parts of those, by name."""
    found: set[type[BaseModel]] = set()
    for model in models:
        inner = {p for field in model.model_fields.values() for p in parts_in(field.annotation)}
        found |= inner | set(parts_within(inner))
    return sorted(found, key=lambda part: part.__name__)


def anchor_of(heading: str) -> str:
    """The anchor that Markdown readers make of a heading."""
    return re.sub(r"[^a-z0-9_ -]", "", heading.lower()).replace(" ", "-")


def say(model: type[BaseModel], name: str, titles: Mapping[str, str]) -> str:
    """What a field takes; `titles` are the headings of the closed lists by their names."""
    if name == "kind":
        return "name of a kind"
    hint = get_type_hints(model, include_extras=True)[name]
    found = _say(hint, titles)
    limits = {type(m).__name__: m for m in _limits(model, name, hint)}
    low, high = (getattr(limits.get(n), v, None) for n, v in (("Ge", "ge"), ("Le", "le")))
    few, many = (
        getattr(limits.get(n), v, None)
        for n, v in (("MinLen", "min_length"), ("MaxLen", "max_length"))
    )
    if _is_list(hint) and few is not None and many is not None:
        return f"{found}, {few} to {many}"
    if _is_list(hint) and many is not None:
        return f"{found}, at most {many}"
    if low is not None:
        return f"{found}, {low:,} to {high:,}" if high is not None else f"{found}, at least {low:,}"
    return found


def _limits(model: type[BaseModel], name: str, hint: object) -> Iterator[object]:
    """What limits a field, or the one type that it has besides being left out."""
    yield from model.model_fields[name].metadata
    for inner in get_args(hint):
        for note in getattr(inner, "__metadata__", ()):
            yield from note.metadata if isinstance(note, FieldInfo) else ()


def _say(hint: Any, titles: Mapping[str, str]) -> str:  # noqa: ANN401 - any type.
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _say_noted(inner[0], inner[1:], titles)
    if origin in {Union, UnionType}:
        return " or ".join(_say(each, titles) for each in inner if each is not NoneType)
    if origin is tuple:
        return _many(_say(inner[0], titles)) if Ellipsis in inner else "two whole numbers"
    if origin is dict:
        return "new values by attribute"
    if origin is Literal and inner in lists():
        title = titles[lists()[inner]]
        return f"[{title.lower()}](vocabularies.md#{anchor_of(title)})"
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return f"[{hint.__name__}](#{hint.__name__.lower()})"
    if hint in _PLAIN:
        return _PLAIN[hint]
    raise NoWordsFor(f"{hint!r} has no words in {__name__}")


def _say_noted(base: Any, notes: tuple[Any, ...], titles: Mapping[str, str]) -> str:  # noqa: ANN401 - any type.
    for note in notes:
        if isinstance(note, Refers):
            return _REFERRED.get(note.to) or f"slug of {_article(note.to)}"
        if isinstance(note, Whole):
            return f"whole number, {note.least:,} to {note.most:,}"
    if _EDTF in notes:
        return "[date](dates.md)"
    if _ATTRIBUTE in notes:
        return "name of an attribute"
    limits = [n for n in notes if isinstance(n, StringConstraints)]
    if any(isinstance(n, AfterValidator) and n.func is check_text for n in notes):
        return f"text of at most {limits[0].max_length:,}"
    for limit in limits:
        if isinstance(limit.pattern, str):
            if limit.pattern not in _PATTERNS:
                raise NoWordsFor(f"{limit.pattern} has no words in {__name__}")
            return _PATTERNS[limit.pattern]
    return _say(base, titles)


def _many(one: str) -> str:
    """What a list takes, of what one of its members takes."""
    for pattern, plural in _PLURALS:
        if re.match(pattern, one):
            return re.sub(pattern, plural, one)
    return f"list of {one}"


def _is_list(hint: object) -> bool:
    return get_origin(hint) in {tuple, dict} or any(_is_list(inner) for inner in get_args(hint))


def _article(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"
