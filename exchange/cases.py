"""YAML cases: a negotiation as a folder of files that people write and review.

    format: parley-case
    negotiation: ukraine-security-guarantees
    entries:
      - key: s34
        kind: statement.made
        slug: no-us-troops
        …

A folder is read in the order of its file names. `after`, `before`, `contradicts`,
`entry`, `to` and `replaced_by` name other entries of the case by key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from domain.errors import InvalidInput, NotFound, ParleyError, Problem
from domain.negotiations import is_negotiation, no_name
from exchange.mapping import Case, CaseEntry, check_keys
from exchange.text_files import read_text
from exchange.yaml_text import Lined, format_yaml, parse_yaml

FORMAT = "parley-case"
_HEAD = ("format", "negotiation", "entries")


def read_case(path: Path) -> Case:
    """The case in a file, or in the `*.yaml` files of a folder in the order of their names.

    Raises NotFound, or InvalidInput with file and line.
    """
    files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    if not files:
        raise NotFound(
            Problem(str(path), "holds no *.yaml file", "name a case, a folder or a file")
        )
    entries: list[CaseEntry] = []
    negotiation: str | None = None
    for file in files:
        lined = parse_yaml(read_text(file), file.name)
        named = _read_head(lined, file.name)
        if negotiation not in {None, named}:
            line = lined.lines["negotiation"]
            rule = f"is {named!r} here and {negotiation!r} in {files[0].name}"
            raise _refusal(file.name, line, "negotiation", rule, "one folder holds one case")
        negotiation = named
        entries += _read_entries(lined, file.name)
    check_keys(entries)
    return Case(str(negotiation), tuple(entries), FORMAT)


def write_case(negotiation: str, entries: Iterable[CaseEntry]) -> str:
    """The YAML of one case file; the inverse of `read_case`."""
    written = [{"key": entry.key, **entry.body} for entry in entries]
    return format_yaml({"format": FORMAT, "negotiation": negotiation, "entries": written})


def case_names() -> list[str]:
    """The names of the cases that come with Parley."""
    return sorted(each.name for each in _shipped().iterdir() if each.is_dir())


def case_named(name: str) -> Case:
    """A case that comes with Parley; raises NotFound with the names there are."""
    names = case_names()
    if name not in names:
        raise NotFound(
            Problem("case", f"no case comes under the name {name!r}", f"name {' or '.join(names)}")
        )
    return read_case(_shipped() / name)


def _shipped() -> Path:
    return Path(str(resources.files("exchange").joinpath("cases")))


def _read_head(lined: Lined, file: str) -> str:
    """The negotiation of a file whose head is as it should be."""
    head = lined.value
    if not isinstance(head, Mapping):
        raise _refusal(file, 1, "body", "is not a case", f"begin with `format: {FORMAT}`")
    for name in _HEAD:
        if name not in head:
            raise _refusal(file, 1, name, "is required and missing", f"add `{name}`")
    for name in head:
        if name not in _HEAD:
            rule = "is not a field of a case"
            raise _refusal(file, lined.lines[name], name, rule, f"use {', '.join(_HEAD)}")
    if head["format"] != FORMAT:
        rule = f"{head['format']!r} is not read as a case"
        raise _refusal(file, lined.lines["format"], "format", rule, f"write `format: {FORMAT}`")
    named = head["negotiation"]
    if not is_negotiation(named):
        wrong = no_name(named)
        raise _refusal(file, lined.lines["negotiation"], wrong.field, wrong.rule, wrong.way_out)
    return named


def _read_entries(lined: Lined, file: str) -> list[CaseEntry]:
    members = lined.value["entries"]
    if members is None:
        return []
    if not isinstance(members, list):
        line = lined.lines["entries"]
        raise _refusal(file, line, "entries", "is not a list", "begin each entry with `- key:`")
    problems: list[Problem] = []
    entries: list[CaseEntry] = []
    lines = _lines_of_members(lined.lines, len(members))
    for number, member in enumerate(members):
        own = lines[number]
        found = _problem_of(member)
        if found is None:
            body = {name: value for name, value in member.items() if name != "key"}
            entries.append(CaseEntry(str(member["key"]), body, file, own[""], own))
        else:
            problems += _refusal(file, own.get(found[0], own[""]), *found).problems
    if problems:
        raise InvalidInput(*problems)
    return entries


def _lines_of_members(lines: Mapping[str, int], count: int) -> list[dict[str, int]]:
    """The lines of each entry by the path within it."""
    found: list[dict[str, int]] = [{} for _ in range(count)]
    for path, line in lines.items():
        head, _, rest = path.partition(".")
        number, _, inner = rest.partition(".")
        if head == "entries" and rest:
            found[int(number)][inner] = line
    return found


def _problem_of(member: Any) -> tuple[str, str, str] | None:  # noqa: ANN401 - whatever the file holds.
    """The field, the rule and the way out of an entry that is not one."""
    if not isinstance(member, Mapping):
        return "entries", "is not an entry", "give it a key, a kind and the fields of its kind"
    if not isinstance(member.get("key"), str):
        return "key", "is required and missing", "add a `key` that no other entry has"
    if "id" in member:
        return "id", "follows from the key of an entry", "remove it"
    return None


def _refusal(file: str, line: int, field: str, rule: str, way_out: str) -> ParleyError:
    return InvalidInput(Problem(f"{file}:{line}: {field}", rule, way_out))
