"""Search, answered by the text index, on SQLite and PostgreSQL.

Positions come from the index, in order and no further than the limit; the entries
themselves from the log, with the corrections that had been made by then.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, cast, column, select, table
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from domain.entry import Entry
from domain.event import COMMONS
from domain.story import apply_correction
from ledger.database import SQLITE
from ledger.faults import missing
from ledger.mapper import entry_of
from ledger.tables import events
from projections.search import SearchHit, Wanted, hit_in
from projections.tables import TEXTS
from projections.text_index import LATER, WORDS, owner_word

Columns = ReadOnlyColumnCollection[str, Any]

MOST_SPELLED_OUT = 256
"""How many words a beginning may stand for and still be spelled out (SQLite).

Words that are spelled out are looked through side by side, no further than the
limit; for a beginning FTS5 first gathers every row of every word.
"""
PROBE = 1_000
"""Rows that are looked at in order before the index is asked (PostgreSQL).

The index gives its rows in no order, so all of them have to be fetched; a word
that is common fills a page sooner than that.
"""


def search(connection: Connection, edition: int, wanted: Wanted) -> tuple[SearchHit, ...]:
    """The hits of an edition, which must have come as far as `wanted.known`."""
    found = find(connection, edition, wanted)
    log = _entries(connection, {*found, *(at for by in found.values() for at in by)})
    return hits_of(found, log, wanted.words)


def find(connection: Connection, edition: int, wanted: Wanted) -> dict[int, tuple[int, ...]]:
    """The positions of the hits, in order, each with those of the corrections written in."""
    sqlite = connection.dialect.name == SQLITE
    rows = (_find_sqlite if sqlite else _find_postgresql)(connection, edition, wanted)
    return {position: tuple(json.loads(by or "[]")) for position, by in rows}


def hits_of(
    found: Mapping[int, Sequence[int]], log: Mapping[int, Entry], words: Sequence[str]
) -> tuple[SearchHit, ...]:
    """What is shown of the entries that were found, read from the log as it was recorded."""
    hits = []
    for position, corrections in found.items():
        entry = log[position]
        for correction in corrections:
            entry = apply_correction(entry, log[correction])
        hits.append(hit_in(entry, words))
    return tuple(hits)


def _entries(connection: Connection, positions: Iterable[int]) -> dict[int, Entry]:
    """The entries at these positions, as they were recorded."""
    e = events.c
    asked = sorted(positions)
    rows = connection.execute(select(e.position, e.leaf).where(e.position.in_(asked)))
    found = {position: entry_of(leaf, position) for position, leaf in rows}
    for position in asked:
        if position not in found:
            raise missing(position)
    return found


def _stands(t: Columns, wanted: Wanted) -> list[ColumnElement[bool]]:
    """What a form of an entry has to be, whatever its words."""
    stands = [t.known_from <= wanted.known, t.known_to > wanted.known]
    return stands if wanted.minute is None else [*stands, t.begins <= wanted.minute]


# --- SQLite ---------------------------------------------------------------------------------


def _find_sqlite(connection: Connection, edition: int, wanted: Wanted) -> Sequence[Any]:
    """The positions that are found, with their corrections: as recorded, and in later forms."""
    match = _fts5_query(connection, edition, wanted)
    found = [
        row
        for statement in sqlite_statements(edition, wanted, match)
        for row in connection.execute(statement)
    ]
    return sorted(found, key=lambda row: row[0])[: wanted.limit]


def sqlite_statements(edition: int, wanted: Wanted, match: str) -> list[Select[Any]]:
    """One statement for the entries as recorded, and one for their later forms."""
    t, w = TEXTS[edition].c, WORDS[edition].c
    known_from = w.rowid.op("&")((1 << LATER) - 1)
    ranges = (
        (known_from, wanted.after + 1, wanted.known + 1),
        (w.rowid.op(">>")(LATER), (wanted.after + 1) << LATER, (wanted.known + 1) << LATER),
    )
    return [
        select(t.position, t.corrected_by)
        .join_from(
            WORDS[edition], TEXTS[edition], (t.position == position) & (t.known_from == known_from)
        )
        .where(w[WORDS[edition].name].match(match), w.rowid >= first, w.rowid < beyond)
        .where(*_stands(t, wanted))
        .order_by(w.rowid)
        .limit(wanted.limit)
        for position, first, beyond in ranges
    ]


def _fts5_query(connection: Connection, edition: int, wanted: Wanted) -> str:
    """Words in quotes: letters and digits alone, so that nothing in them is an operator."""
    parts = [f"({_spelled_out(connection, edition, word)})" for word in wanted.words]
    if wanted.negotiation is not None:
        parts.insert(0, f'("{owner_word(wanted.negotiation)}" OR "{owner_word(COMMONS)}")')
    return " AND ".join(parts)


def _spelled_out(connection: Connection, edition: int, word: str) -> str:
    """The words of the index that begin like this one; the beginning, if they are too many."""
    term = table(f"words_{edition}_known", column("term")).c.term
    begins_so = (term >= word, term < word + chr(0x10FFFF))
    statement = select(term).where(*begins_so).limit(MOST_SPELLED_OUT + 1)
    known = connection.execute(statement).scalars().all()
    if not 0 < len(known) <= MOST_SPELLED_OUT:
        return f'"{word}"*'
    return " OR ".join(f'"{each}"' for each in known)


# --- PostgreSQL -----------------------------------------------------------------------------


def _find_postgresql(connection: Connection, edition: int, wanted: Wanted) -> Sequence[Any]:
    """The positions that are found, with their corrections: in order first, then by the index.

    OFFSET 0 keeps PostgreSQL from mixing the two: from asking the index for all of a
    common word, and from going through the whole log in search of a rare one.
    """
    texts, t = TEXTS[edition], TEXTS[edition].c
    asked = t.position > wanted.after, t.position <= wanted.known
    probe = select(t.position).where(*asked).order_by(t.position).offset(PROBE).limit(1)
    end = connection.scalar(probe)
    near = select(texts).where(*asked, *([] if end is None else [t.position <= end]))
    n = near.offset(0).subquery().c
    fit = select(n.position, n.corrected_by).where(*_fits(n, wanted))
    found = list(connection.execute(fit.order_by(n.position).limit(wanted.limit)))
    if end is None or len(found) == wanted.limit:
        return found
    far = select(texts).where(*asked, t.position > end, *_fits(t, wanted))
    f = far.offset(0).subquery().c
    rest = select(f.position, f.corrected_by).order_by(f.position)
    return [*found, *connection.execute(rest.limit(wanted.limit - len(found)))]


def _fits(t: Columns, wanted: Wanted) -> list[ColumnElement[bool]]:
    return [t.words.bool_op("@@")(cast(_tsquery(wanted), TSQUERY)), *_stands(t, wanted)]


def _tsquery(wanted: Wanted) -> str:
    """Words in quotes: letters and digits alone, so that nothing in them is an operator."""
    parts = [f"'{word}':*" for word in wanted.words]
    if wanted.negotiation is not None:
        parts.insert(0, f"('{owner_word(wanted.negotiation)}' | '{owner_word(COMMONS)}')")
    return " & ".join(parts)
