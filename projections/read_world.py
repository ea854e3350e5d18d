"""The world out of the read model: one look at the rectangles that hold a point."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import Connection, select

from domain.event import COMMONS
from domain.state import Anomaly
from domain.story import Standing, Turn
from domain.things.condition import ConditionStated
from projections.answers import Certainty
from projections.damage import out_of_step
from projections.links import STORY as LINKS
from projections.notes import ANOMALY, DISPUTING, UNDATED
from projections.passages import NOWHERE, Courses
from projections.pile_query import pile_at
from projections.rectangles import stab, stab_stories
from projections.shelves import front_of
from projections.stored import Note, StoredLink, parse_link, parse_notes
from projections.stored_states import parse_courses, parse_turn
from projections.stories import is_attack, stance_streams
from projections.story_lines import CERTAIN_SINCE, COURSES, ORDER_UNKNOWN, SINCE
from projections.tables import RECTANGLES
from projections.world import HAPPENS, NO_PILE, Horizon, Mention, World

STANDS = ("actor", "element", "negotiation", "source", "stance")
"""The sorts of stories that make no answer by beginning; see `projections.world.HAPPENS`."""
POSSIBLY, CERTAINLY = (1, 3), (2, 3)
"""What `there` says of a thing that may be there, and of one that must be."""


@dataclass(slots=True)
class _Found:
    """What the rectangles of one story say."""

    courses: Courses = NOWHERE
    since: Turn | None = None
    certain_since: Turn | None = None
    order_unknown: tuple[Note, ...] = ()
    notes: dict[str, list[Note]] | None = None

    def note(self, sort: str, notes: Iterable[Note]) -> None:
        """Add notes of a sort."""
        # Of nearly every story there are none.
        self.notes = {} if self.notes is None else self.notes
        self.notes.setdefault(sort, []).extend(notes)

    def told(self) -> Iterator[Note]:
        """All of its notes."""
        yield from self.order_unknown
        for notes in (self.notes or {}).values():
            yield from notes

    def standing(self) -> Standing:
        """The same as the story rule would have it."""
        possible, certain = self.courses.possible, self.courses.certain
        standing = Standing(
            state=possible.state,
            certain=certain.state,
            since=possible.turn or self.since,
            certain_since=certain.turn or self.certain_since,
            anomalies=(),
            undated=(),
            order_unknown=tuple(note.entry for note in self.order_unknown),
            disputing=(),
        )
        if self.notes is None:
            return standing
        return replace(
            standing,
            anomalies=tuple(
                Anomaly(note.code, note.entry, note.clash, note.rule)
                for note in self.notes.get(ANOMALY, ())
            ),
            undated=tuple(note.entry for note in self.notes.get(UNDATED, ())),
            disputing=tuple(note.entry for note in self.notes.get(DISPUTING, ())),
        )


@dataclass(frozen=True, slots=True)
class Point:
    """Where a world is looked at: whose it is, at which minute, as known at which position.

    `about` is the one thing that is asked for, where it is one (`projections.near`). `named`
    are things that are looked at wherever they stand. `only` are the stories that are looked
    at, where not all are (`projections.rectangles.stab`); attacks are not counted then.
    """

    negotiation: str
    minute: int
    position: int
    certainty: Certainty = "possible"
    about: str | None = None
    named: tuple[str, ...] = ()
    only: tuple[str, ...] | None = None


def read_world(connection: Connection, edition: int, point: Point) -> World:
    """The world at a point; the edition has come at least as far as its position."""
    negotiation, minute, position = point.negotiation, point.minute, point.position
    owners = dict.fromkeys((negotiation, COMMONS))
    fronts = {owner: front_of(connection, edition, owner) for owner in owners}
    own = fronts[negotiation]
    rows = [
        row
        for shelf in fronts.values()
        if shelf is not None
        for row in stab(connection, edition, shelf, minute, position, point.only)
    ]
    stories, links = _sort(rows)
    pile = NO_PILE
    if own is not None:
        if point.only is None:
            pile = pile_at(connection, edition, own, minute, position, point.certainty).counted()
        aside = {*(found[-1] for found in (pile.largest, pile.last) if found), *point.named}
        aside |= {
            thing
            for story, found in stories.items()
            if "/condition/" in story
            for thing in _waited_for(found.courses)
        }
        more = stab_stories(connection, edition, own + 1, sorted(aside), minute, position)
        _sort(more, stories)
        pile = replace(pile, shown=frozenset(row.story for row in more if is_attack(row.story)))
    mentions: dict[UUID, Mention] = {}
    for found in stories.values():
        for note in found.told():
            mentions[note.entry] = note.mention
            if note.clash is not None and note.clash_mention is not None:
                mentions[note.clash] = note.clash_mention
    standings = {key: stories[key].standing() for key in sorted(stories)}
    return World(
        negotiation=negotiation,
        minute=minute,
        standings=standings,
        mentions=mentions,
        links=tuple(each.link for each in sorted(links, key=lambda each: each.position)),
        horizon=partial(_horizon, connection, edition, own, standings, point),
        pile=pile,
        stance_streams=partial(stance_streams, connection, edition),
    )


def _waited_for(courses: Courses) -> Iterator[str]:
    """The attack that a condition is met by, in either fold; it may lie on the back shelf."""
    for course in (courses.possible, courses.certain):
        stated = None if course.state is None else course.state.said
        if isinstance(stated, ConditionStated) and stated.met_by is not None:
            yield stated.met_by.thing


def _sort(
    rows: Iterable[Any], stories: dict[str, _Found] | None = None
) -> tuple[dict[str, _Found], list[StoredLink]]:
    """The rectangles by story, added to those that are there, and the links."""
    stories = {} if stories is None else stories
    links: list[StoredLink] = []
    try:
        _sort_into(rows, stories, links)
    except ValidationError as error:
        raise out_of_step() from error
    return stories, links


def _sort_into(rows: Iterable[Any], stories: dict[str, _Found], links: list[StoredLink]) -> None:
    for story, facet, payload in rows:
        if story == LINKS:
            links.append(parse_link(payload))
            continue
        found = stories.get(story)
        if found is None:
            found = stories[story] = _Found()
        if facet == COURSES:
            found.courses = parse_courses(story.split("/", 2)[1], payload)
        elif facet == SINCE:
            found.since = parse_turn(payload)
        elif facet == CERTAIN_SINCE:
            found.certain_since = parse_turn(payload)
        elif facet == ORDER_UNKNOWN:
            found.order_unknown = parse_notes(payload)
        else:
            sort = facet.partition(":")[0]
            found.note(sort, parse_notes(payload))


def _horizon(
    connection: Connection,
    edition: int,
    shelf: int | None,
    standings: Mapping[str, Standing],
    point: Point,
) -> Horizon:
    """What would come next; looked for only where there is nothing."""
    if shelf is None:
        return Horizon(known=False, there=False, begun=False, possible=None, certain=None)
    happened = [s for key, s in standings.items() if key.split("/")[1] in HAPPENS]
    there = any(s.state is not None and s.state.said is not None for s in happened)
    first = partial(_first_beyond, connection, edition, shelf, point.minute, point.position)
    struck = pile_at(connection, edition, shelf, point.minute, point.position, "possible")
    return Horizon(
        known=_is_known(connection, edition, shelf, point.position),
        there=there or struck.last is not None,
        begun=any(s.state is not None for s in happened),
        possible=first(POSSIBLY),
        certain=first(CERTAINLY),
    )


def _first_beyond(
    connection: Connection,
    edition: int,
    shelf: int,
    minute: int,
    position: int,
    there: Sequence[int],
) -> int | None:
    """The first minute after this one at which something is there that happens."""
    r = RECTANGLES[edition].c
    found: list[int] = []
    for place in (shelf, shelf + 1):
        for how in there:
            # Each is a walk along the index that ends at its first step.
            first = (
                select(r.valid_from)
                .where(r.shelf == place, r.there == how, r.valid_from > minute)
                .where(r.known_from <= position, r.known_to > position)
                .where(*(r.story.not_like(f"%/{sort}/%") for sort in STANDS))
                .order_by(r.valid_from)
                .limit(1)
            )
            found += connection.scalars(first)
    return min(found, default=None)


def _is_known(connection: Connection, edition: int, shelf: int, position: int) -> bool:
    r = RECTANGLES[edition].c
    some = select(r.id).where(r.shelf.in_((shelf, shelf + 1)), r.known_from <= position)
    return connection.execute(some.where(r.known_to > position).limit(1)).first() is not None
