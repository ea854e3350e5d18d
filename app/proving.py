"""Answers that carry their proof: the checkpoint, and that the entries behind them are in the log.

A proof shows that each entry is there as it was recorded. That no other entry would
have changed the answer is shown only by computing it again from the whole log, for
which the question is pinned (`app.verifying`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, create_model

from app.clocks import Asked
from app.moments import read_as_of, read_known_at, read_published_by
from app.parley import Parley
from app.pinned import Pinned, What
from app.read_checkpoints import signed_at
from app.read_log import LogEntry, LogPage
from app.sections import SECTIONS, Section
from audit.proof import prove_inclusion
from domain.dates import format_minute
from domain.errors import NotFound
from domain.story import RULES
from ledger.checkpoints import StoredCheckpoint
from ledger.tile_store import TileStore
from projections.answers import Answer, Cause, Framework
from projections.things import ThingStory

SHOWS = (
    "Each inclusion proof shows that an entry is in the log as it was recorded. That none was "
    "left out of the answer is shown only by computing it again from the whole log: "
    "parley verify answer FILE --log DIR."
)
"""What a proof shows and what it does not, in every answer that carries one."""

Given = TypeVar("Given", bound=Answer)
Behind = dict[str, dict[int, UUID | None]]
"""The entries behind each item: their positions, and their ids where the answer has them."""


class ItemProof(Answer):
    """The positions of the entries that an item of the answer names as those behind it."""

    item: str
    positions: tuple[int, ...]


class EntryProof(Answer):
    """That an entry is in the log: the path from its leaf to the root of the checkpoint.

    Hashes are SHA-256 in lower-case hex; `proof` is that of RFC 6962, 2.1.1, from the
    sibling of the leaf upwards.
    """

    position: int
    id: UUID
    leaf_hash: str
    proof: tuple[str, ...]


class AnswerProof(Answer):
    """The question with its clocks pinned, the checkpoint, and the entries behind the answer.

    `shows` says in words what follows from it; `checkpoint` is the signed note, of which
    `origin`, `size` and `root` (lower-case hex) are what it says.
    """

    shows: str
    question: Pinned
    origin: str
    size: int
    root: str
    checkpoint: str
    items: tuple[ItemProof, ...]
    entries: tuple[EntryProof, ...]


class Proven(Answer, Generic[Given]):
    """An answer, and its proof."""

    answer: Given
    proof: AnswerProof


@cache
def proven_shape(shape: type[Answer]) -> Any:  # noqa: ANN401 - a class that is made here.
    """The shape of an answer with its proof, under a name of its own such as `ProvenFramework`."""
    of_this_shape: Any = Proven.__class_getitem__(shape)
    return create_model(
        f"{Proven.__name__}{shape.__name__}",
        __base__=of_this_shape,
        __doc__=Proven.__doc__,
        __module__=__name__,
    )


def pin(parley: Parley, asked: Asked) -> tuple[Asked, StoredCheckpoint]:
    """The question with all its clocks pinned, and the newest checkpoint, which covers it.

    Without `known_at` it is what was known at that checkpoint. Raises NotFound where
    nothing was signed yet, where the checkpoint does not cover what is asked, and where
    nothing was known.
    """
    signed = signed_at(parley)
    position = signed.size
    if asked.known_at is not None:
        position = read_known_at(parley, asked.known_at).position
    if position > signed.size:
        rule = f"the newest checkpoint, of size {signed.size}, does not cover position {position}"
        way_out = f"ask again in a few seconds, or for what was known at {signed.size}"
        raise NotFound.of("known_at", rule, way_out)
    if position == 0:
        rule = "nothing was known then, so there is nothing to prove"
        raise NotFound.of("known_at", rule, "name a later date, or a position")
    published_by = read_published_by(asked.published_by)
    return Asked(
        as_of=format_minute(read_as_of(parley, asked.as_of)),
        known_at=str(position),
        published_by=None if published_by is None else format_minute(published_by),
        certainty=asked.certainty,
        rules=RULES if asked.rules is None else asked.rules,
    ), signed


def prove(
    parley: Parley, answer: Given, question: Pinned, signed: StoredCheckpoint
) -> Proven[Given]:
    """The answer with the proof of every entry that it names."""
    behind = behind_of(answer)
    ids: dict[int, UUID | None] = {}
    for found in behind.values():
        for position, name in found.items():
            ids[position] = ids.get(position) or name
    proven: Proven[Given] = proven_shape(type(answer))(
        answer=answer,
        proof=AnswerProof(
            shows=SHOWS,
            question=question,
            origin=signed.origin,
            size=signed.size,
            root=signed.root.hex(),
            checkpoint=signed.note.decode(),
            items=items_of(behind),
            entries=tuple(_entries(parley, ids, signed.size)),
        ),
    )
    return proven


def pinned_question(what: What, negotiation: str | None, asked: Asked) -> Pinned:
    """What was asked, with the clocks that `pin` has pinned."""
    of_the_world = what.of not in {"entry", "log"}
    return Pinned(
        what=what,
        negotiation=negotiation,
        as_of=asked.as_of if of_the_world else None,
        known_at=int(asked.known_at or 0),
        published_by=asked.published_by if of_the_world else None,
        certainty=asked.certainty,
        rules=asked.rules or RULES,
    )


def behind_of(answer: Answer) -> Behind:
    """The entries that each item of an answer names as those behind it.

    Counts, such as those of attacks, name none.
    """
    found: Behind = {}
    for item, value in _items(answer):
        found.setdefault(item, {}).update(_named_in(value))
    return {item: positions for item, positions in found.items() if positions}


def items_of(behind: Behind) -> tuple[ItemProof, ...]:
    """The same as it stands in a proof."""
    return tuple(
        ItemProof(item=item, positions=tuple(sorted(positions)))
        for item, positions in behind.items()
    )


def _items(answer: Answer) -> Iterator[tuple[str, object]]:
    """The parts of an answer, each with the name that a proof has for it."""
    match answer:
        case Framework() | Section():
            for section in (*SECTIONS, "anomalies", "undated"):
                value = getattr(answer, section, None)
                if isinstance(value, tuple):
                    for each in value:
                        name = getattr(each, "slug", None)
                        yield (section if name is None else f"{section}/{name}"), each
                elif value is not None:
                    yield section, value
        case ThingStory():
            yield answer.stream, (answer.item, answer.steps)
        case LogPage():
            for entry in answer.entries:
                yield f"entries/{entry.position}", entry
        case _:
            yield "entry", answer


def _named_in(value: object) -> Iterator[tuple[int, UUID | None]]:
    """Every entry that a part of an answer names, corrections among them."""
    match value:
        case Cause() | LogEntry():
            if isinstance(value, Cause):
                yield from ((position, None) for position in value.corrected_by)
            yield value.position, value.id
        case BaseModel():
            for name in type(value).model_fields:
                yield from _named_in(getattr(value, name))
        case tuple() | list():
            for each in value:
                yield from _named_in(each)
        case _:
            return


def _entries(parley: Parley, ids: dict[int, UUID | None], size: int) -> Iterable[EntryProof]:
    """The proofs in the order of positions, so that the tiles of one serve the next."""
    reader = TileStore(parley.ledger.engine).reader(size)
    for position, known in sorted(ids.items()):
        name = known or parley.ledger.entry(position).id
        index = position - 1
        yield EntryProof(
            position=position,
            id=name,
            leaf_hash=reader.node(0, index).hex(),
            proof=tuple(step.hex() for step in prove_inclusion(reader, index, size)),
        )
