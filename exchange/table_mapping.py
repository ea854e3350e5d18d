"""A mapping: the file that says how the rows of a table become entries.

The language is small, and the same for every table: which columns make the key,
which rows are one entry, and what goes into which field. A mapping of a
published table comes with Parley, in `exchange/mappings`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from domain.errors import InvalidInput, NotFound, Problem
from domain.event import Event
from domain.negotiations import is_negotiation, no_name
from domain.registry import KINDS
from domain.text import is_slug
from exchange.local_times import fault_of, zone_named
from exchange.mapping import CaseEntry
from exchange.mapping_parts import Parts
from exchange.row_checks import Check
from exchange.row_reading import Times
from exchange.row_values import Fields
from exchange.table_file import COMMA
from exchange.text_files import read_text
from exchange.yaml_text import parse_yaml

FORMAT = "parley-mapping"
HEAD: Mapping[str, bool] = {
    "format": True,
    "name": True,
    "about": False,
    "negotiation": False,
    "delimiter": False,
    "time_zone": False,
    "date_forms": False,
    "key": True,
    "group": False,
    "alone": False,
    "optional": False,
    "needs": False,
    "report": False,
    "entry": True,
}
"""The words that a mapping begins its parts with, and whether each is required."""


@dataclass(frozen=True, slots=True)
class TableMapping:
    """A mapping as it was read; `columns` are those that it takes cells from, with the line."""

    file: str
    name: str
    key: tuple[str, ...]
    entry: Fields
    columns: Mapping[str, int]
    negotiation: str | None = None
    delimiter: str = COMMA
    times: Times = field(default_factory=Times)
    group: bool = False
    alone: tuple[str, ...] = ()
    optional: frozenset[str] = frozenset()
    needs: tuple[CaseEntry, ...] = ()
    checks: tuple[Check, ...] = ()

    @property
    def format(self) -> str:
        """What its entries are known under in the log; keys are unique within it."""
        return f"csv-{self.name}"


def find_mapping(which: str | Path) -> TableMapping:
    """The mapping in a file, or one that comes with Parley by its name; raises NotFound."""
    path = Path(which)
    try:
        is_there = path.exists()
    except (OSError, ValueError) as error:
        rule = f"cannot be looked up: {getattr(error, 'strerror', None) or error}"
        raise NotFound(Problem("--mapping", rule, "check the path")) from None
    if is_there:
        return read_mapping(path)
    names = mapping_names()
    if str(which) in names:
        return read_mapping(_shipped() / f"{which}.yaml")
    rule = f"{str(which)!r} is neither a file nor a mapping that comes with Parley"
    raise NotFound(Problem("--mapping", rule, f"correct the path, or name {' or '.join(names)}"))


def mapping_names() -> list[str]:
    """The names of the mappings that come with Parley."""
    return sorted(path.stem for path in _shipped().glob("*.yaml"))


def read_mapping(path: Path) -> TableMapping:
    """The mapping in a file; raises InvalidInput with every mistake in it, by file and line."""
    parts = Parts(path.name, parse_yaml(read_text(path), path.name))
    head = parts.closed(parts.lined.value, "", tuple(HEAD))
    for word, required in HEAD.items():
        if required and head.get(word) is None:
            parts.refuse(word, "is required and missing", f"add `{word}`")
    parts.refuse_all()
    if head["format"] != FORMAT:
        rule = f"{head['format']!r} is not read as a mapping"
        parts.refuse("format", rule, f"write `format: {FORMAT}`")
    name = head["name"]
    if not isinstance(name, str) or not is_slug(name):
        way_out = "use lower-case words joined by hyphens"
        parts.refuse("name", f"{name!r} is not the name of a mapping", way_out)
    found = TableMapping(
        file=path.name,
        name=str(name),
        key=parts.names(head["key"], "key"),
        entry=_entry(parts, head["entry"]),
        columns=parts.columns,
        negotiation=_negotiation(parts, head.get("negotiation")),
        delimiter=_delimiter(parts, head.get("delimiter", COMMA)),
        times=Times(_zone(parts, head.get("time_zone")), _forms(parts, head.get("date_forms"))),
        group=parts.truth(head.get("group", False), "group"),
        alone=parts.names(head["alone"], "alone") if "alone" in head else (),
        optional=frozenset(parts.names(head["optional"], "optional") if "optional" in head else ()),
        needs=_needs(parts, head.get("needs") or []),
        checks=_checks(parts, head.get("report") or []),
    )
    parts.refuse_all()
    return found


def _shipped() -> Path:
    return Path(str(resources.files("exchange").joinpath("mappings")))


def _entry(parts: Parts, given: Any) -> Fields:  # noqa: ANN401 - whatever the file holds.
    topic = given.get("kind") if isinstance(given, Mapping) else None
    kind: type[Event] | None = KINDS.get(topic) if isinstance(topic, str) else None
    if kind is None or kind.THING in {"entry", "log"}:
        rule = f"{topic!r} is not a kind that a row can be"
        parts.refuse(
            "entry.kind", rule, "name a kind of `parley kinds`, such as attack.carried_out"
        )
        return Fields({})
    if "id" in given:
        parts.refuse("entry.id", "follows from the key of an entry", "remove it")
    return parts.fields(given, "entry", (kind,))


def _negotiation(parts: Parts, given: object) -> str | None:
    if given is None:
        return None
    if not is_negotiation(given):
        wrong = no_name(given)
        parts.refuse(wrong.field, wrong.rule, wrong.way_out)
    return str(given)


def _delimiter(parts: Parts, given: object) -> str:
    if isinstance(given, str) and len(given) == 1 and given not in '"\r\n ':
        return given
    rule = f"{given!r} is not one character that can stand between cells"
    parts.refuse("delimiter", rule, 'write ",", ";" or "\\t" in double quotation marks')
    return COMMA


def _zone(parts: Parts, given: object) -> ZoneInfo | None:
    if given is None:
        return None
    try:
        return zone_named(parts.text(given, "time_zone"))
    except InvalidInput as error:
        parts.refuse_with("time_zone", error)
        return None


def _forms(parts: Parts, given: object) -> tuple[str, ...]:
    if given is None:
        return ()
    forms = given if isinstance(given, list) else [given]
    for number, form in enumerate(forms):
        if rule := fault_of(form) if isinstance(form, str) else "is not a text":
            way_out = 'write it as strptime has it, such as "%d.%m.%Y %H:%M"'
            parts.refuse(f"date_forms.{number}", f"{form!r} {rule}", way_out)
    return tuple(map(str, forms))


def _needs(parts: Parts, given: object) -> tuple[CaseEntry, ...]:
    found: list[CaseEntry] = []
    if not isinstance(given, list):
        parts.refuse("needs", "is not a list", "begin each entry with `- key:`")
        return ()
    for number, member in enumerate(given):
        path = f"needs.{number}"
        if not isinstance(member, Mapping) or not isinstance(member.get("key"), str):
            parts.refuse(path, "is not an entry with a key", "write it as in a case")
            continue
        kind = KINDS.get(str(member.get("kind")))
        if kind is None or not kind.OPENS or "id" in member:
            rule = "does not open a thing under a slug"
            way_out = "name a kind such as actor.registered, source.registered, negotiation.opened"
            parts.refuse(f"{path}.kind", rule, way_out)
        line_of = {
            name.removeprefix(path).removeprefix("."): line
            for name, line in parts.lined.lines.items()
            if name == path or name.startswith(f"{path}.")
        }
        body = {name: value for name, value in member.items() if name != "key"}
        key = str(member["key"])
        found.append(CaseEntry(key, body, parts.file, line_of[""], line_of, if_unknown=True))
    return tuple(found)


def _checks(parts: Parts, given: object) -> tuple[Check, ...]:
    if not isinstance(given, list):
        parts.refuse("report", "is not a list", "begin each form with `- blank:` or the like")
        return ()
    made = [parts.check(each, f"report.{number}") for number, each in enumerate(given)]
    return tuple(check for check in made if check is not None)
