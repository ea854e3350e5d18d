"""Proofs out of the smallest and the largest log, in this process and over HTTP."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import count
from typing import TypeAlias

from app.parley import Parley, open_parley
from app.read_proof import consistency, log_proof
from app.settings import Settings
from app.sign_checkpoint import sign_checkpoint
from audit.leaf import LEAF_VERSION
from domain.entry import LOG_STREAM, Draft
from domain.log import LogOpened
from domain.story import RULES
from tests.bench.as_of import Log, open_log
from tests.bench.figures import Figure, Goal, milliseconds
from tests.bench.laps import Lap, Laps, Turn, in_one_go, one_by_one, take_turns
from tests.bench.material import SUBJECT, new_id
from tests.bench.over_http import Client, p50_of, p99_of, serving
from tests.bench.servers import BACKENDS, Places

ASKED = 50
"""Proofs of a lap, each of a position or a size of its own."""
ROUNDS = 9
SIZES = (10_000, 1_000_000)
INCLUSION, CONSISTENCY = "inclusion proof", "consistency proof"
HTTP = "over HTTP"
FIRST = "first checkpoint, with every tile"
IN_PROCESS_P99 = Goal(15, at_most=True, unit="ms")
HTTP_P99 = Goal(50, at_most=True, unit="ms")

Act: TypeAlias = Callable[[int], object]


class _Signed:
    """A log under a checkpoint of its own: what is asked of it, and how long that took to sign."""

    def __init__(self, stack: ExitStack, places: Places, log: Log) -> None:
        self.size = log.size
        key, guard = places.path(), places.path()
        settings = Settings(
            database_url=log.url, subject=SUBJECT, signing_key_file=key, guard_file=guard
        )
        self.parley = stack.enter_context(open_parley(settings))
        _name(self.parley)
        self.signed = in_one_go(lambda: sign_checkpoint(self.parley), log.size)
        files = {"PARLEY_SIGNING_KEY_FILE": str(key), "PARLEY_GUARD_FILE": str(guard)}
        self.client = Client(stack.enter_context(serving(log.url, **files)))
        stack.callback(self.client.close)

    def acts(self) -> dict[str, Act]:
        """The ways to get a proof, each by a position of the log."""
        get = self.client.get
        return {
            INCLUSION: partial(log_proof, self.parley),
            CONSISTENCY: partial(consistency, self.parley),
            f"{INCLUSION} {HTTP}": lambda at: get(f"/v1/log/proof/{at}.tlog-proof"),
            f"{CONSISTENCY} {HTTP}": lambda at: get(f"/v1/log/consistency?from={at}"),
        }

    def lap(self, act: Act, seed: int) -> Lap:
        """Proofs of drawn positions, one after another, on a new connection."""
        drawn = random.Random(seed)
        self.client.connect()
        return one_by_one(act, [drawn.randint(1, self.size) for _ in range(ASKED)])


def measure(places: Places, sizes: Sequence[int] = SIZES) -> list[Figure]:
    """The lines of these goals, on both databases."""
    return [line for backend in BACKENDS for line in _on(places, backend, sizes)]


def _on(places: Places, backend: str, sizes: Sequence[int]) -> list[Figure]:
    turns: dict[str, Turn[int]] = {}
    with ExitStack() as stack:
        # Their read models are there before a server would begin to fill them.
        logs = [stack.enter_context(open_log(places.log(backend), size)) for size in sizes]
        signed = [_Signed(stack, places, log) for log in logs]
        for each in signed:
            for name, act in each.acts().items():
                turns[_at(name, each.size)] = partial(each.lap, act)
        laps = take_turns(turns, partial(next, count(1)), ROUNDS, places.calm)
        names = list(signed[0].acts())
    return [*_lines(backend, laps, names, sizes), *map(partial(_first, backend), signed)]


def _name(parley: Parley) -> None:
    """Give a log a name to be signed under, which those that are made in bulk have not."""
    event = LogOpened(
        origin=f"bench.example/{new_id()}", leaf=LEAF_VERSION, rules=RULES, parley="0"
    )
    parley.ledger.append([Draft(event, LOG_STREAM, new_id(), SUBJECT, expected_version=0)])


def _lines(
    backend: str, laps: Laps, names: Sequence[str], sizes: Sequence[int]
) -> Iterator[Figure]:
    smallest, largest = sizes[0], sizes[-1]
    for name in names:
        ours, theirs = laps[_at(name, largest)], laps[_at(name, smallest)]
        goal = HTTP_P99 if name.endswith(HTTP) else IN_PROCESS_P99
        p99, rounds = p99_of(ours), [lap.longest_waits for lap in ours]
        yield Figure(
            what=f"{backend}: {name}, {largest:,} events: p99",
            beside=f"the same, {smallest:,} events",
            goal=str(goal),
            measured=milliseconds(p99),
            rounds=f"{milliseconds(min(rounds))}–{milliseconds(max(rounds))}",
            rates=f"p50 {milliseconds(p50_of(ours))} : {milliseconds(p50_of(theirs))}, "
            f"p99 {milliseconds(p99)} : {milliseconds(p99_of(theirs))}",
            met=goal.is_met(p99 * 1e3),
        )


def _first(backend: str, log: _Signed) -> Figure:
    what = f"{backend}: {FIRST}, {log.size:,} events"
    return Figure(what, "", "", f"{log.signed.seconds:.1f} s", rates=f"{log.signed.rate:,.0f}/s")


def _at(what: str, size: int) -> str:
    return f"{what}, {size}"
