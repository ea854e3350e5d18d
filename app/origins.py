"""Under which names the log has gone, and with which keys each of them signs.

The first key of a name stands beside the log, since the log is opened before it is
signed; every later one is announced by an entry, and signs from that position on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from audit.note import NoteError, VerifierKey, parse_verifier_key
from domain.entry import LOG_STREAM
from domain.errors import DatabaseDamaged
from domain.log import LogKeyRotated, LogOpened, LogReopened
from ledger import log_keys
from ledger.log import Ledger


@dataclass(frozen=True, slots=True)
class OriginKey:
    """A key of an origin: it signs checkpoints that hold position `since` and no later key's.

    `made_at` is in microseconds since the epoch, UTC; `retired_at` is the position of
    the entry that announced the next key or origin, None for the one in use.
    """

    key: VerifierKey
    since: int
    made_at: int
    retired_at: int | None = None


@dataclass(frozen=True, slots=True)
class OriginName:
    """A name of the log, from the position of the entry that gave it, and its keys so far."""

    origin: str
    since: int
    keys: tuple[OriginKey, ...]


def origin_of(ledger: Ledger) -> str:
    """The name that the log goes by now; raises DatabaseDamaged for a log without one."""
    own = (entry.event for entry in ledger.stream(LOG_STREAM))
    names = [event.origin for event in own if isinstance(event, LogOpened | LogReopened)]
    if not names:
        raise _nameless()
    return names[-1]


def origins_of(ledger: Ledger) -> tuple[OriginName, ...]:
    """Every name of the log, the first one first; raises DatabaseDamaged for a log without one."""
    found: list[OriginName] = []
    for entry in ledger.stream(LOG_STREAM):
        match entry.event:
            case LogOpened(origin=origin) | LogReopened(origin=origin):
                found = [_ended(each, entry.position) for each in found]
                found.append(
                    OriginName(origin, entry.position, _first(ledger, origin, entry.position))
                )
            case LogKeyRotated(key=key) if found:
                keys = _ended(found[-1], entry.position).keys
                new = OriginKey(_key(key), entry.position, entry.recorded_at)
                found[-1] = OriginName(found[-1].origin, found[-1].since, (*keys, new))
            case _:
                continue
    if not found:
        raise _nameless()
    return tuple(found)


def keys_of(names: Iterable[OriginName]) -> tuple[VerifierKey, ...]:
    """Every key that a log has signed with, under any of its names."""
    return tuple(key.key for name in names for key in name.keys)


def _nameless() -> DatabaseDamaged:
    rule = "the log does not begin with its own name"
    return DatabaseDamaged.of("PARLEY_DATABASE_URL", rule, "restore a copy that is whole")


def _first(ledger: Ledger, origin: str, since: int) -> tuple[OriginKey, ...]:
    first = log_keys.first_of(ledger.engine, origin)
    return () if first is None else (OriginKey(_key(first.key), since, first.made_at),)


def _ended(name: OriginName, position: int) -> OriginName:
    """The same, with whichever key is in use ended at this position."""
    keys = tuple(
        OriginKey(each.key, each.since, each.made_at, each.retired_at or position)
        for each in name.keys
    )
    return OriginName(name.origin, name.since, keys)


def _key(text: str) -> VerifierKey:
    try:
        return parse_verifier_key(text)
    except NoteError as fault:
        rule = f"a key of the log cannot be read: {fault}"
        raise DatabaseDamaged.of(
            "PARLEY_DATABASE_URL", rule, "restore a copy that is whole"
        ) from None
