"""What all negotiations share, and what they are called: actors, sources, negotiations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar, cast

from domain.state import State
from domain.things.actor import ActorRegistered
from domain.things.actor import Standing as ActorStanding
from domain.things.negotiation import NegotiationClosed, NegotiationOpened
from domain.things.source import SourceRegistered
from projections.answers import Answer, Cause, Certainty, Known, Question
from projections.items import Stage

Thing = TypeVar("Thing", ActorRegistered, SourceRegistered)


class Registered(Answer):
    """A thing on the register, with the event that registered it."""

    slug: str
    stream: str
    status: str
    registered: Cause | None


class ActorEntry(Registered):
    """An actor as it is called by then; `members` are those known by name."""

    name: str
    actor_type: str
    merged_into: str | None
    members: tuple[str, ...]


class SourceEntry(Registered):
    """A source as a bibliography would list it."""

    title: str
    published: str
    publisher: str | None
    authors: tuple[str, ...]
    url: str | None
    language: str | None
    reliability: str | None


class Actors(Answer):
    """The actors on the register, by slug; it is the same for all negotiations."""

    question: Question
    actors: tuple[ActorEntry, ...]


class Sources(Answer):
    """The sources on the register, by slug; it is the same for all negotiations."""

    question: Question
    sources: tuple[SourceEntry, ...]


class NegotiationEntry(Answer):
    """A negotiation the log holds; without a status it had not begun by then."""

    slug: str
    title: str | None
    status: str | None
    outcome: str | None


class Negotiations(Answer):
    """The negotiations the log holds, by slug, and the clocks of the answer."""

    as_of: str
    known_at: Known
    published_by: str | None
    certainty: Certainty
    rules: int
    negotiations: tuple[NegotiationEntry, ...]


def actors_of(stage: Stage, question: Question) -> Actors:
    """The actors of a world."""
    found = [
        ActorEntry(
            slug=slug,
            stream=stream,
            status=state.status,
            registered=_opened(state),
            name=actor.name,
            actor_type=actor.type,
            merged_into=standing.merged_into,
            members=standing.members,
        )
        for slug, stream, state, actor in _registered(stage, "actor", ActorRegistered)
        for standing in [cast("ActorStanding", state.extra)]
    ]
    return Actors(question=question, actors=tuple(found))


def sources_of(stage: Stage, question: Question) -> Sources:
    """The sources of a world."""
    found = [
        SourceEntry(
            slug=slug,
            stream=stream,
            status=state.status,
            registered=_opened(state),
            title=source.title,
            published=source.published,
            publisher=source.publisher,
            authors=source.authors,
            url=source.url,
            language=source.language,
            reliability=source.reliability,
        )
        for slug, stream, state, source in _registered(stage, "source", SourceRegistered)
    ]
    return Sources(question=question, sources=tuple(found))


def negotiation_entry(slug: str, state: State | None) -> NegotiationEntry:
    """A negotiation by the state of its own story."""
    opened, last = (None, None) if state is None else (state.content, state.extra)
    return NegotiationEntry(
        slug=slug,
        title=opened.title if isinstance(opened, NegotiationOpened) else None,
        status=None if state is None else state.status,
        outcome=last.outcome if isinstance(last, NegotiationClosed) else None,
    )


def _registered(
    stage: Stage, sort: str, kind: type[Thing]
) -> Iterator[tuple[str, str, State, Thing]]:
    for stream, state in sorted(stage.shown.states.items()):
        if stream.startswith(f"commons/{sort}/") and isinstance(state.content, kind):
            yield stream.rpartition("/")[2], stream, state, state.content


def _opened(state: State) -> Cause | None:
    return None if state.opened is None else Cause.model_validate(state.opened)
