"""Whole answers out of the read model are the reference's, byte for byte."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from domain.entry import Draft
from domain.event import ThingEvent
from ledger.log import Ledger
from projections.projector import Projector
from projections.rebuilding import compare
from tests.projections.both_ways import (
    Point,
    parley_on,
    questions,
    text_of,
    unlike_answers,
)
from tests.projections.conftest import NewLog
from tests.projections.drawn_logs import NAMES, DrawnLog, drawn_logs

SHORT, LONG = 6, 500
"""How many logs are drawn in the short form and in the long one."""
POINTS = 3
SIZES = (1, 2, 3, 5, 8, 500)
"""How many entries a batch holds."""
SUPPOSED: tuple[dict[str, Any], ...] = (
    {
        "kind": "pledge.made",
        "slug": "supposed",
        "occurred": "1970-01-01",
        "level": "committed",
        "pledgors": ["france"],
        "beneficiaries": ["ukraine"],
        "summary": "what if",
        "elements": ["force"],
    },
    {"kind": "pledge.withdrawn", "slug": "one", "occurred": "1970-01-01"},
    {"kind": "condition.met", "slug": "one", "occurred": "[1970-01-01..1970-01-02]"},
    {
        "kind": "statement.made",
        "slug": "one",
        "occurred": "1970-01-01",
        "statement_type": "position",
        "speakers": [{"actor": "macron", "on_behalf_of": "france"}],
        "summary": "what if he said so",
        "elements": ["force"],
        "stance": "opposes",
    },
)


def project(ledger: Ledger, edition: int, steps: Sequence[tuple[int, bool]]) -> None:
    """In batches of these sizes, some of them by a projector that has just been started."""
    size, here = ledger.head().size, 0
    projector = Projector(ledger, edition)
    for batch, is_fresh in steps:
        if is_fresh:
            projector = Projector(ledger, edition)
        here = projector.advance(min(here + batch, size), batch=batch)
    assert projector.advance(batch=7) == size


def minutes_of(drafts: Sequence[Draft]) -> list[int]:
    spans = [d.span for d in drafts if d.span is not None]
    bounds = {b for s in spans for b in (s.start_lo, s.start_hi) if b is not None}
    return sorted({bound + by for bound in bounds for by in (-1, 0, 1)})


def streams_of(log: DrawnLog, negotiation: str) -> list[str]:
    owners = {negotiation, "commons"}
    return sorted({d.stream for d in log.drafts if d.stream.partition("/")[0] in owners})


def amendments(log: DrawnLog, point: Point) -> list[dict[str, Any]]:
    """What may be supposed of what is known: another date, or that it does not hold."""
    known = [d for d in log.drafts[: point.known] if d.stream.startswith(f"{point.negotiation}/")]
    said = [d for d in known if isinstance(d.event, ThingEvent) and d.event.occurred]
    about = [{"entry": str(d.id), "reason": "what if"} for d in said]
    moved = {"kind": "entry.corrected", "schema": 1, "set": {"occurred": "1970-01-01"}}
    return [
        *({**each, **moved} for each in about),
        *({**each, "kind": "entry.retracted"} for each in about),
    ]


def points(log: DrawnLog) -> st.SearchStrategy[Point]:
    first, last = log.setting - 2, len(log.drafts)
    return st.builds(
        Point,
        st.sampled_from(NAMES),
        st.sampled_from(minutes_of(log.drafts)),
        st.one_of(st.just(last), st.integers(first, last)),
    )


def check(new_log: NewLog, log: DrawnLog, data: st.DataObject, seen: Counter[str]) -> None:
    """Ask everything of one log at some points, of both."""
    steps = data.draw(st.lists(st.tuples(st.sampled_from(SIZES), st.booleans()), max_size=12))
    with new_log() as url, Ledger(url) as ledger:
        ledger.append(log.drafts)
        project(ledger, 1, steps)
        Projector(ledger, 2).advance()
        assert compare(ledger.engine, len(log.drafts)) == ()
        parley = parley_on(ledger)
        for _ in range(POINTS):
            one, other = data.draw(points(log)), data.draw(points(log))
            chosen = data.draw(
                st.lists(st.sampled_from(streams_of(log, one.negotiation)), max_size=3)
            )
            more = [*SUPPOSED, *amendments(log, one)]
            supposed = data.draw(st.lists(st.sampled_from(more), max_size=2))
            asks = questions(one, other, chosen, supposed)
            assert unlike_answers(parley, asks) == [], (one, other)
            texts = [text_of(ask, parley) for ask in asks.values()]
            seen["answers"] += len(texts)
            seen["refused"] += sum(text.startswith("refused") for text in texts)
            seen["empty"] += sum('"empty_because": "' in text for text in texts)
            seen["same event"] += sum('"perhaps"' in text for text in texts)


def check_many(new_log: NewLog, examples: int) -> Counter[str]:
    seen: Counter[str] = Counter()

    # A log takes a database of its own, so that shrinking one would take too long.
    @settings(
        max_examples=examples,
        # Whether a few drawn logs hold all that is to be met would be a matter of luck.
        derandomize=examples == SHORT,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(drawn_logs(), st.data())
    def ask(log: DrawnLog, data: st.DataObject) -> None:
        check(new_log, log, data, seen)

    ask()
    return seen


def test_every_answer_of_a_drawn_log_is_the_one_of_the_reference(new_log: NewLog) -> None:
    seen = check_many(new_log, SHORT)
    assert seen["answers"] > 3 * seen["refused"]
    assert seen["empty"] > 0


@pytest.mark.long
@pytest.mark.timeout(7_200)
def test_every_answer_of_many_more_drawn_logs(new_log: NewLog) -> None:
    seen = check_many(new_log, LONG)
    assert min(seen.values()) > 0
