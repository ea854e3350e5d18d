"""Cosignatures: a witness saw this checkpoint at this time (C2SP tlog-cosignature).

A witness signs only what continues what it signed before, so a log that shows two
stories to two readers would need a witness that helps. Ours are of the Ed25519
type: the signature is a time in eight bytes, POSIX seconds with the high byte
first, and then RFC 8032 over

    cosignature/v1
    time <seconds>
    <the text of the checkpoint>
"""

from __future__ import annotations

from collections.abc import Iterable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.note import COSIGNATURE, Note, NoteError, Signature, VerifierKey, public_bytes

MAX_TIME = 2**63 - 1
_TIME_SIZE = 8


class Cosigner:
    """Signs checkpoints as a witness, with a key of type 0x04."""

    def __init__(self, name: str, private: Ed25519PrivateKey) -> None:
        """Sign under this name; raises NoteError for a name that no key can have."""
        self._private = private
        self.key = VerifierKey(name, COSIGNATURE, public_bytes(private))

    def sign(self, text: str, time: int) -> Signature:
        """The signature line for the text of a checkpoint, seen at `time` in POSIX seconds."""
        message = format_cosigned(text, time)
        signature = time.to_bytes(_TIME_SIZE, "big") + self._private.sign(message)
        return Signature(self.key.name, self.key.id, signature)


def format_cosigned(text: str, time: int) -> bytes:
    """What a witness signs; raises NoteError for a time that it cannot say."""
    if not 0 <= time <= MAX_TIME:
        raise NoteError(f"a cosignature is of 0 to 2^63 - 1 seconds after 1970, here {time}")
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def check_cosignatures(note: Note, keys: Iterable[VerifierKey]) -> dict[VerifierKey, int]:
    """Those of these keys of type 0x04 that cosigned, and when: the latest time of each.

    Raises NoteError where a line names one of them and its signature does not fit.
    """
    seen: dict[VerifierKey, int] = {}
    for key in keys:
        if key.kind != COSIGNATURE:
            continue
        for each in note.signatures:
            if each.is_of(key):
                seen[key] = max(seen.get(key, 0), _check_one(note.text, key, each.signature))
    return seen


def _check_one(text: str, key: VerifierKey, signature: bytes) -> int:
    time = int.from_bytes(signature[:_TIME_SIZE], "big")
    key.check(format_cosigned(text, time), signature[_TIME_SIZE:])
    return time
