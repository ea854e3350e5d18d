"""Sixty-four callers at once, each of whom waits for a durable answer before the next."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial

from tests.bench.figures import Figure, Goal, compare, milliseconds
from tests.bench.laps import Lap, Laps, Turn, all_at_once, take_turns
from tests.bench.material import Body, draw_bodies
from tests.bench.one_caller import DISK, leaf_turn, lone_lap
from tests.bench.ours import Ours, open_ways
from tests.bench.peers import open_peer, settings_of_postgres
from tests.bench.plain import PlainFile
from tests.bench.servers import BACKENDS, SERVER, Places

CALLERS = 64
WRITERS = 8
EVENTS = 15 * CALLERS
LONE = 100
PEER_EVENTS = 40 * WRITERS
ROUNDS = 9

LIBRARY = f"`eventsourcing.postgres`, {WRITERS} writers"
ALONE = "p50 of one caller alone"


@dataclass(frozen=True, slots=True)
class Material:
    """Bodies for the crowd, and for the one who comes when it is gone."""

    crowd: list[Body]
    lone: list[Body]


def measure(places: Places) -> list[Figure]:
    """The lines of this goal, on both databases."""
    return [line for backend in BACKENDS for line in _on(places, backend)]


def _on(places: Places, backend: str) -> list[Figure]:
    with ExitStack() as stack:
        ways = open_ways(stack, places, backend)
        turns: dict[str, Turn[Material]] = {}
        for way, ours in ways.items():
            turns[way] = partial(_crowd, ours)
            turns[_alone(way)] = partial(_lone, ours)
        turns |= _peers(stack, places)
        laps = take_turns(
            turns, lambda: Material(draw_bodies(EVENTS), draw_bodies(LONE)), ROUNDS, places.calm
        )
        lines = [line for way in ways for line in _lines(laps, backend, way)]
        return [*lines, _gapless(backend, all(ours.is_gapless() for ours in ways.values()))]


def _crowd(ours: Ours, material: Material) -> Lap:
    return all_at_once(ours.act, ours.ready(material.crowd), CALLERS)


def _lone(ours: Ours, material: Material) -> Lap:
    return lone_lap(ours, material.lone)


def _peers(stack: ExitStack, places: Places) -> dict[str, Turn[Material]]:
    file = stack.enter_context(closing(PlainFile(places.path())))
    on_disk = leaf_turn(stack.enter_context(places.row_maker()), file.append)
    turns: dict[str, Turn[Material]] = {DISK: lambda material: on_disk(material.lone)}
    library = stack.enter_context(open_peer(settings_of_postgres(places.url(SERVER))))
    if library is not None:
        turns[LIBRARY] = lambda material: library.lap(material.crowd[:PEER_EVENTS], writers=WRITERS)
    return turns


def _alone(way: str) -> str:
    return f"{way}, alone"


def _lines(laps: Laps, backend: str, way: str) -> list[Figure]:
    what = f"{backend}: {way}, {CALLERS} callers"
    ours, alone = laps[way], laps[_alone(way)]
    return [
        compare(what, LIBRARY, Goal(8), ours, laps.get(LIBRARY)),
        compare(what, DISK, Goal(1), ours, laps[DISK]),
        compare(
            f"{what}, p99",
            ALONE,
            Goal(10, at_most=True),
            ours,
            alone,
            of=lambda lap: lap.longest_waits,
            of_theirs=lambda lap: lap.typical_wait,
            show=milliseconds,
        ),
    ]


def _gapless(backend: str, gapless: bool) -> Figure:  # noqa: FBT001 - it is what is said.
    answer = "yes" if gapless else "no"
    beside = "every position acknowledged once"
    return Figure(f"{backend}: gapless", beside, "yes", answer, met=gapless)
