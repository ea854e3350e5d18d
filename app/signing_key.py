"""The key that the log signs with: one file, one line, for its owner's eyes only.

It is made when the log signs for the first time and never again. A file that is
missing later is refused: whoever trusts the old key would take a new one for a forgery.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.guard import DOCS
from app.origins import OriginKey, OriginName, keys_of, origins_of
from app.owned_files import meant, move_over, read_owned, write_new
from app.parley import Parley
from app.signing_files import signing_key_path
from audit.leaf import format_recorded_at
from audit.note import NoteError, Signer, VerifierKey, format_verifier_key
from audit.signer_key import MAX_SIGNER_KEY, make_signer_key, parse_signer_key
from domain.errors import KeyUnusable
from ledger import log_keys
from ledger.log_keys import FirstKey
from projections.answers import Answer

FIELD = "PARLEY_SIGNING_KEY_FILE"
NEXT = ".next"
"""What the file of a key is called besides that has yet to take the place of the one in use."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """Who signs: the key in use and, until it has handed over in public, the one before it."""

    signers: tuple[Signer, ...]
    """The key in use comes first."""
    known: tuple[VerifierKey, ...]
    """Every key that this log has ever signed with, under any of its names."""
    path: Path

    @property
    def hands_over(self) -> bool:
        """Whether the next checkpoint is the one that both keys sign."""
        return len(self.signers) > 1

    def settle(self) -> None:
        """Put the new key in the place of the one that it has taken over from."""
        if self.hands_over:
            try:
                move_over(next_path(self.path), meant(self.path))
            except OSError as fault:
                raise unusable(fault.strerror or str(fault)) from None


class LogKey(Answer):
    """A key of the log, as those know it who verify.

    It signs the checkpoints that hold position `since`, until the one at which it
    `retired_at`; `vkey` is how C2SP writes it.
    """

    origin: str
    vkey: str
    since: int
    made_at: str
    retired_at: int | None


class LogKeys(Answer):
    """Every key that the log has signed with, the oldest first."""

    keys: tuple[LogKey, ...]


def log_keys_of(parley: Parley) -> LogKeys:
    """The keys of the log, as far as it has signed."""
    names = origins_of(parley.ledger)
    return LogKeys(keys=tuple(_shown(name.origin, key) for name in names for key in name.keys))


def open_keyring(parley: Parley, *, signed: bool) -> Keyring:
    """The keys to sign with; makes the first one unless the log was `signed` before.

    Raises KeyUnusable for a file that is missing then, that others may read, or that
    holds another key than the log's.
    """
    names = origins_of(parley.ledger)
    name, path = names[-1], signing_key_path(parley.settings, names[-1].origin)
    if not name.keys:
        first = _first_signer(path, name.origin, make=not signed)
        key = FirstKey(name.origin, format_verifier_key(first.key), parley.clock())
        log_keys.add_first(parley.ledger.engine, key)
        # Another process may have been quicker, with a key of its own.
        names = origins_of(parley.ledger)
        name = names[-1]
    signers = _signers(path, name)
    return Keyring(signers, keys_of(names), path)


def read_signer(path: Path) -> Signer | None:
    """The key in a file; None where there is none. Raises KeyUnusable."""
    try:
        text = read_owned(path, MAX_SIGNER_KEY)
        return None if text is None else Signer(*parse_signer_key(text.strip()))
    except NoteError as fault:
        raise unusable(str(fault)) from None
    except OSError as fault:
        raise unusable(fault.strerror or str(fault)) from None
    except ValueError:
        raise unusable(f"{path} holds no key") from None


def next_path(path: Path) -> Path:
    """Where a key stands that has yet to take over."""
    path = meant(path)
    return path.with_name(path.name + NEXT)


def unusable(reason: str) -> KeyUnusable:
    """The signing key cannot be used, for this reason."""
    return KeyUnusable.of(
        FIELD,
        f"the signing key of the log cannot be used: {reason}. Nothing is signed",
        f"put the key of this log there, for the user of Parley alone to read; see {DOCS}",
    )


def _first_signer(path: Path, origin: str, *, make: bool) -> Signer:
    """The key that an origin begins with: one that was put there for it, or a new one."""
    found = read_signer(path)
    if found is None and make:
        try:
            write_new(path, f"{make_signer_key(origin)}\n")
        except NoteError as fault:
            raise unusable(str(fault)) from None
        except OSError as fault:
            raise unusable(fault.strerror or str(fault)) from None
        found = read_signer(path)
    if found is None:
        raise unusable(f"there is no file {path}, and the log was signed before")
    if found.key.name != origin:
        raise unusable(f"{path} holds the key of {found.key.name!a:.80}, not of {origin!a:.80}")
    return found


def _signers(path: Path, name: OriginName) -> tuple[Signer, ...]:
    """Who signs for a name of the log, as the files and the entries of the log have it."""
    in_use = name.keys[-1].key
    found = read_signer(path)
    if found is None:
        raise unusable(f"there is no file {path}, and the log has a key already")
    if found.key == in_use:
        return (found,)
    coming = read_signer(next_path(path))
    if coming is not None and coming.key == in_use and found.key == name.keys[-2].key:
        return (coming, found)
    vkey = format_verifier_key(in_use)
    raise unusable(f"{path} holds another key than the one that the log signs with, {vkey}")


def _shown(origin: str, key: OriginKey) -> LogKey:
    return LogKey(
        origin=origin,
        vkey=format_verifier_key(key.key),
        since=key.since,
        made_at=format_recorded_at(key.made_at),
        retired_at=key.retired_at,
    )
