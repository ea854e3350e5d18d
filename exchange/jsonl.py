"""Parley JSON Lines: one body a line, with an optional `key`, for programs that write records.

A line is what the API takes as a body. `key` names the entry, so that a later
run knows it again; a line without one is known by the digest of its content,
so that a second run records nothing. References by key are as in YAML cases.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

from domain.errors import InvalidInput, Problem
from exchange.mapping import Case, CaseEntry, check_keys
from exchange.text_files import read_text

FORMAT = "parley-jsonl"


class _Broken(ValueError):
    """A line that is JSON to the library and not to us."""


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
    """A JSON value, with exact decimals; raises ValueError, with a reason, for anything else."""
    try:
        return json.loads(
            text,
            parse_float=Decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=_refuse_twice,
        )
    except RecursionError:
        raise _Broken("it is nested too deep") from None


def _read_line(line: str, file: str, number: int) -> CaseEntry:
    here = f"{file}:{number}"
    try:
        body = parse_json(line)
    except ValueError as error:
        rule = f"is no JSON: {error}"
        raise InvalidInput(Problem(here, rule, "write one JSON object a line")) from None
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
    """The key of an entry that gives none: the digest of what stands in its line."""
    plain = json.dumps(body, sort_keys=True, ensure_ascii=False, default=str)
    return f"sha256-{hashlib.sha256(plain.encode(errors='surrogatepass')).hexdigest()}"


def _refuse_constant(name: str) -> None:
    raise _Broken(f"{name} is no number")


def _refuse_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _Broken(f"{name!r} stands twice")
        found[name] = value
    return found
