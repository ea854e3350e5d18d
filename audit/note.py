"""Signed notes: a text and the signatures under it (C2SP signed-note).

    text, ending in a newline
    (an empty line)
    — <key name> base64(key ID ‖ signature)

    key ID = SHA-256(key name ‖ 0x0A ‖ signature type ‖ public key)[:4]

Two types of key are known here, both Ed25519: 0x01 signs the text as it is, 0x04
the text with a time before it (`audit.cosignature`). Signatures of other keys say
nothing to whoever does not know the keys, and are left aside.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ED25519 = 0x01
COSIGNATURE = 0x04
KEY_ID_SIZE = 4
PUBLIC_KEY_SIZE = 32
MAX_NOTE = 1_000_000  # A note is small; whoever is sent a large one should not have to read it.
MAX_SIGNATURES = 100  # The specification asks for at least 16.

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_SIGNATURE_LINE = re.compile(r"— ([^\s+]+) (\S+)")
_VERIFIER_KEY = re.compile(r"([^\s+]+)\+([0-9a-f]{8})\+(\S+)")


class NoteError(ValueError):
    """What is no signed note, no verifier key, or a signature that does not fit."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A name, a type of signature and the 32 bytes of an Ed25519 public key."""

    name: str
    kind: int
    public: bytes

    def __post_init__(self) -> None:
        """Refuse a name or a key that no signature line can have."""
        if not re.fullmatch(r"[^\s+]+", self.name) or _CONTROL.search(self.name):
            raise NoteError(f"the name of a key has no space and no plus, here {self.name!a:.80}")
        if self.kind not in {ED25519, COSIGNATURE}:
            raise NoteError(
                f"keys of type 0x{self.kind:02x} are not known here, only 0x01 and 0x04"
            )
        if len(self.public) != PUBLIC_KEY_SIZE:
            raise NoteError(f"an Ed25519 key has {PUBLIC_KEY_SIZE} bytes, not {len(self.public)}")

    @property
    def id(self) -> bytes:
        """The four bytes by which a signature line names this key, with its name."""
        encoded = self.name.encode(errors="surrogateescape")
        return sha256(encoded + b"\n" + bytes([self.kind]) + self.public).digest()[:KEY_ID_SIZE]

    def check(self, message: bytes, signature: bytes) -> None:
        """Raise NoteError unless this key made the signature over the message (RFC 8032)."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            raise NoteError(f"the signature of {self.name} does not fit") from None


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: who says to have signed, by which key, and the signature."""

    name: str
    key_id: bytes
    signature: bytes

    def is_of(self, key: VerifierKey) -> bool:
        """Whether the line names this key; it may still not fit."""
        return self.name == key.name and self.key_id == key.id


@dataclass(frozen=True, slots=True)
class Note:
    """A text, which ends in a newline, and the signatures under it."""

    text: str
    signatures: tuple[Signature, ...]


class Signer:
    """Signs notes as a key of type 0x01."""

    def __init__(self, name: str, private: Ed25519PrivateKey) -> None:
        """Sign under this name; raises NoteError for a name that no key can have."""
        self._private = private
        self.key = VerifierKey(name, ED25519, public_bytes(private))

    def sign(self, text: str) -> Signature:
        """The signature line for a text."""
        return Signature(self.key.name, self.key.id, self._private.sign(text.encode()))


def public_bytes(private: Ed25519PrivateKey) -> bytes:
    """The 32 bytes of the public half of a key (RFC 8032 §5.1.5)."""
    return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def format_note(note: Note) -> bytes:
    """The bytes of a note; raises NoteError for what would not read back."""
    lines = (
        f"— {each.name} {format_base64(each.key_id + each.signature)}\n" for each in note.signatures
    )
    data = f"{note.text}\n{''.join(lines)}".encode()
    if parse_note(data) != note:
        raise NoteError("this text or a name in it cannot stand in a note")
    return data


def parse_note(data: bytes) -> Note:
    """The text and the signatures of a note, none of them checked yet.

    Raises NoteError for all that is not written exactly as the specification has it.
    """
    if len(data) > MAX_NOTE:
        raise NoteError(f"a note has at most {MAX_NOTE} bytes, not {len(data)}")
    try:
        whole = data.decode()
    except UnicodeDecodeError:
        raise NoteError("a note is UTF-8") from None
    if _CONTROL.search(whole):
        raise NoteError("a note has no control character but newlines")
    above, empty_line, below = whole.rpartition("\n\n")
    if not empty_line or not below.endswith("\n"):
        raise NoteError("a note is a text, an empty line and signatures, each ending in a newline")
    lines = below[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise NoteError(f"a note has at most {MAX_SIGNATURES} signatures, not {len(lines)}")
    return Note(above + "\n", tuple(_parse_signature(line) for line in lines))


def check_note(note: Note, keys: Iterable[VerifierKey]) -> list[VerifierKey]:
    """Those of these keys of type 0x01 that signed the note.

    Raises NoteError where a line names one of them and its signature does not fit,
    even if another does: whoever changed it wanted something.
    """
    signed = []
    for key in keys:
        if key.kind != ED25519:
            continue
        mine = [each for each in note.signatures if each.is_of(key)]
        for each in mine:
            key.check(note.text.encode(), each.signature)
        if mine:
            signed.append(key)
    return signed


def format_verifier_key(key: VerifierKey) -> str:
    """The text of a key: `<name>+<hex key ID>+<base64(type ‖ public key)>`."""
    return f"{key.name}+{key.id.hex()}+{format_base64(bytes([key.kind]) + key.public)}"


def parse_verifier_key(text: str) -> VerifierKey:
    """The exact inverse of `format_verifier_key`; raises NoteError for any other text."""
    found = _VERIFIER_KEY.fullmatch(text)
    if not found:
        raise NoteError("a key reads like example.org/log+0123abcd+AbC…, with two plus signs")
    name, key_id, encoded = found.groups()
    material = parse_base64(encoded)
    if not material:
        raise NoteError("a key begins with its type")
    key = VerifierKey(name, material[0], material[1:])
    if key.id.hex() != key_id:
        raise NoteError(f"the ID of this key is {key.id.hex()}, not {key_id}: it was altered")
    return key


def format_base64(data: bytes) -> str:
    """Standard base 64 with padding (RFC 4648 §4)."""
    return b64encode(data).decode()


def parse_base64(text: str) -> bytes:
    """The exact inverse of `format_base64`; raises NoteError for any other spelling."""
    try:
        data = b64decode(text, validate=True)
    except ValueError:
        raise NoteError(f"this is no base 64: {text!a:.80}") from None
    # Bits after the last byte may be anything to a decoder, so a changed one would go unseen.
    if format_base64(data) != text:
        raise NoteError(f"this is not how base 64 spells it: {text!a:.80}")
    return data


def _parse_signature(line: str) -> Signature:
    found = _SIGNATURE_LINE.fullmatch(line)
    if not found:
        raise NoteError(f"this is no signature line: {line!a:.80}")
    data = parse_base64(found[2])
    if len(data) <= KEY_ID_SIZE:
        raise NoteError(f"a signature follows {KEY_ID_SIZE} bytes that name its key")
    return Signature(found[1], data[:KEY_ID_SIZE], data[KEY_ID_SIZE:])
