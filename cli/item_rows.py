"""A row for each sort of item: its status, what it is, and what has to be known with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from cli import words
from cli.rows import Row, Section
from projections.answers import (
    AgreementItem,
    AttackItem,
    Attacks,
    Cause,
    ConditionItem,
    ConsultationItem,
    ElementItem,
    IssueItem,
    Item,
    MeasureItem,
    PledgeItem,
    PositionItem,
    StatementItem,
    ThreatItem,
    WindowCount,
)


class Detail(str):
    """A note that a short view leaves out."""

    __slots__ = ()


def rows_of(items: Iterable[Item]) -> tuple[Row, ...]:
    """The rows of items of one sort, in their order."""
    return tuple(row_of(item) for item in items)


def row_of(item: Item, status: str | None = None) -> Row:
    """The row of any item; what is said of every sort follows what is said of its own."""
    notes = NOTES.get(type(item), _no_notes)
    return Row(
        status=words.status_of(item) if status is None else status,
        what=item.summary,
        name=name_of(item.stream),
        since=words.date(item.since),
        voices=words.voices(item.since_according_to or item.according_to),
        notes=(*notes(item), *_shared_notes(item)),
    )


def name_of(stream: str) -> str:
    """The THING/SLUG of a stream, as `parley show` takes it."""
    return stream.partition("/")[2]


def positions_of(causes: Iterable[Cause]) -> str:
    """Entries of the log by their positions."""
    numbers = [str(cause.position) for cause in causes]
    return f"{'position' if len(numbers) == 1 else 'positions'} {words.several(numbers)}"


def _shared_notes(item: Item) -> Iterator[str]:
    for report in item.reports:
        same = "perhaps the same" if report.perhaps else "the same"
        said = words.voices(report.according_to)
        yield f"also reported, {same}: {report.summary} — {said}"
    for relation in item.related:
        perhaps = "perhaps " if relation.perhaps else ""
        yield Detail(f"{perhaps}{words.word(relation.relation)} {name_of(relation.to)}")
    if item.disputed_by:
        yield f"disputed by {positions_of(item.disputed_by)}"
    if item.order_unknown:
        yield f"the order of {positions_of(item.order_unknown)} is not known"


def _element_notes(item: ElementItem) -> Iterator[str]:
    if item.operative:
        yield "operative" if item.certainly_operative else "perhaps operative"
    if item.behind:
        yield f"behind it: {'; '.join(map(words.behind, item.behind))}"
    if item.issues:
        yield Detail(f"open: {words.several(item.issues)}")
    if item.threats:
        yield f"threatened: {words.several(item.threats)}"


def _pledge_notes(item: PledgeItem) -> Iterator[str]:
    parts = [_component(c.text or c.key, c.quantity, c.unit or c.currency) for c in item.components]
    gates = dict.fromkeys(g for c in item.components for g in c.gates if not c.gates_met)
    if parts:
        yield f"{words.count(len(parts), 'part')}: {'; '.join(parts)}"
    if item.conditional_pending:
        yield f"waits for: {words.several(gates)}"
    if item.due is not None:
        yield f"due {words.date(item.due)}{', overdue' if item.overdue else ''}"
    if item.operative:
        yield "operative" if item.certainly_operative else "perhaps operative"
    if item.threatened_by:
        yield f"threatened: {words.several(item.threatened_by)}"
    if item.dated_by in {"announcement", "publication"}:
        yield Detail(f"the date is that of the {item.dated_by}")


def _component(what: str, quantity: str | None, unit: str | None) -> str:
    amount = " ".join(part for part in (quantity, unit) if part)
    return f"{what} ({amount})" if quantity else what


def _condition_notes(item: ConditionItem) -> Iterator[str]:
    if item.any_of:
        yield f"met by any of: {words.several(item.any_of)}"
    if item.all_of:
        yield f"met by all of: {words.several(item.all_of)}"
    gated: dict[str, list[str]] = {}
    for gate in item.gates:
        gated.setdefault(gate.pledge, []).append(gate.component)
    for pledge, components in gated.items():
        yield f"gates {pledge}: {words.several(components)}"


def _issue_notes(item: IssueItem) -> Iterator[str]:
    if item.text is not None:
        yield f"what is left of it: {item.text}"
    if item.answer is not None:
        yield f"answer: {item.answer}"
    if item.owners:
        yield Detail(f"to be answered by: {words.several(item.owners)}")


def _position_notes(item: PositionItem) -> Iterator[str]:
    yield from _reason(item.rationale, item)
    if item.replaced is not None:
        yield f"before: {words.word(item.replaced.stance)} ({item.replaced.speaker})"
    for voice in item.at_odds:
        yield f"at odds: {voice.speaker} {words.word(voice.stance)}"


def _statement_notes(item: StatementItem) -> Iterator[str]:
    yield from _reason(item.rationale, item)


def _reason(rationale: str | None, item: Item) -> Iterator[str]:
    if rationale is not None:
        said = words.voices(item.according_to, "rationale")
        yield f"because: {rationale} — {said}" if said else f"because: {rationale}"


def _threat_notes(item: ThreatItem) -> Iterator[str]:
    if item.trigger is not None:
        yield Detail(f"if: {item.trigger}")
    if item.scope is not None:
        yield Detail(f"scope: {item.scope}")


def _attack_notes(item: AttackItem) -> Iterator[str]:
    if item.launched is not None:
        shot = "" if item.intercepted is None else f", {item.intercepted} intercepted"
        yield f"{item.launched} launched{shot}"
    if item.targets:
        yield f"targets: {words.several(item.targets)}"
    for claim in item.superlatives:
        when = f", as of {words.date(claim.as_of)}" if claim.as_of else ""
        yield f"claimed: {claim.claim}{when}"


def _measure_notes(item: MeasureItem) -> Iterator[str]:
    yield Detail(f"by {words.several(item.by)}")


def _talk_notes(item: ConsultationItem) -> Iterator[str]:
    place = f", {item.place}" if item.place else ""
    yield Detail(f"{words.several(item.participants)}{place}")


def _agreement_notes(item: AgreementItem) -> Iterator[str]:
    yield Detail(f"between {words.several(item.parties)}")


def _no_notes(item: Item) -> Iterator[str]:
    del item
    return iter(())


NOTES: Mapping[type[Item], Callable[[Any], Iterator[str]]] = {
    ElementItem: _element_notes,
    PledgeItem: _pledge_notes,
    ConditionItem: _condition_notes,
    IssueItem: _issue_notes,
    PositionItem: _position_notes,
    StatementItem: _statement_notes,
    ThreatItem: _threat_notes,
    AttackItem: _attack_notes,
    MeasureItem: _measure_notes,
    AgreementItem: _agreement_notes,
    ConsultationItem: _talk_notes,
}
"""What has to be said of an item of each sort besides its status and its summary."""


def position_rows(items: Sequence[PositionItem]) -> tuple[Row, ...]:
    """Positions; actors who take the same one by the same statement share a row."""
    shared: dict[tuple[str, str, str], list[PositionItem]] = {}
    for item in items:
        key = (item.statement, item.about, words.status_of(item))
        shared.setdefault(key, []).append(item)
    rows = []
    for (statement, about, _), those in shared.items():
        who = f"{words.several(item.actor for item in those)} on {about}"
        rows.append(replace(row_of(those[0]), lead=who, name=name_of(statement)))
    return tuple(rows)


def statement_rows(items: Iterable[StatementItem]) -> tuple[Row, ...]:
    """Statements by what sort of statement each is; one that may not have been made says so."""
    return tuple(
        row_of(item, kind if item.certain_status is not None else f"possibly: {kind}")
        for item in items
        for kind in (words.word(item.statement_type),)
    )


def attack_section(attacks: Attacks) -> Section:
    """How many attacks in which windows, and the last and the largest of them."""
    if not any(window.certain or window.possible for window in attacks.windows):
        return Section("Attacks")
    counted = " · ".join(f"{_window(w)}: {_number(w)}" for w in attacks.windows)
    shown = {"last": attacks.last}
    if attacks.largest != attacks.last:
        shown["largest"] = attacks.largest
    rows = tuple(
        row_of(item, label if item.certain_status is not None else f"{label}, perhaps")
        for label, item in shown.items()
        if item is not None
    )
    return Section("Attacks", rows, counted)


def _window(window: WindowCount) -> str:
    return "since the beginning" if window.days is None else f"last {window.days} days"


def _number(window: WindowCount) -> str:
    """A count, and how many more there may be."""
    return f"{window.certain}{f', perhaps {more}' if (more := _most(window)) else ''}"


def _most(window: WindowCount) -> int:
    return window.certain + window.possible if window.possible else 0
