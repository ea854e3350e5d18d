"""Under which names the log has gone, and with which keys each of them signs.

The first key of a name stands beside the log, since the log is opened before it is
signed; every later one is announced by an entry, and signs from that position on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from audit.note import NoteError, VerifierKey, parse_verifier_key
from domain.entry import LOG_STREAM, Entry
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
    """A name of the log, from the position of the entry that gave it, and its keys so far.

    `lost` are the positions, both included, that were signed under the name before and that
    the log does not hold any more; None for its first name.
    """

    origin: str
    since: int
    keys: tuple[OriginKey, ...]
    lost: tuple[int, int] | None = None


def names_of(own: Iterable[Entry]) -> list[tuple[int, str]]:
    """From which position on a log goes under which name, by the entries about itself."""
    said = ((entry.position, entry.event) for entry in own)
    return [(at, e.origin) for at, e in said if isinstance(e, LogOpened | LogReopened)]


def origin_of(ledger: Ledger) -> str:
    """The name that the log goes by now; raises DatabaseDamaged for a log without one."""
    names = names_of(ledger.stream(LOG_STREAM))
    if not names:
        raise nameless()
    return names[-1][1]


def origins_of(ledger: Ledger) -> tuple[OriginName, ...]:
    """Every name of the log, the first one first; raises DatabaseDamaged for a log without one."""
    found: list[OriginName] = []
    for entry in ledger.stream(LOG_STREAM):
        match entry.event:
            case LogOpened(origin=origin) | LogReopened(origin=origin) as event:
                lost = event.lost if isinstance(event, LogReopened) else None
                keys = _first(ledger, origin, entry.position)
                found = [_ended(each, entry.position) for each in found]
                found.append(OriginName(origin, entry.position, keys, lost))
            case LogKeyRotated(key=key) if found:
                keys = _ended(found[-1], entry.position).keys
                new = OriginKey(_key(key), entry.position, entry.recorded_at)
                found[-1] = replace(found[-1], keys=(*keys, new))
            case _:
                continue
    if not found:
        raise nameless()
    return tuple(found)


def keys_of(names: Iterable[OriginName]) -> tuple[VerifierKey, ...]:
    """Every key that a log has signed with, under any of its names."""
    return tuple(key.key for name in names for key in name.keys)


def nameless() -> DatabaseDamaged:
    """What a log is that has entries before it was opened."""
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
    return replace(name, keys=keys)


def _key(text: str) -> VerifierKey:
    try:
        return parse_verifier_key(text)
    except NoteError as fault:
        rule = f"a key of the log cannot be read: {fault}"
        raise DatabaseDamaged.of(
            "PARLEY_DATABASE_URL", rule, "restore a copy that is whole"
        ) from None
