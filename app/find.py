"""Where something is said: the entries that hold every word."""

from __future__ import annotations

from uuid import UUID

from app.clocks import Asked, Clocks, question_of, read_clocks
from app.parley import Parley
from app.read import negotiation_names
from app.worlds import check_known, history
from domain.entry import Entry
from domain.event import COMMONS
from projections.answers import Answer, Known
from projections.reference import record_at
from projections.search import PAGE, SearchHit, Wanted, read_query, search_in


class Found(Answer):
    """The entries that hold every word; `more` says that there may be others after the last."""

    as_of: str | None
    known_at: Known
    published_by: str | None
    rules: int
    hits: tuple[SearchHit, ...]
    more: bool


def find(
    parley: Parley,
    query: str,
    asked: Asked | Clocks,
    negotiation: str | None = None,
    *,
    after: int = 0,
    limit: int = PAGE,
) -> Found:
    """The standing entries that hold every word; in one negotiation and the commons, or in all.

    Dated entries that cannot have begun by `as_of` are left out. Up to `limit` of them,
    recorded after position `after`; go on after the last.
    """
    words = read_query(query)
    clocks = read_clocks(parley, asked)
    minute = clocks.minute if clocks.dated else None
    wanted = Wanted(words, clocks.known.position, minute, negotiation, after, limit)
    hits = _hits(parley, wanted, clocks)
    question = question_of(negotiation or COMMONS, clocks)
    return Found(
        as_of=question.as_of if clocks.dated else None,
        known_at=question.known_at,
        published_by=question.published_by,
        rules=clocks.rules,
        hits=hits,
        more=len(hits) == limit,
    )


def _hits(parley: Parley, wanted: Wanted, clocks: Clocks) -> tuple[SearchHit, ...]:
    """Out of the read model, or from the log where that cannot tell what was public."""
    if wanted.negotiation is not None:
        check_known(parley, wanted.negotiation)
    if clocks.published_by is None and (hits := parley.read_model.search(wanted)) is not None:
        return hits
    log = history(parley, wanted.known)
    names = negotiation_names(parley) if wanted.negotiation is None else [wanted.negotiation]
    found: dict[UUID, Entry] = {}
    for name in names or [COMMONS]:
        found |= record_at(log, name, wanted.known, clocks.published_by).entries
    return search_in(found.values(), wanted)
