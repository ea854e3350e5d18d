"""An answer computed anew from the entries of a log, with no database at all.

By the reference alone: every story folded by the story rule, the framework a function
of the states. Slow and obviously right; it takes every entry in the order of the log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from app.clocks import known_of
from app.entry_filter import read_filter
from app.moments import Knowledge
from app.narrowing import ALL, Narrowing, narrowed
from app.pinned import AskedEntry, AskedLog, AskedSection, AskedThing, Pinned
from app.read_log import LogAsked, LogPage, entry_answer
from app.sections import SECTIONS, section_of
from domain.dates import format_minute, last_minute, parse_moment
from domain.entry import Entry
from domain.errors import InvalidInput, NotFound
from domain.event import COMMONS, owner_of
from domain.registry import THINGS
from domain.story import RULES
from ledger.filter import Filter
from ledger.fitting import fits
from projections.answers import Answer, Question
from projections.endorsements import reviewed_in
from projections.framework import framework_of
from projections.reference import record_at, world_at
from projections.things import story_of

Log: TypeAlias = Callable[[], Iterable[Entry]]
"""The entries of a log from the first on; asked for anew each time they are gone through."""
Claimed: TypeAlias = Mapping[str, object]
"""What an answer says of itself."""


def recompute(log: Log, last: Entry, question: Pinned, claimed: Claimed) -> Answer:
    """The answer to a question from the log up to `last`, the entry at its `known_at`.

    Of a page, `claimed` says how far it was searched, which depends on the machine; the
    page is what lies in that part. Raises InvalidInput and NotFound for a question that
    nobody can have been answered.
    """
    if not 1 <= question.rules <= RULES:
        rule = f"this Parley knows the rules 1 to {RULES}, not {question.rules}"
        raise InvalidInput.of("rules", rule, "take a newer Parley")
    if isinstance(question.what, AskedEntry | AskedLog):
        _check_undated(question)
    match question.what:
        case AskedEntry(position=position):
            return entry_answer(_entry_at(log, position))
        case AskedLog() as what:
            return _page(log, last, what, claimed)
        case _:
            return _of_the_world(log, last, question)


def _check_undated(question: Pinned) -> None:
    """Refuse clocks of the world on a question that has none; the answer does not rest on them."""
    for name in ("negotiation", "as_of", "published_by"):
        if getattr(question, name) is not None:
            raise _unasked(name, getattr(question, name))
    if question.certainty != "possible":
        raise _unasked("certainty", question.certainty)


def _of_the_world(log: Log, last: Entry, pinned: Pinned) -> Answer:
    negotiation, what = pinned.negotiation or "", pinned.what
    known = [
        entry
        for entry in log()
        if entry.position <= last.position and entry.negotiation in {negotiation, COMMONS}
    ]
    question = _question(pinned, last)
    minute = parse_moment(question.as_of, "as_of")
    published_by = pinned.published_by
    by = None if published_by is None else last_minute(published_by, "published_by")
    record = record_at(known, negotiation, last.position, by)
    world = world_at(record, minute)
    if isinstance(what, AskedThing):
        stream = _stream(negotiation, what)
        return story_of(known, record, world, question, stream)
    if not isinstance(what, AskedSection):
        return framework_of(world, question)
    if what.section not in SECTIONS:
        raise _unasked("section", what.section)
    by_what = Narrowing(what.status, what.actor, what.element, what.after, what.limit)
    whole = section_of(world, question, what.section)
    return whole if by_what == ALL else narrowed(whole, what.section, by_what)


def _question(pinned: Pinned, last: Entry) -> Question:
    """The question as an answer states it; raises InvalidInput for clocks that are not pinned."""
    as_of = pinned.as_of or ""
    if format_minute(parse_moment(as_of, "as_of")) != as_of:
        raise _unasked("as_of", as_of)
    return Question(
        negotiation=pinned.negotiation or "",
        as_of=as_of,
        known_at=known_of(_known_by(last)),
        published_by=pinned.published_by,
        certainty=pinned.certainty,
        rules=pinned.rules,
    )


def _known_by(last: Entry) -> Knowledge:
    # What is asked for by position can never become another.
    return Knowledge(last.position, last.recorded_at, closed=True)


def _stream(negotiation: str, what: AskedThing) -> str:
    if what.sort not in THINGS:
        raise _unasked("sort", what.sort)
    return f"{owner_of(what.sort, negotiation)}/{what.sort}/{what.slug}"


def _entry_at(log: Log, position: int) -> Entry:
    found = next((entry for entry in log() if entry.position == position), None)
    if found is None:
        raise NotFound.of("position", f"the log has no entry {position}", "take a newer export")
    return found


def _page(log: Log, last: Entry, what: AskedLog, claimed: Claimed) -> LogPage:
    """The entries that fit in the part that was searched; no more than were asked for."""
    asked = LogAsked(**what.model_dump(exclude={"of"}))
    newest = asked.order == "newest"
    upto = last.position if asked.before is None else min(last.position, asked.before - 1)
    searched = _searched(claimed, asked.after, upto, newest=newest)
    first, end = (searched, upto) if newest else (asked.after + 1, searched)
    found = [
        entry
        for entry in _fitting(log, last, read_filter(asked), reviewed=asked.reviewed)
        if first <= entry.position <= end
    ]
    if newest:
        found.reverse()
    page = found[: asked.limit]
    if len(page) == asked.limit:
        # The search ends with the last that there is room for.
        searched = page[-1].position
    more = searched > asked.after + 1 if newest else searched < last.position
    return LogPage(
        known_at=known_of(_known_by(last)),
        entries=tuple(map(entry_answer, page)),
        scanned_to=searched,
        more=more,
    )


def _searched(claimed: Claimed, after: int, upto: int, *, newest: bool) -> int:
    """How far a page says that the log was searched; all of it where it says nothing sensible."""
    low, high = (after + 1, max(after + 1, upto)) if newest else (after, max(after, upto))
    said = claimed.get("scanned_to")
    if type(said) is int and low <= said <= high:
        return said
    return low if newest else high


def _fitting(log: Log, last: Entry, where: Filter, *, reviewed: bool | None) -> Sequence[Entry]:
    known = [entry for entry in log() if entry.position <= last.position]
    if reviewed is not None:
        endorsed = reviewed_in(known, last.position)
        known = [entry for entry in known if (entry.position in endorsed) == reviewed]
    return [entry for entry in known if fits(entry, where)]


def _unasked(field: str, said: str) -> InvalidInput:
    return InvalidInput.of(field, f"{said!r} is what nobody can be asked", "ask for it again")
