"""Actors: states, bodies, groups and persons, common to all negotiations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from domain.citations import Part
from domain.entry import Entry
from domain.event import Registration, WorldEvent
from domain.state import State, Step, not_opened, step
from domain.text import ActorSlug, Cardinality, Language, Text, Truth
from domain.vocabularies import ActorType

MAX_MEMBERS_KEPT = 64
"""How many members a group's state keeps; NATO and the EU fit, and the state stays bounded."""
MAX_OFFICES_KEPT = 8
"""How many offices a person's state keeps."""


class ActorRegistration(Registration):
    """A step in the register of actors; it holds at every date once known."""

    THING: ClassVar[str] = "actor"


class ActorEvent(WorldEvent):
    """Something that happened to an actor."""

    THING: ClassVar[str] = "actor"


class Name(Part):
    """A further name, in the language it is in."""

    text: Text
    lang: Language


class ActorRegistered(ActorRegistration):
    """An actor enters the register under a slug."""

    TOPIC: ClassVar[str] = "actor.registered"
    OPENS: ClassVar[bool] = True
    kind: Literal["actor.registered"] = "actor.registered"
    name: Text
    type: ActorType
    names: tuple[Name, ...] = ()
    iso: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,3}$")] | None = Field(
        default=None, description="ISO 3166-1 code."
    )
    wikidata: Annotated[str, StringConstraints(pattern=r"^Q[1-9][0-9]*$")] | None = None
    cardinality_reported: Cardinality | None = Field(
        default=None, description="How many members a source says a group has."
    )
    members_known: Truth | None = Field(
        default=None, description="Whether the members of a group are known by name."
    )


class ActorRenamed(ActorRegistration):
    """An actor is known by another name from now on."""

    TOPIC: ClassVar[str] = "actor.renamed"
    kind: Literal["actor.renamed"] = "actor.renamed"
    name: Text


class ActorMerged(ActorRegistration):
    """Two entries of the register turn out to be one actor."""

    TOPIC: ClassVar[str] = "actor.merged"
    kind: Literal["actor.merged"] = "actor.merged"
    into: ActorSlug
    reason: Text | None = None

    @model_validator(mode="after")
    def _into_another(self) -> Self:
        if self.into == self.slug:
            message = "merges an actor into itself; name the other one in `into`"
            raise ValueError(message)
        return self


class ActorOfficeTaken(ActorEvent):
    """A person takes an office of an actor."""

    TOPIC: ClassVar[str] = "actor.office_taken"
    kind: Literal["actor.office_taken"] = "actor.office_taken"
    office: Text
    of: ActorSlug


class ActorOfficeLeft(ActorEvent):
    """A person leaves an office of an actor."""

    TOPIC: ClassVar[str] = "actor.office_left"
    kind: Literal["actor.office_left"] = "actor.office_left"
    office: Text
    of: ActorSlug


class ActorMemberJoined(ActorEvent):
    """A group gains a member; the stream is the group's."""

    TOPIC: ClassVar[str] = "actor.member_joined"
    kind: Literal["actor.member_joined"] = "actor.member_joined"
    member: ActorSlug

    @model_validator(mode="after")
    def _of_another(self) -> Self:
        if self.member == self.slug:
            message = "makes a group a member of itself; name another in `member`"
            raise ValueError(message)
        return self


class ActorMemberLeft(ActorEvent):
    """A group loses a member; the stream is the group's."""

    TOPIC: ClassVar[str] = "actor.member_left"
    kind: Literal["actor.member_left"] = "actor.member_left"
    member: ActorSlug


KINDS = (
    ActorRegistered,
    ActorRenamed,
    ActorMerged,
    ActorOfficeTaken,
    ActorOfficeLeft,
    ActorMemberJoined,
    ActorMemberLeft,
)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person holds and a group counts."""

    offices: tuple[tuple[str, str], ...] = ()
    members: tuple[str, ...] = ()
    merged_into: str | None = None


def evolve(state: State | None, entry: Entry) -> Step:
    """Fold one event into an actor; status is `registered` or `merged`."""
    event = entry.event
    extra = state.extra if state is not None and state.extra is not None else Standing()
    if isinstance(event, ActorRegistered):
        again = ("already_registered", f"{entry.stream} is registered already")
        opened = state is not None and state.content is not None
        return step(
            state,
            entry,
            status="registered",
            content=event,
            extra=extra,
            anomaly=again if opened else None,
        )
    if state is None or state.content is None:
        return step(state, entry, status="unregistered", extra=extra, anomaly=not_opened(entry))
    anomaly = None
    content, status = state.content, state.status
    match event:
        case ActorRenamed():
            content = content.model_copy(update={"name": event.name})
        case ActorMerged():
            status, extra = "merged", replace(extra, merged_into=event.into)
        case ActorOfficeTaken():
            if (event.office, event.of) in extra.offices:
                anomaly = ("office_held", f"{entry.slug} holds that office already")
            held = tuple(o for o in extra.offices if o != (event.office, event.of))
            held = (*held, (event.office, event.of))[-MAX_OFFICES_KEPT:]
            extra = replace(extra, offices=held)
        case ActorOfficeLeft():
            full = len(extra.offices) == MAX_OFFICES_KEPT
            if (event.office, event.of) not in extra.offices and not full:
                anomaly = ("office_not_held", f"{entry.slug} is not known to hold that office")
            held = tuple(o for o in extra.offices if o != (event.office, event.of))
            extra = replace(extra, offices=held)
        case ActorMemberJoined():
            if event.member in extra.members:
                anomaly = ("already_member", f"{event.member} is a member already")
            members = tuple(sorted({*extra.members, event.member}))[:MAX_MEMBERS_KEPT]
            extra = replace(extra, members=members)
        case ActorMemberLeft():
            full = len(extra.members) == MAX_MEMBERS_KEPT
            if event.member not in extra.members and not full:
                anomaly = ("not_a_member", f"{event.member} is not known to be a member")
            members = tuple(m for m in extra.members if m != event.member)
            extra = replace(extra, members=members)
    return step(state, entry, status=status, content=content, extra=extra, anomaly=anomaly)
