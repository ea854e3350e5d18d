"""Private keys in one line of text, as Go's `note.GenerateKey` writes them.

    PRIVATE+KEY+<name>+<hex key ID>+<base64(type ‖ seed)>

The seed is the 32 bytes of RFC 8032 §5.1.5. No specification of C2SP has this form;
whoever has the line can sign as the log, so it stands in a file of its owner alone.
"""

from __future__ import annotations

import re

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.note import ED25519, NoteError, Signer, format_base64, parse_base64

MAX_SIGNER_KEY = 4_096
_SEED_SIZE = 32
_SIGNER_KEY = re.compile(r"PRIVATE\+KEY\+([^\s+]+)\+([0-9a-f]{8})\+(\S+)")


def make_signer_key(name: str) -> str:
    """A new key under this name; raises NoteError for a name that no key can have."""
    return format_signer_key(name, Ed25519PrivateKey.generate())


def format_signer_key(name: str, private: Ed25519PrivateKey) -> str:
    """The text of a private key of type 0x01."""
    seed = bytes([ED25519]) + private.private_bytes_raw()
    return f"PRIVATE+KEY+{name}+{Signer(name, private).key.id.hex()}+{format_base64(seed)}"


def parse_signer_key(text: str) -> Signer:
    """The exact inverse of `format_signer_key`; raises NoteError, which never holds the key."""
    found = _SIGNER_KEY.fullmatch(text)
    if not found:
        raise NoteError("a private key reads like PRIVATE+KEY+example.org/log+0123abcd+AbC…")
    name, key_id, encoded = found.groups()
    try:
        material = parse_base64(encoded)
    except NoteError:
        raise NoteError("the private key is no base 64") from None
    if material[:1] != bytes([ED25519]) or len(material) != 1 + _SEED_SIZE:
        raise NoteError("the private key is not of Ed25519, type 0x01")
    signer = Signer(name, Ed25519PrivateKey.from_private_bytes(material[1:]))
    if signer.key.id.hex() != key_id:
        raise NoteError("the ID of the private key is another: it was altered")
    return signer
