"""Which entry is meant: by its position in the log or by its id."""

from __future__ import annotations

from uuid import UUID

from app.moments import position_in
from app.parley import Parley
from domain.entry import Entry
from domain.errors import InvalidInput, NotFound, Problem


def find_entry(parley: Parley, which: int | str | UUID, field: str = "entry") -> Entry:
    """The entry at a position (`17`, `@17`) or with an id.

    Raises InvalidInput for what is neither, NotFound if the log holds no such entry.
    """
    text = str(which).strip()
    if (position := position_in(text)) is not None:
        return _at(parley, position, field)
    try:
        event_id = UUID(text)
    except ValueError:
        rule = f"{text!r} is neither a position nor an id"
        raise InvalidInput(
            Problem(field, rule, "name the entry as @17 or by its id, as the log gives them")
        ) from None
    entry = parley.ledger.by_ids([event_id]).get(event_id)
    if entry is None:
        rule = f"no entry of the log has the id {event_id}"
        raise NotFound(Problem(field, rule, "correct the id, as the log gives it"))
    return entry


def _at(parley: Parley, position: int, field: str) -> Entry:
    size = parley.ledger.head().size
    if not 1 <= position <= size:
        rule = f"the log holds the positions 1 to {size}, not {position}"
        raise NotFound(Problem(field, rule, "correct the position, as the log gives it"))
    return parley.ledger.entry(position)
