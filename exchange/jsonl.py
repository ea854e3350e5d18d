"""Parley JSON Lines: one body a line, with an optional `key`, for programs that write records.

A line is what the API takes as a body. `key` names the entry, so that a later
run knows it again. A line without one is known by the SHA-256 of its body, as
the record would write it, in canonical JSON (RFC 8785): the order of members,
spaces, `2.5` or `"2.5"`, an empty list or none make no difference, so that a
second run records nothing. References by key are as in YAML cases.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from domain.errors import InvalidInput, Problem
from domain.text import MAX_DIGITS
from exchange.mapping import Case, CaseEntry, canonical, check_keys, normalised
from exchange.text_files import read_text

FORMAT = "parley-jsonl"
MAX_NAMED = 100
"""The most numbers of one text to be refused by name; nobody reads on after so many."""
MAX_SHOWN = 20
"""The characters of a refused number that are shown: enough to find it."""
_EXPONENT_DIGITS = 3
"""No exponent of more digits leaves a number within the limit, unless its digits break it."""


class _Broken(ValueError):
    """A line that is JSON to the library and not to us."""


class _TooLong(str):
    """A number nobody wrote down to be counted with, kept as its text until it can be named."""

    __slots__ = ()


def read_jsonl(path: Path, negotiation: str) -> Case:
    """The entries of a file; raises NotFound, or InvalidInput with every bad line."""
    problems: list[Problem] = []
    entries: list[CaseEntry] = []
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if line.strip():
            try:
                entries.append(_read_line(line, path.name, number))
            except InvalidInput as error:
                problems += error.problems
    if problems:
        raise InvalidInput(*problems)
    check_keys(entries)
    return Case(negotiation, tuple(entries), FORMAT)


def write_jsonl(entries: Iterable[CaseEntry]) -> str:
    """The text of a file; the inverse of `read_jsonl`."""
    # The default is for decimals, which the record keeps as their text.
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode
    return "".join(f"{encode({'key': entry.key, **entry.body})}\n" for entry in entries)


def parse_json(text: str) -> Any:  # noqa: ANN401 - whatever the text holds.
    """A JSON value, with exact decimals; raises ValueError, with a reason, for anything else.

    Raises InvalidInput, naming the field, for a number of more than `MAX_DIGITS`
    on either side of its point, before its digits have cost anything.
    """
    long: list[str] = []

    def read_number(digits: str) -> Decimal | int | str:
        if _is_too_long(digits):
            long.append(digits)
            return _TooLong(digits)
        return int(digits) if digits.lstrip("-").isdigit() else Decimal(digits)

    try:
        value = json.loads(
            text,
            parse_float=read_number,
            parse_int=read_number,
            parse_constant=_refuse_constant,
            object_pairs_hook=_refuse_twice,
        )
        problems = tuple(islice(_too_long(value, ()), MAX_NAMED)) if long else ()
    except RecursionError:
        raise _Broken("it is nested too deep") from None
    if problems:
        raise InvalidInput(*problems)
    return value


def located(here: str, problem: Problem) -> Problem:
    """The same problem, with where its value stands before its field."""
    field = problem.field if problem.index is None else f"{problem.index}.{problem.field}"
    return replace(problem, field=f"{here}: {field}", index=None)


def _read_line(line: str, file: str, number: int) -> CaseEntry:
    here = f"{file}:{number}"
    try:
        body = parse_json(line)
    except ValueError as error:
        rule = f"is no JSON: {error}"
        raise InvalidInput(Problem(here, rule, "write one JSON object a line")) from None
    except InvalidInput as error:
        raise InvalidInput(*(located(here, problem) for problem in error.problems)) from None
    if not isinstance(body, dict):
        raise InvalidInput(Problem(here, "is not an object", "write one JSON object a line"))
    if "id" in body:
        rule = "follows from the key of an entry"
        raise InvalidInput(Problem(f"{here}: id", rule, "give it a `key` instead"))
    key = body.pop("key", None)
    if key is None:
        key = _key_of(body)
    if not isinstance(key, str):
        raise InvalidInput(Problem(f"{here}: key", "is not a text", "put it in quotation marks"))
    return CaseEntry(key, body, file, number)


def _key_of(body: dict[str, Any]) -> str:
    """The key of an entry that gives none: the digest of what its line says.

    A line that cannot be recorded has to be told from the others all the same,
    until it is refused by name; it goes by what stands in it.
    """
    try:
        plain = canonical(normalised(body))
    except InvalidInput:
        text = json.dumps(body, sort_keys=True, ensure_ascii=False, default=str)
        plain = text.encode(errors="surrogatepass")
    return f"sha256-{hashlib.sha256(plain).hexdigest()}"


def _is_too_long(number: str) -> bool:
    """Whether a number of JSON, written out, has too many digits on a side of its point."""
    digits, _, exponent = number.lower().lstrip("-").partition("e")
    whole, _, fraction = digits.partition(".")
    if len(exponent.lstrip("+-").lstrip("0")) > _EXPONENT_DIGITS:
        return True
    # Zeros before the exponent count for nothing, however many there are.
    sign = -1 if exponent.startswith("-") else 1
    shift = sign * int(exponent.lstrip("+-").lstrip("0") or "0")
    return len(whole) + shift > MAX_DIGITS or len(fraction) - shift > MAX_DIGITS


def _too_long(value: object, path: tuple[str | int, ...]) -> Iterator[Problem]:
    """The refusal of each number that is too long, by the field it stands in."""
    if isinstance(value, _TooLong):
        index, *rest = path if path and isinstance(path[0], int) else (None, *path)
        shown = value if len(value) <= MAX_SHOWN else f"{value[:MAX_SHOWN]}…"
        yield Problem(
            ".".join(map(str, rest)) or "body",
            f"{shown} has more than {MAX_DIGITS} digits on a side of its point",
            "write the number that is meant, in fewer digits",
            index if isinstance(index, int) else None,
        )
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _too_long(inner, (*path, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _too_long(inner, (*path, number))


def _refuse_constant(name: str) -> None:
    raise _Broken(f"{name} is no number")


def _refuse_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _Broken(f"{name!r} stands twice")
        found[name] = value
    return found
