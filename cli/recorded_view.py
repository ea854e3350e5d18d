"""What was recorded, or would be, and what a person should look at now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cli.output import Form, write

if TYPE_CHECKING:
    from rich.console import RenderableType

    from app.effects import Dependant
    from app.record import Recorded
    from app.scenarios import Effects
    from domain.state import Anomaly


def write_recorded(recorded: Recorded, form: Form, effects: Effects | None = None) -> None:
    """Print what came of a command that records; `effects` is what a dry run would do."""
    from app.recorded import outcome_of

    answer = outcome_of(recorded, effects)
    write(answer, form, lambda: recorded_view(recorded, effects), done=_done(recorded))


def _done(recorded: Recorded) -> str:
    """What holds, even if nobody can be told."""
    positions = sorted(receipt.position for receipt in recorded.receipts)
    if not positions:
        return ""
    if len(positions) == 1:
        return f"recorded at position {positions[0]}"
    return f"recorded at positions {positions[0]} to {positions[-1]}"


def recorded_view(recorded: Recorded, effects: Effects | None) -> RenderableType:
    """The entries by position, then what they did elsewhere."""
    from cli import words
    from cli.rows import Row, Section, stack

    number = words.count(len(recorded.entries), "entry", "entries")
    said = f"Recorded {number}"
    if recorded.dry_run:
        would = "recorded before with this key" if recorded.replayed else "would be"
        said = f"Nothing recorded, as asked; {number} {would}"
    rows = (
        Row(f"position {e.position}", e.stream, lead=e.kind, name=str(e.id))
        for e in recorded.entries
    )
    parts: list[RenderableType] = [Section(said, tuple(rows))]
    for title, remark, found in _effects(recorded):
        parts.append(Section(title, tuple(found), remark))
    if effects is not None:
        parts += _differences(effects)
    return stack(parts)


def _differences(effects: Effects) -> Iterator[RenderableType]:
    from rich.text import Text

    from cli.changes_view import Statuses, change_sections

    for name, effect in effects.by_negotiation.items():
        where = f" in {name}" if effects.of_all else ""
        yield Text(f"What would be different now{where}:\n", style="bold")
        yield from change_sections(effect.changes, Statuses.between(effect.before, effect.after))
    if effects.untold == "too_many_negotiations":
        yield Text("There are too many negotiations to say what would be different in each.\n")
    elif effects.of_all and not effects.by_negotiation:
        yield Text("Nothing would be different now in any negotiation.\n")


def _effects(recorded: Recorded) -> Iterator[tuple[str, str, Iterator[Any]]]:
    if recorded.anomalies:
        remark = "The record stands; look whether something else has to be corrected."
        yield "Steps that no longer fit their story", remark, map(_anomaly, recorded.anomalies)
    if recorded.dependants:
        remark = "They name it or were dated by it when they were recorded; look at them again."
        yield "Entries that build on it", remark, map(_dependant, recorded.dependants)


def _anomaly(anomaly: Anomaly) -> object:
    from cli import words
    from cli.rows import Row

    return Row(words.word(anomaly.code), anomaly.rule, name=str(anomaly.entry))


def _dependant(dependant: Dependant) -> object:
    from cli.rows import Row

    where = f"position {dependant.position}"
    return Row(dependant.kind, dependant.stream, name=f"{where} · {dependant.id}")
