r"""The leaf: the bytes of one log entry, which can never be changed.

A leaf is RFC 8785 canonical JSON of one object (wire.md, "The leaf"), in the
subset that needs no rule for floating point: text, whole numbers below 2⁵³,
true and false, arrays and objects with ASCII keys; no null, no float. Text is
NFC without control characters, surrogates or noncharacters (RFC 7493 §2.1, on
which RFC 8785 rests, allows neither of the last two). In this subset the
canonical form is: keys in order of their characters, no spaces, and in text
only `"` and `\` escaped.

A draft is encoded before the log is locked; under the lock the recorder knows
position, version, time and nonce, and completing the leaf only joins bytes.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from unicodedata import is_normalized

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LEAF_VERSION = 1
MAX_LEAF = 65_535  # Entry bundles of tlog-tiles give a leaf's length in two bytes.
MAX_BODY = 60_000  # Leaves room for the envelope, so that a body is refused early.
MAX_INTEGER = 2**53 - 1  # Beyond it JSON numbers of other languages lose digits.
MAX_DEPTH = 32  # The deepest leaf of wire.md, a corrected citation, has 9; the walk must end.
NONCE_SIZE = 16

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# Newer Pythons read 24:00 as the next midnight, which would be a second spelling.
_RECORDED_AT = re.compile(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z", re.ASCII)
_LONGEST_COMPLETION = (
    "0" * (2 * NONCE_SIZE),
    f'{MAX_INTEGER},"recorded_at":"2025-09-04T23:59:59.000000Z"',
    f"{MAX_INTEGER}}}",
)
_COMPLETION_SIZE = sum(map(len, _LONGEST_COMPLETION))
_FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(17))
    + "]"
)
_encode = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, sort_keys=True, separators=(",", ":")
).encode


class LeafError(ValueError):
    """What cannot stand in a leaf: the rule it breaks, and where (`$.data.summary`)."""

    def __init__(self, rule: str, path: str = "") -> None:
        """Name the rule; `path` is relative to the value at hand."""
        super().__init__(rule, path)
        self.rule = rule
        self.path = path

    def __str__(self) -> str:
        """The place first, then the rule."""
        return f"${self.path}: {self.rule}"

    def under(self, step: str) -> LeafError:
        """The same fault as seen from the value one step further out."""
        return type(self)(self.rule, step + self.path)


class LeafTooLarge(LeafError):
    """The leaf would exceed MAX_LEAF bytes."""


@dataclass(frozen=True, slots=True)
class LeafDraft:
    """A leaf but for position, version, time and nonce; fits MAX_LEAF however completed."""

    head: bytes  # from `{` to the opening quote of the nonce
    middle: bytes  # to the colon after "position"
    tail: bytes  # from the comma after the recorded time to the colon after "version"

    def complete(self, *, position: int, version: int, recorded_at: int, nonce: bytes) -> bytes:
        """The leaf, joined from its pieces.

        `position` and `version` count from 1, `recorded_at` is in microseconds
        since the epoch in UTC, `nonce` has 16 bytes. Raises LeafError otherwise.
        """
        if len(nonce) != NONCE_SIZE:
            raise LeafError(f"a nonce has {NONCE_SIZE} bytes, not {len(nonce)}", ".nonce")
        for name, count in (("position", position), ("version", version)):
            if not 0 < count <= MAX_INTEGER:
                raise LeafError(f"it counts from 1 to {MAX_INTEGER}, here {count}", f".{name}")
        time = format_recorded_at(recorded_at)
        known = f'{position},"recorded_at":"{time}"'
        pieces = (self.head, nonce.hex().encode(), self.middle, known.encode(), self.tail)
        return b"%b%d}" % (b"".join(pieces), version)

    def size(self) -> int:
        """The most bytes the completed leaf can have."""
        pieces = len(self.head) + len(self.middle) + len(self.tail)
        return pieces + _COMPLETION_SIZE


def draft_leaf(  # noqa: PLR0913 — one argument for each attribute of the leaf
    *,
    id: str,
    stream: str,
    kind: str,
    schema: int,
    recorded_by: str,
    data: Mapping[str, object],
    cite: Sequence[Mapping[str, object]] | None = None,
    occurred: str | None = None,
    bounds: Mapping[str, object] | None = None,
    import_: Mapping[str, object] | None = None,
    request: str | None = None,
    auth: str | None = None,
) -> LeafDraft:
    """Encode all that is known of a leaf before the log is locked.

    None means absent, and absent is omitted; `auth` is opaque text. Raises
    LeafError for what cannot stand in a leaf, LeafTooLarge for more than MAX_LEAF bytes.
    """
    before_nonce = {
        "auth": auth,
        "bounds": bounds,
        "cite": cite,
        "data": data,
        "id": id,
        "import": import_,
        "kind": kind,
    }
    after_nonce = {"occurred": occurred}
    after_time = {
        "recorded_by": recorded_by,
        "request": request,
        "schema": schema,
        "stream": stream,
        "v": LEAF_VERSION,
    }
    head, middle, tail = (_format_members(part) for part in (before_nonce, after_nonce, after_time))
    draft = LeafDraft(
        head=b'{%b,"nonce":"' % head,
        middle=b'",%b%b"position":' % (middle, b"," if middle else b""),
        tail=b',%b,"version":' % tail,
    )
    if draft.size() > MAX_LEAF:
        raise LeafTooLarge(f"a leaf has at most {MAX_LEAF} bytes, this one may need {draft.size()}")
    return draft


def format_canonical(value: object) -> bytes:
    """The RFC 8785 form of a value of the subset; raises LeafError outside it."""
    _check(value, 0)
    return _encode(value).encode()


def parse_canonical(data: bytes) -> dict[str, Any]:
    """The object whose canonical form these bytes are, and no other bytes.

    Raises LeafError for everything else: other spellings of the same object,
    keys given twice, and whatever lies outside the subset.
    """
    try:
        value = json.loads(data.decode())
    except (ValueError, RecursionError) as cause:
        raise LeafError(f"these bytes are no JSON in UTF-8 ({cause})") from None
    if not isinstance(value, dict):
        raise LeafError("a leaf is one JSON object")
    if format_canonical(value) != data:
        raise LeafError(
            "not in canonical form: a key twice or out of order, a space or a needless escape"
        )
    return value


def format_recorded_at(microseconds: int) -> str:
    """RFC 3339 in UTC with six digits, `2025-09-04T23:59:59.000000Z`.

    Takes microseconds since the epoch; raises LeafError outside the years 1–9999.
    """
    try:
        instant = _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        raise LeafError("a recorded time lies in the years 0001 to 9999", ".recorded_at") from None
    return instant.isoformat(timespec="microseconds")[:-6] + "Z"


def parse_recorded_at(text: str) -> int:
    """The exact inverse of `format_recorded_at`; raises LeafError for any other text."""
    rule = "a recorded time reads like 2025-09-04T23:59:59.000000Z"
    if not _RECORDED_AT.fullmatch(text):
        raise LeafError(rule, ".recorded_at")
    try:
        return (datetime.fromisoformat(text) - _EPOCH) // _MICROSECOND
    except ValueError:
        raise LeafError(rule, ".recorded_at") from None


def _format_members(members: Mapping[str, object]) -> bytes:
    """The canonical form of an object without its braces, absent members omitted."""
    present = {key: value for key, value in members.items() if value is not None}
    return format_canonical(present)[1:-1]


def _check(value: object, depth: int) -> None:
    """Refuse what lies outside the subset; one visit to every value.

    Types are compared exactly, because a subclass may encode as something else.
    """
    if type(value) is str:
        _check_text(value)
    elif type(value) is dict:
        _check_members(value, depth + 1)
    elif type(value) is list or type(value) is tuple:
        _check_items(value, depth + 1)
    elif type(value) is int:
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise LeafError("whole numbers lie below 2^53; write a larger one as text")
    elif type(value) is not bool:
        name = type(value).__name__
        raise LeafError(f"a leaf holds no {name}; decimals are text, what is absent is left out")


def _check_members(members: dict[object, object], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise LeafError(f"nested more than {MAX_DEPTH} deep")
    for key, value in members.items():
        if type(key) is not str or not (key.isascii() and key.isprintable()):
            raise LeafError(f"keys are printable ASCII, not {key!a:.40}")
        # Most values are plain text, and a call for each would double the time.
        if type(value) is str and value.isascii() and value.isprintable():
            continue
        try:
            _check(value, depth)
        except LeafError as fault:
            raise fault.under(f".{key}") from None


def _check_items(items: list[object] | tuple[object, ...], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise LeafError(f"nested more than {MAX_DEPTH} deep")
    for index, value in enumerate(items):
        try:
            _check(value, depth)
        except LeafError as fault:
            raise fault.under(f"[{index}]") from None


def _check_text(text: str) -> None:
    # Printable text holds nothing forbidden; the reverse is not true of, say, a no-break space.
    if not text.isprintable():
        found = _FORBIDDEN.search(text)
        if found:
            code = ord(found[0])
            raise LeafError(
                f"text holds no control character, surrogate or noncharacter, here U+{code:04X}"
            )
    if not is_normalized("NFC", text):
        raise LeafError("text is in Unicode normalization form C (NFC)")
