"""What a file's entry stands for: its body, its id, its digest, and the entries it names.

In a file an entry names other entries of the file by their keys; in the log it
names them by id. The key is the identity of an imported entry: the id follows
from it (wire.md, `import`), so the same file gives the same ids everywhere.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from types import MappingProxyType
from typing import Any, get_args, get_type_hints
from uuid import NAMESPACE_URL, UUID, uuid5

from audit.leaf import LeafError, format_canonical
from domain.entry import Entry
from domain.errors import InvalidInput, ParleyError, Problem
from domain.event import COMMON_THINGS, COMMONS, Event
from domain.references import references
from domain.registry import KINDS, kind_named, read_event
from domain.text import Refers

MAX_KEY = 100
"""The longest key in characters; rows of published tables are named in far fewer."""
KEY = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{MAX_KEY - 1}}}")
GENERATION = "~"
"""Between a key and the number of its replacement: `s02~2` is the second entry of `s02`."""
_ANY_EVENT = frozenset({"after", "before", "contradicts"})
"""The fields of every world event that name other entries."""


@dataclass(frozen=True, slots=True)
class CaseEntry:
    """One entry of a case: its key, its body with keys for ids, and where it stands.

    With `if_unknown` it is recorded only if nobody else has made its thing known.
    `fault` is why what it was made of cannot be recorded, with file and line.
    """

    key: str
    body: Mapping[str, Any]
    file: str = ""
    line: int = 0
    lines: Mapping[str, int] = field(default_factory=dict, repr=False, compare=False)
    if_unknown: bool = False
    fault: InvalidInput | None = None

    def located(self, error: ParleyError) -> ParleyError:
        """The same error, with file and line before the field, as a compiler would say it."""
        if error is self.fault:
            return error
        problems = (
            replace(p, field=f"{self.file}:{self._line_of(name)}: {name}", index=None)
            for p in error.problems
            for name in [p.field.removeprefix("set.")]
        )
        return type(error)(*problems)

    def _line_of(self, path: str) -> int:
        while path and path not in self.lines:
            path = path.rpartition(".")[0]
        return self.lines.get(path, self.line)


@dataclass(frozen=True, slots=True)
class Remark:
    """What was found in a column of a table and recorded as it was found, with its lines."""

    file: str
    column: str
    rule: str
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """The entries of one negotiation as a file or a folder holds them, in order."""

    negotiation: str
    entries: tuple[CaseEntry, ...]
    format: str
    remarks: tuple[Remark, ...] = ()

    def by_key(self) -> dict[str, CaseEntry]:
        """The entries by key."""
        return {entry.key: entry for entry in self.entries}


def import_id(scope: str, format: str, key: str) -> UUID:  # noqa: A002 - the leaf calls it `format`.
    """The id of an imported entry; `scope` is a negotiation or `commons`."""
    return uuid5(NAMESPACE_URL, f"parley:{scope}:{format}:{key}")


def scope_of(
    entry: CaseEntry,
    case: Case,
    entries: Mapping[str, CaseEntry],
    owners: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Who owns the entry: `commons` or the negotiation.

    An entry event is owned as the entry it names; `owners` tells of entries that
    are named by id, and those it does not know are taken to be the negotiation's.
    """
    seen: set[str] = set()
    while True:
        kind = KINDS.get(str(entry.body.get("kind")))
        if kind is not None and kind.THING in COMMON_THINGS:
            return COMMONS
        named = entry.body.get("entry")
        target = entries.get(named) if isinstance(named, str) else None
        if kind is None or kind.THING != "entry" or target is None or target.key in seen:
            return owners.get(str(named), case.negotiation)
        seen.add(target.key)
        entry = target


def resolve(entry: CaseEntry, ids: Mapping[str, UUID], case: Mapping[str, CaseEntry]) -> Any:  # noqa: ANN401 - a body.
    """The body with the ids of the entries it names by key; raises InvalidInput for other names."""
    problems: list[Problem] = []

    def look_up(name: str, path: str) -> str:
        if name in ids:
            return str(ids[name])
        if not is_id(name):
            rule = f"{name!r} is neither the key of an entry here nor an id"
            problems.append(Problem(path, rule, "correct the key, or name the entry by its id"))
        return name

    target = case.get(str(entry.body.get("entry")))
    kind = str(target.body.get("kind")) if target is not None else ""
    body = _exchange(entry.body, kind, look_up)
    if problems:
        raise InvalidInput(*problems)
    return body


def normalised(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body as the record writes it, whatever way it was written down.

    Numbers, what is left out and what is given as empty are spelled in one way;
    for entries named by key stand ids made of their keys. Raises InvalidInput
    for a body that is none.
    """

    def look_up(name: str, _path: str) -> str:
        return name if is_id(name) else str(uuid5(NAMESPACE_URL, name))

    return read_event(_exchange(body, "", look_up)).body()


def to_case_entries(entries: Iterable[Entry]) -> tuple[CaseEntry, ...]:
    """Recorded entries as a file holds them, under their import keys where they have one."""
    keys: dict[UUID, str] = {}
    kinds: dict[UUID, str] = {}
    taken: set[str] = set()
    found: list[CaseEntry] = []
    for entry in entries:
        imported = entry.imported.key.replace(GENERATION, ".") if entry.imported else ""
        by_position = f"position-{entry.position}"
        key = imported if imported and imported not in taken else by_position
        taken.add(key)
        keys[entry.id], kinds[entry.id] = key, entry.kind
        body = {name: value for name, value in entry.event.body().items() if name != "id"}
        named = next((r.name for r in references(entry.event) if r.field == "entry"), None)
        kind = kinds.get(named, "") if isinstance(named, UUID) else ""
        found.append(CaseEntry(key, _exchange(body, kind, _to_key(keys))))
    return tuple(found)


def canonical(value: object) -> bytes:
    """The canonical JSON of a body; raises InvalidInput for what no leaf can hold."""
    try:
        return format_canonical(value)
    except LeafError as fault:
        path = re.sub(r"\[(\d+)\]", r".\1", fault.path).strip(".") or "body"
        raise InvalidInput(Problem(path, fault.rule, "rewrite it and send it again")) from None


def digest_of(event: Event) -> str:
    """The SHA-256 of what an entry was mapped to; its id follows from the key and is left out."""
    body = {name: value for name, value in event.body().items() if name != "id"}
    return hashlib.sha256(canonical(body)).hexdigest()


def check_keys(entries: Iterable[CaseEntry]) -> None:
    """Raise InvalidInput unless every key is well formed and stands once."""
    first: dict[str, CaseEntry] = {}
    problems: list[Problem] = []
    for entry in entries:
        if not KEY.fullmatch(entry.key):
            rule = (
                f"{entry.key!r} is not a key: letters, digits, `.`, `_` and `-`, at most {MAX_KEY}"
            )
            problems += _problem(entry, rule, "rewrite the key")
        elif (other := first.setdefault(entry.key, entry)) is not entry:
            rule = f"{entry.key!r} is the key of {other.file}:{other.line} already"
            problems += _problem(entry, rule, "give each entry a key of its own")
    if problems:
        raise InvalidInput(*problems)


def _problem(entry: CaseEntry, rule: str, way_out: str) -> tuple[Problem, ...]:
    return entry.located(InvalidInput(Problem("key", rule, way_out))).problems


def _exchange(body: Mapping[str, Any], target: str, look_up: Callable[[str, str], str]) -> Any:  # noqa: ANN401 - a body.
    """The body with every name of an entry looked up; `target` is the kind a correction is of."""
    kind = KINDS.get(str(body.get("kind")))
    names = _event_fields(kind.TOPIC) if kind is not None else frozenset()
    found = {
        name: _look_up_all(value, name, look_up) if name in names else value
        for name, value in body.items()
    }
    changes = found.get("set")
    if kind is not None and kind.THING == "entry" and isinstance(changes, Mapping):
        names = _event_fields(target) if target in KINDS else _ANY_EVENT
        found["set"] = {
            name: _look_up_all(value, f"set.{name}", look_up) if name in names else value
            for name, value in changes.items()
        }
    return found


def _look_up_all(value: object, path: str, look_up: Callable[[str, str], str]) -> object:
    if isinstance(value, str):
        return look_up(value, path)
    if isinstance(value, list | tuple):
        return [_look_up_all(member, f"{path}.{n}", look_up) for n, member in enumerate(value)]
    return value


def _to_key(keys: Mapping[UUID, str]) -> Callable[[str, str], str]:
    return lambda name, _: keys.get(UUID(name), name) if is_id(name) else name


def is_id(text: str) -> bool:
    """Whether the text is a UUID, and so can name any entry of the log."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@cache
def _event_fields(kind: str) -> frozenset[str]:
    """The fields of a kind that name entries of the log."""
    cls = kind_named(kind)
    hints = get_type_hints(cls, include_extras=True)
    return frozenset(name for name in cls.model_fields if _names_an_entry(hints[name]))


def _names_an_entry(hint: object) -> bool:
    notes = getattr(hint, "__metadata__", ())
    if any(isinstance(note, Refers) and note.to == "event" for note in notes):
        return True
    return any(_names_an_entry(inner) for inner in get_args(hint) if inner is not Ellipsis)
