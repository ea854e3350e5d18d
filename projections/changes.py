"""What changed, and was it the world or our knowledge?

From (t1, k1) to (t2, k2) there are two steps: first more becomes known of the old
date, (t1, k1) → (t1, k2), then the date moves on, (t1, k2) → (t2, k2). A change is
never counted as both.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

from domain.things.attack import Casualties, Munition, Superlative
from domain.things.condition import MetBy
from domain.things.statement import Speaker
from projections.answers import (
    Answer,
    AttackItem,
    Attribution,
    Behind,
    Cause,
    ComponentItem,
    Framework,
    Gated,
    Question,
    Relation,
    Report,
    StanceItem,
)
from projections.framework import SECTIONS

UNDER_IT = frozenset(
    {"deciding", "more_events", "order_unknown", "according_to", "since_according_to"}
)
"""Fields that tell how an item is known rather than what it is; a change of them alone is none."""


Part: TypeAlias = (
    Attribution
    | Behind
    | Cause
    | ComponentItem
    | Gated
    | Munition
    | Relation
    | Report
    | Speaker
    | StanceItem
    | Superlative
)
"""What a list in an item is made of, where that is not text."""
FieldValue: TypeAlias = (
    bool | int | str | Casualties | MetBy | StanceItem | tuple[str, ...] | tuple[Part, ...] | None
)
"""What a field of an item may hold; a test goes through all of them."""


class FieldChange(Answer):
    """One field of an item, before and after; a value that was not there is None."""

    field: str
    before: FieldValue
    after: FieldValue


class Change(Answer):
    """One item that is not what it was."""

    section: str
    key: str
    summary: str
    change: Literal["appeared", "changed", "disappeared"]
    before: str | None
    after: str | None
    fields: tuple[FieldChange, ...] = ()


class Diff(Answer):
    """What changed between two questions: in what was known of the first date, and in the world."""

    before: Question
    after: Question
    knowledge: tuple[Change, ...]
    world: tuple[Change, ...]


def diff_of(old: Framework, old_known_better: Framework, new: Framework) -> Diff:
    """The two steps from one answer to another; the middle one is (t1, k2)."""
    return Diff(
        before=old.question,
        after=new.question,
        knowledge=tuple(changes_between(old, old_known_better)),
        world=tuple(changes_between(old_known_better, new)),
    )


def changes_between(old: Framework, new: Framework) -> Iterator[Change]:
    """Every item that appeared, changed or disappeared, section by section, by key."""
    for section in SECTIONS:
        before = {item.stream: item for item in getattr(old, section)}
        after = {item.stream: item for item in getattr(new, section)}
        for key in sorted({*before, *after}):
            yield from _change(section, key, before.get(key), after.get(key))
    yield from _attack_changes(old, new)


def _change(section: str, key: str, old: Any, new: Any) -> Iterator[Change]:  # noqa: ANN401 - any item.
    there = new if new is not None else old
    fields = () if old is None or new is None else tuple(_fields(old, new))
    if old is not None and new is not None and not fields:
        return
    word: Literal["appeared", "changed", "disappeared"] = "changed"
    if old is None:
        word = "appeared"
    elif new is None:
        word = "disappeared"
    yield Change(
        section=section,
        key=key,
        summary=there.summary,
        change=word,
        before=None if old is None else old.status,
        after=None if new is None else new.status,
        fields=fields,
    )


def _fields(old: Answer, new: Answer) -> Iterator[FieldChange]:
    before = dict(old)
    for name, value in new:
        if name not in UNDER_IT and before.get(name) != value:
            yield FieldChange(field=name, before=before.get(name), after=value)


def _attack_changes(old: Framework, new: Framework) -> Iterator[Change]:
    """Attacks pile up, so a change of their count is told as one, and of those shown by name."""
    before, after = old.attacks.windows[-1], new.attacks.windows[-1]
    last = new.attacks.last or old.attacks.last
    if before != after:
        yield Change(
            section="attacks",
            key="attacks",
            summary="" if last is None else last.summary,
            change="changed",
            before=f"{before.certain} certain, {before.possible} possible",
            after=f"{after.certain} certain, {after.possible} possible",
            fields=tuple(_fields(before, after)),
        )
    shown, now = _shown_attacks(old), _shown_attacks(new)
    for key in sorted(shown.keys() & now.keys()):
        yield from _change("attacks", key, shown[key], now[key])


def _shown_attacks(framework: Framework) -> dict[str, AttackItem]:
    attacks = framework.attacks
    return {a.stream: a for a in (attacks.largest, attacks.last) if a is not None}
