"""API keys: who may read, record, review, audit and look after Parley over HTTP.

A key is 256 random bits, shown once and kept as its SHA-256: whoever reads the
database cannot use it. Its subject is what the log keeps with every entry
recorded by it, its id what tells the keys of one subject apart.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.batch import check_names
from app.parley import Parley
from audit.leaf import format_recorded_at
from domain.errors import InvalidInput, NotFound, Problem
from ledger import api_keys
from ledger.api_keys import StoredKey
from projections.answers import Answer

PREFIX = "parley_"
"""How every key begins, so that it is known for one wherever it turns up."""
KEY_BYTES = 32
"""256 bits: beyond guessing, so that one SHA-256 without salt is enough."""
ID_BYTES = 6
"""Of an id, which is no secret; six are enough that no two of a million meet by chance."""
MAX_NOTE = 200
"""Characters of a note on a key: what it is for."""
MAX_KEYS = 10_000
"""Keys of one log; a list of them is read as a whole."""
_FORM = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}", re.ASCII)


class Role(StrEnum):
    """What a key is for."""

    READER = "reader"
    RECORDER = "recorder"
    REVIEWER = "reviewer"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Act(StrEnum):
    """What somebody wants to do, as far as it matters to who may do it."""

    READ = "read"
    RECORD = "record"
    ENDORSE = "endorse"
    AUDIT = "audit"
    ADMINISTER = "administer"


MAY: Mapping[Role, frozenset[Act]] = {
    Role.READER: frozenset({Act.READ}),
    Role.RECORDER: frozenset({Act.READ, Act.RECORD}),
    Role.REVIEWER: frozenset({Act.READ, Act.RECORD, Act.ENDORSE}),
    Role.AUDITOR: frozenset({Act.READ, Act.AUDIT}),
    Role.ADMIN: frozenset(Act),
}
"""What each role may do. A reviewer is a recorder too: who finds a mistake should correct it."""


class ApiKey(Answer):
    """A key as it may be shown: never the key itself."""

    id: str
    subject: str
    role: Role
    note: str | None
    created_at: str
    revoked_at: str | None


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made: `secret` is shown now and never again."""

    secret: str
    key: ApiKey


def make_key(parley: Parley, subject: str, role: str, note: str | None = None) -> NewKey:
    """Make a key for a subject; raises InvalidInput."""
    secret, stored = _draw(parley, subject, _read_role(role), note)
    if len(api_keys.every(parley.ledger.engine)) >= MAX_KEYS:
        rule = f"there are {MAX_KEYS} keys already"
        raise InvalidInput(Problem("keys", rule, "give one key to several programs of a subject"))
    api_keys.add(parley.ledger.engine, stored, digest_of(secret))
    return NewKey(secret, _shown(stored))


def make_first_key(parley: Parley) -> NewKey | None:
    """A recorder's key for the settings' subject, if no key was ever made; None otherwise."""
    secret, stored = _draw(
        parley, parley.settings.subject, Role.RECORDER, "made at the first start of the server"
    )
    made = api_keys.add_first(parley.ledger.engine, stored, digest_of(secret))
    return NewKey(secret, _shown(stored)) if made else None


def find_key(parley: Parley, secret: str) -> ApiKey | None:
    """The key that somebody shows; None if it is no key of this log, or was revoked."""
    if _FORM.fullmatch(secret) is None:
        return None
    stored = api_keys.by_digest(parley.ledger.engine, digest_of(secret))
    return None if stored is None or stored.revoked_at is not None else _shown(stored)


def keys(parley: Parley) -> tuple[ApiKey, ...]:
    """Every key that was ever made, oldest first."""
    return tuple(map(_shown, api_keys.every(parley.ledger.engine)))


def revoked_among(parley: Parley, ids: Iterable[str]) -> frozenset[str]:
    """Those of the ids of keys that are good no more."""
    good = {key.id for key in api_keys.every(parley.ledger.engine) if key.revoked_at is None}
    return frozenset(ids) - good


def has_good_key(parley: Parley) -> bool:
    """Whether anybody could get in who has to show a key."""
    return any(key.revoked_at is None for key in keys(parley))


def revoke_key(parley: Parley, key_id: str) -> None:
    """End a key at once and for ever; raises NotFound for one that is not good.

    A stream that is open by it ends within seconds (`app.feed`).
    """
    if not api_keys.revoke(parley.ledger.engine, key_id, parley.clock()):
        way_out = "`parley keys list` shows the keys and their ids"
        raise NotFound(Problem("id", f"no good key has the id {key_id!r}", way_out))


def digest_of(secret: str) -> bytes:
    """What is kept of a key."""
    return hashlib.sha256(secret.encode()).digest()


def _draw(parley: Parley, subject: str, role: Role, note: str | None) -> tuple[str, StoredKey]:
    check_names(subject=subject, note=note)
    if not subject:
        raise InvalidInput(Problem("subject", "is empty", "name who will use the key"))
    if note is not None and len(note) > MAX_NOTE:
        raise InvalidInput(Problem("note", f"is longer than {MAX_NOTE} characters", "shorten it"))
    secret = PREFIX + secrets.token_urlsafe(KEY_BYTES)
    key_id = secrets.token_hex(ID_BYTES)
    return secret, StoredKey(key_id, subject, role.value, note, parley.clock())


def _read_role(role: str) -> Role:
    try:
        return Role(role)
    except ValueError:
        known = ", ".join(Role)
        raise InvalidInput(
            Problem("role", f"{role!r} is no role", f"choose one of {known}")
        ) from None


def _shown(key: StoredKey) -> ApiKey:
    ended = key.revoked_at
    return ApiKey(
        id=key.id,
        subject=key.subject,
        role=Role(key.role),
        note=key.note,
        created_at=format_recorded_at(key.created_at),
        revoked_at=None if ended is None else format_recorded_at(ended),
    )
