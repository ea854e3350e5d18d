"""What changed, for people: the world and our knowledge apart, section by section."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from cli import words
from cli.framework_view import SECTION_TITLES, clocks
from cli.item_rows import name_of
from cli.rows import Row, Section, stack
from projections.answers import Framework
from projections.changes import Change, Diff, FieldChange
from projections.framework import SECTIONS

HOW = {"appeared": "new", "changed": "changed", "disappeared": "gone"}
TOLD = frozenset({"status", "certain_status", "rung", "certain_rung", "since", "summary"})
"""Fields that the first line of a change tells already."""
FOLLOWS = frozenset({"actors_reported", "actors_known", "certainly_operative"})
"""Fields that follow from others; told only where nothing else of an item changed."""
ON_THEIR_OWN = frozenset({"issues", "threats", "threatened_by"})
"""Fields that name other items, whose own change a short view shows instead."""
COUNTED = "attacks"
"""The key of the change that is in the count of all attacks."""


@dataclass(frozen=True, slots=True)
class Statuses:
    """The statuses before and after in words, by stream: a change itself says only one of two."""

    before: Mapping[str, str]
    after: Mapping[str, str]

    @classmethod
    def between(cls, before: Framework, after: Framework) -> Statuses:
        """The statuses of two answers."""
        return cls(_statuses(before), _statuses(after))


def diff_view(diff: Diff, known: Statuses, world: Statuses) -> RenderableType:
    """Both steps of a comparison, with the statuses of each step."""
    head = Text(f"{diff.before.negotiation}: what changed", style="bold")
    head.append(f"\nfrom {clocks(diff.before)}\nto   {clocks(diff.after)}\n", style="dim")
    parts: list[RenderableType] = [head]
    if diff.before.known_at.position != diff.after.known_at.position or diff.knowledge:
        parts.append(Text("WHAT WE KNOW BETTER", style="bold underline"))
        parts += change_sections(diff.knowledge, known)
    parts.append(Text("WHAT HAPPENED IN THE WORLD", style="bold underline"))
    parts += change_sections(diff.world, world)
    return stack(parts)


def change_sections(
    changes: Sequence[Change], statuses: Statuses, *, brief: bool = False
) -> list[RenderableType]:
    """The changes under the titles of the framework's sections.

    `brief` leaves out statements and names, and elements of which nothing
    changed but what is listed on its own.
    """
    if not changes:
        return [Text("Nothing changed.\n")]
    found: list[RenderableType] = []
    for section, those in groupby(changes, key=lambda change: change.section):
        if brief and section == "statements":
            continue
        rows = [_row(c, statuses) for c in those if not (brief and _is_told_elsewhere(c))]
        if brief:
            rows = [replace(row, name="") for row in _shared(rows)]
        found.append(Section(SECTION_TITLES[section], tuple(rows)))
    return [section for section in found if not isinstance(section, Section) or section.rows]


def _statuses(framework: Framework) -> dict[str, str]:
    attacks = (framework.attacks.largest, framework.attacks.last)
    items = chain(attacks, *(getattr(framework, section) for section in SECTIONS))
    return {item.stream: words.status_of(item) for item in items if item is not None}


def _row(change: Change, statuses: Statuses) -> Row:
    if change.key == COUNTED:
        return _attacks(change)
    before, after = statuses.before.get(change.key, ""), statuses.after.get(change.key, "")
    status = f"{before} → {after}" if before and after and before != after else after or before
    fields = [f for f in change.fields if f.field not in TOLD]
    own = [f for f in fields if f.field not in FOLLOWS]
    row = Row(HOW[change.change], change.summary, status, name_of(change.key))
    if change.section == "positions":
        _, _, actor, _, about = change.key.split("/")
        row = replace(row, lead=f"{actor} on {about}, {status}", name="")
    return replace(row, notes=tuple(map(_field, own or fields)))


def _attacks(change: Change) -> Row:
    """Attacks are counted: how many there were certainly, and how many more there may be."""
    certain = next((f for f in change.fields if f.field == "certain"), None)
    possible = next((f for f in change.fields if f.field == "possible"), None)
    told = [f"{f.before} → {f.after}" for f in (certain,) if f is not None]
    told += [f"perhaps {f.after} more" for f in (possible,) if f is not None and f.after]
    return Row(HOW["changed"], change.summary, f"counted {', '.join(told)}")


def _is_told_elsewhere(change: Change) -> bool:
    fields = {field.field for field in change.fields}
    return change.change == "changed" and bool(fields) and fields <= ON_THEIR_OWN


def _shared(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows, those of several actors who take the same position as one."""
    shared: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        actor, on, rest = row.lead.partition(" on ")
        same = (row.status, row.what, row.notes, rest) if on else (row.lead, row.what, actor)
        shared.setdefault(same, []).append(row)
    for those in shared.values():
        first = those[0]
        actors = words.several(row.lead.partition(" on ")[0] for row in those)
        _, on, rest = first.lead.partition(" on ")
        yield replace(first, lead=f"{actors}{on}{rest}") if on else first


def _field(change: FieldChange) -> str:
    name, values = words.word(change.field), change.model_dump(mode="json")
    before, after = values["before"], values["after"]
    if isinstance(before, list) and isinstance(after, list):
        return f"{name}: {words.several(_moved(before, after))}"
    return f"{name}: {_value(before)} → {_value(after)}"


def _moved(before: list[Any], after: list[Any]) -> Iterator[str]:
    """The members that came and went; a member of which something changed is named as changed."""
    old, new = dict(_named(before)), dict(_named(after))
    for name, member in new.items():
        if name not in old:
            yield f"+ {name}"
        elif old[name] != member:
            yield f"{name} ({words.several(_inside(old[name], member))})"
    yield from (f"− {name}" for name in old if name not in new)


def _inside(old: object, new: object) -> Iterator[str]:
    """The fields of a member that changed."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name, value in new.items():
            if old.get(name) != value:
                yield f"{words.word(name)}: {_value(old.get(name))} → {_value(value)}"


def _named(members: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    for number, member in enumerate(members):
        if isinstance(member, dict):
            names = (str(member[n]) for n in ("name", "key", "stream", "to") if n in member)
            yield next(names, f"number {number + 1}"), member
        else:
            yield str(member), member


def _value(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case list():
            return words.several(map(str, value)) or "none"
        case _:
            return str(value)
