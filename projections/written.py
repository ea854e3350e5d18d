"""The framework as JSON, byte for byte as its model is dumped, in a fraction of the time.

Most of what an item says comes back: the same words, status and citations at a thousand
dates. What does not is since when, and which events decided it; those two stand in the
rectangle as the answer shows them (`projections.stored_states`). So an item is remembered
in two pieces, before and after them, under everything else that it is made of. Nothing
of that can change, so nothing remembered is ever wrong; what is not told by a rectangle
alone (reports, links, disputes) is made anew each time.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias, cast

from pydantic import TypeAdapter

from projections.answers import Framework, Item, Question
from projections.framework import SECTIONS, around_sections, stage_of
from projections.items import ITEMS, Stage, is_overdue
from projections.shapes import StoredState, StoredTurn
from projections.world import World

MAX_BYTES = 32 * 2**20
"""Bytes of the pieces that are remembered: every state of some three thousand things."""
_SINCE, _DECIDING = b'"since":', b',"deciding":'
_NULL = b"null"
_WRITE = TypeAdapter[Any](Any)

_Rest: TypeAlias = Callable[[Stage, str, StoredState], tuple[Hashable, ...]]


class Pieces(NamedTuple):
    """An item without since when and the deciding events; `dated` says that it has the former."""

    before: bytes
    after: bytes
    dated: bool


class Memory:
    """Remembers pieces up to a number of bytes; those that are asked for stay the longest.

    There are two halves. What is asked for moves into the new one, and when that is full
    the old one goes. Any thread may use it: at worst something is remembered twice.
    """

    def __init__(self, most: int = MAX_BYTES) -> None:
        self._most = most
        self._new: dict[Hashable, Pieces] = {}
        self._old: dict[Hashable, Pieces] = {}
        self._bytes = 0

    def get(self, key: Hashable) -> Pieces | None:
        """What is remembered."""
        found = self._new.get(key)
        if found is None and (found := self._old.get(key)) is not None:
            self.keep(key, found)
        return found

    def keep(self, key: Hashable, pieces: Pieces) -> None:
        """Remember something."""
        if self._bytes > self._most // 2:
            self._old, self._new, self._bytes = self._new, {}, 0
        self._new[key] = pieces
        self._bytes += len(pieces.before) + len(pieces.after)


MEMORY = Memory()
"""Of this process."""


def write_framework(world: World, question: Question, memory: Memory = MEMORY) -> bytes:
    """The same as `framework_of(world, question).model_dump_json()`, in UTF-8."""
    stage = stage_of(world, question)
    around = around_sections(stage, question)
    # A megabyte is put together once and not item by item.
    written: list[bytes] = []
    for name in Framework.model_fields:
        written.append(b'%s"%s":' % (b"," if written else b"{", name.encode()))
        if name in SECTIONS:
            written += _section(stage, SECTIONS[name], memory)
        else:
            written.append(_written(around[name]))
    written.append(b"}")
    return b"".join(written)


def _section(stage: Stage, thing: str, memory: Memory) -> Iterator[bytes]:
    """The things of a sort, as a list."""
    comma = b"["
    for stream, _ in stage.shown.of(thing):
        yield comma
        yield from _item(stage, thing, stream, memory)
        comma = b","
    yield b"[]" if comma == b"[" else b"]"


def _item(stage: Stage, thing: str, stream: str, memory: Memory) -> tuple[bytes, ...]:
    """The item of a thing."""
    state = stage.shown.states[stream]
    key = _key(stage, thing, stream, state) if isinstance(state, StoredState) else None
    if key is None or not isinstance(state, StoredState):
        return (_written(ITEMS[thing](stage, stream)),)
    turn, deciding = cast("StoredTurn | None", stage.since[stream]), state.when.deciding
    pieces = memory.get(key)
    if pieces is None:
        pieces = _cut(ITEMS[thing](stage, stream), deciding)
        memory.keep(key, pieces)
    since = turn.since if pieces.dated and turn is not None else _NULL
    return pieces.before, since, _DECIDING, deciding, pieces.after


def _cut(item: Item, deciding: bytes) -> Pieces:
    """An item in pieces. No text of it can hold the marks, since its quotes are escaped."""
    before, mark, rest = _written(item).partition(_SINCE)
    _, _, after = rest.partition(_DECIDING + deciding)
    return Pieces(before + mark, after, item.since is not None)


def _key(stage: Stage, thing: str, stream: str, state: StoredState) -> Hashable | None:
    """What an item is made of; None where more goes into it than can be told in a few words."""
    rest, turn = _RESTS.get(thing), stage.since[stream]
    if rest is None or state.fold or not isinstance(turn, StoredTurn | None):
        return None
    standing = stage.world.standings[stream]
    if standing.disputing or standing.order_unknown:
        return None
    if stage.shown.reports_of(stream) or stage.relations(stream):
        return None
    # The shape has both folds, and so what is certain of the thing itself.
    said = None if turn is None else (turn.cited, turn.since == _NULL)
    return (stream, state.shape.number, said, rest(stage, stream, state))


def _nothing(stage: Stage, stream: str, state: StoredState) -> tuple[Hashable, ...]:
    """What says all of itself in its own story."""
    del stage, stream, state
    return ()


def _of_pledge(stage: Stage, stream: str, state: StoredState) -> tuple[Hashable, ...]:
    """Who makes it, what is met of its gates, and what threatens it."""
    del state
    slug, shown, certain = stream.rpartition("/")[2], stage.shown, stage.certain
    pledge, progress = shown.pledges[slug]
    return (
        shown.pledgors_number(pledge),
        tuple(shown.gates_met(component) for component in pledge.components),
        certain is shown or certain.operative(certain.states.get(stream)),
        pledge.due is not None and is_overdue(pledge, progress, stage.world.minute),
        tuple(shown.standing_threats(pledge=slug)),
    )


def _of_element(stage: Stage, stream: str, state: StoredState) -> tuple[Hashable, ...]:
    """The pledges that name it, who makes them, and what follows from how far they have come."""
    del state
    slug, shown, certain = stream.rpartition("/")[2], stage.shown, stage.certain
    live, one = shown.live_pledges(slug), certain is shown
    status, operative = shown.element_status(slug), shown.element_operative(slug)
    return (
        tuple(live),
        frozenset(shown.pledgors_number(pledge) for pledge, _ in live.values()),
        (status, status if one else certain.element_status(slug)),
        (operative, operative if one else certain.element_operative(slug)),
        shown.open_issues(slug),
        tuple(shown.standing_threats(element=slug)),
    )


def _of_condition(stage: Stage, stream: str, state: StoredState) -> tuple[Hashable, ...]:
    """What follows from its parts, and what it gates."""
    del state
    slug = stream.rpartition("/")[2]
    gates = tuple(stage.shown.gated(slug))
    return (stage.shown.condition(slug), stage.certain.condition(slug), gates)


_RESTS: Mapping[str, _Rest] = {
    "element": _of_element,
    "pledge": _of_pledge,
    "condition": _of_condition,
    **dict.fromkeys(("issue", "stance", "statement", "threat"), _nothing),
    **dict.fromkeys(("measure", "agreement", "consultation"), _nothing),
}
"""What goes into an item beside its own story."""


def _written(value: object) -> bytes:
    return _WRITE.dump_json(value)
