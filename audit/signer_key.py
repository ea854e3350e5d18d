"""Private keys in one line of text, as Go's `note.GenerateKey` writes them.

    PRIVATE+KEY+<name>+<hex key ID>+<base64(type ‖ seed)>

The type is that of the signatures: 0x01 of a log, 0x04 of a witness. The seed is the 32
bytes of RFC 8032 §5.1.5. No specification of C2SP has this form; whoever has the line
can sign as that log or witness, so it stands in a file of its owner alone.
"""

from __future__ import annotations

import re

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.note import (
    ED25519,
    NoteError,
    VerifierKey,
    format_base64,
    parse_base64,
    public_bytes,
)

MAX_SIGNER_KEY = 4_096
_SEED_SIZE = 32
_SIGNER_KEY = re.compile(r"PRIVATE\+KEY\+([^\s+]+)\+([0-9a-f]{8})\+(\S+)")


def make_signer_key(name: str, kind: int = ED25519) -> str:
    """A new key under this name; raises NoteError for a name that no key can have."""
    return format_signer_key(name, Ed25519PrivateKey.generate(), kind)


def format_signer_key(name: str, private: Ed25519PrivateKey, kind: int = ED25519) -> str:
    """The text of a private key of this type; raises NoteError for a name that none can have."""
    key = VerifierKey(name, kind, public_bytes(private))
    seed = bytes([kind]) + private.private_bytes_raw()
    return f"PRIVATE+KEY+{name}+{key.id.hex()}+{format_base64(seed)}"


def parse_signer_key(text: str, kind: int = ED25519) -> tuple[str, Ed25519PrivateKey]:
    """The exact inverse of `format_signer_key`: the name and the key that signs under it.

    Raises NoteError, which never holds the key, for what is none or is of another type.
    """
    found = _SIGNER_KEY.fullmatch(text)
    if not found:
        raise NoteError("a private key reads like PRIVATE+KEY+example.org/log+0123abcd+AbC…")
    name, key_id, encoded = found.groups()
    try:
        material = parse_base64(encoded)
    except NoteError:
        raise NoteError("the private key is no base 64") from None
    if material[:1] != bytes([kind]) or len(material) != 1 + _SEED_SIZE:
        raise NoteError(f"the private key is not of Ed25519, type 0x{kind:02x}")
    private = Ed25519PrivateKey.from_private_bytes(material[1:])
    if VerifierKey(name, kind, public_bytes(private)).id.hex() != key_id:
        raise NoteError("the ID of the private key is another: it was altered")
    return name, private
