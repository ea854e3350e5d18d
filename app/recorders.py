"""The register of those who record: who did how much, which entries, and how long after."""

from __future__ import annotations

from app.batch import check_names
from app.clocks import Clocks, known_of
from app.parley import Parley
from app.read_log import LogEntry, entry_answer
from app.worlds import history
from domain.entry import Entry
from domain.errors import NotFound
from ledger.filter import Filter
from projections.answers import Answer, Known
from projections.recorders import Recorder, RecorderSummary, delays_of, has_recorder, recorders_in


class Recorders(Answer):
    """Recorders by name; `more` says that there may be others after the last."""

    known_at: Known
    recorders: tuple[RecorderSummary, ...]
    more: bool


class TimedEntry(Answer):
    """An entry, and how many minutes after it happened it was recorded.

    `at_least` counts from the last minute in which it can have begun, `at_most` from the
    first; None where nobody says, and for what has no date. What was recorded before is at 0.
    """

    at_least: int | None
    at_most: int | None
    entry: LogEntry


class RecorderPage(Answer):
    """A recorder, and a page of their entries; `more` says that there may be others."""

    known_at: Known
    recorder: Recorder
    entries: tuple[TimedEntry, ...]
    more: bool


def recorders(parley: Parley, at: Clocks, *, after: str, limit: int) -> Recorders:
    """Up to `limit` of those who had recorded anything, by name, beyond a name.

    Raises InvalidInput for a name that nobody can have.
    """
    check_names(after=after or None)
    known = at.known.position
    found = parley.read_model.recorders(after, known, limit)
    if found is None:
        everybody = recorders_in(history(parley, known), known)
        found = tuple(map(_doings, [each for each in everybody if each.subject > after][:limit]))
    return Recorders(known_at=known_of(at.known), recorders=found, more=len(found) == limit)


def recorder(parley: Parley, subject: str, at: Clocks, *, after: int, limit: int) -> RecorderPage:
    """One recorder, and up to `limit` of their entries beyond a position.

    Raises NotFound, and InvalidInput for a name that nobody can have.
    """
    check_names(subject=subject)
    known = at.known.position
    found = parley.read_model.recorder(subject, after, known, limit)
    who, positions = _by_reference(parley, subject, after, known, limit) if found is None else found
    if who is None:
        rule = f"nobody of the name {subject!r} had recorded anything"
        raise NotFound.of("subject", rule, "list the recorders to see who had")
    page = parley.ledger.page(Filter(positions=positions), upto=known, limit=limit)
    return RecorderPage(
        known_at=known_of(at.known),
        recorder=who,
        entries=tuple(map(_timed, page.entries)),
        more=len(positions) == limit,
    )


def _by_reference(
    parley: Parley, subject: str, after: int, known: int, limit: int
) -> tuple[Recorder | None, tuple[int, ...]]:
    own = [e for e in history(parley, known) if e.recorded_by == subject and has_recorder(e)]
    who = next(iter(recorders_in(own, known)), None)
    return who, tuple(e.position for e in own if e.position > after)[:limit]


def _timed(entry: Entry) -> TimedEntry:
    at_least, at_most = delays_of(entry)
    return TimedEntry(at_least=at_least, at_most=at_most, entry=entry_answer(entry))


def _doings(who: Recorder) -> RecorderSummary:
    return RecorderSummary(**{name: getattr(who, name) for name in RecorderSummary.model_fields})
