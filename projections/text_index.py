"""The text index: the words of every entry in each form in which it stood.

A row of `texts_N` stands for an entry as it was recorded, or as a correction or a
retraction of one left it. Only its words are kept; what a hit shows of it is read
from the log. Every row also holds a word for the negotiation it belongs to, which
begins as no word of a text can. `projections.text_query` asks.

On SQLite the rows of the full-text index are numbered so that their order is that
of positions: an entry as recorded by its position, a later form far above, by
position and `known_from` together.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import (
    ARRAY,
    Connection,
    Text,
    bindparam,
    column,
    func,
    insert,
    select,
    table,
    update,
)

from domain.entry import Entry
from ledger.database import SQLITE
from projections.change import Change
from projections.search import begins, is_searched, words_of
from projections.tables import EDITIONS, FOR_EVER, TEXTS

OWNER = "‐"
"""Begins the word for a negotiation: neither a letter nor a digit, and beyond ASCII."""
LATER = 31
"""By how many bits the position is shifted in the number of a later form (SQLite)."""
WORDS = {
    # To FTS5 the column with the name of the table is the whole row.
    edition: table(f"words_{edition}", column("rowid"), column("words"), column(f"words_{edition}"))
    for edition in EDITIONS
}
"""The full-text indexes of SQLite."""


class TextIndex:
    """One edition of the texts while it is written: told every change, once, in log order."""

    def __init__(self, edition: int) -> None:
        """Write to the tables of this edition."""
        self._edition = edition
        self._came: list[dict[str, Any]] = []
        self._went: list[dict[str, int]] = []

    def tell(self, change: Change) -> None:
        """Gather the forms that came and went."""
        at = change.position
        self._went += [{"which": e.position, "at": at} for e in change.gone if is_searched(e)]
        self._came += [_row(e, at) for e in change.come if is_searched(e)]

    def write(self, connection: Connection) -> None:
        """Write the forms that came since the last time, and then end those that went."""
        if self._came and connection.dialect.name == SQLITE:
            self._insert_sqlite(connection)
        elif self._came:
            self._insert_postgresql(connection)
        if self._went:
            t = TEXTS[self._edition].c
            which, at = (
                bindparam("which", type_=t.position.type),
                bindparam("at", type_=t.known_to.type),
            )
            was_open = (t.position == which, t.known_from < at, t.known_to == FOR_EVER)
            end = update(TEXTS[self._edition]).where(*was_open).values(known_to=at)
            connection.execute(end, self._went)
        self._came, self._went = [], []

    def _insert_sqlite(self, connection: Connection) -> None:
        texts = [{**row, "words": None} for row in self._came]
        connection.execute(insert(TEXTS[self._edition]), texts)
        # FTS5 gathers rows in memory only as long as their numbers rise.
        words = sorted(
            (rowid(row["position"], row["known_from"]), row["words"]) for row in self._came
        )
        rows = [{"rowid": number, "words": text} for number, text in words]
        connection.execute(insert(WORDS[self._edition]), rows)

    def _insert_postgresql(self, connection: Connection) -> None:
        """One statement for all rows: a parameter for each column, with the values of all."""
        texts = TEXTS[self._edition]
        types = {c.name: Text() if c.name == "words" else c.type for c in texts.columns}
        values = (
            bindparam(name, [row[name] for row in self._came], type_=ARRAY(type_))
            for name, type_ in types.items()
        )
        came = func.unnest(*values).table_valued(*types).render_derived()
        words = func.array_to_tsvector(func.string_to_array(came.c.words, " "))
        rows = select(*(words if name == "words" else came.c[name] for name in types))
        connection.execute(insert(texts).from_select(list(types), rows))


def owner_word(negotiation: str) -> str:
    """The word for a negotiation; a hyphen would part it."""
    return OWNER + "".join(c if c.isalnum() else OWNER for c in negotiation)


def rowid(position: int, known_from: int) -> int:
    """The number of a form of an entry in the full-text index of SQLite."""
    return position if position == known_from else (position << LATER) + known_from


def _row(entry: Entry, known_from: int) -> dict[str, Any]:
    return {
        "position": entry.position,
        "known_from": known_from,
        "known_to": FOR_EVER,
        "begins": begins(entry),
        "corrected_by": json.dumps(entry.corrected_by) if entry.corrected_by else None,
        # In any order: neither index keeps one.
        "words": " ".join((owner_word(entry.negotiation), *words_of(entry))),
    }
