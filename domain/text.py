"""The texts of the record: what a name, a slug, a number and a reference look like.

Every text is in Unicode normalisation form C and free of control characters,
so that equal texts are equal bytes in the leaf (RFC 8785 signs bytes, not
characters). Nothing is repaired silently: a text that breaks a rule is refused
with the rule.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import (
    AfterValidator,
    BeforeValidator,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    Strict,
    StringConstraints,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

MAX_TEXT = 8_000
"""The longest free text in code points; several of them still fit in one leaf."""
MAX_QUOTE = 300
"""The longest quotation in code points: it supports a claim and never replaces the source."""
MAX_CONTEXT = 32
"""The longest prefix or suffix of a quotation in code points (W3C text quote selector)."""
MAX_DIGITS = 40
"""The most digits of a number on either side of its point: far more than any count has, and
few enough to write out; 1e999999999 is ten characters long and a gigabyte of digits."""
MAX_SLUG = 64
"""The longest slug in characters, so that three of them make a readable stream name."""
RESERVED_NEGOTIATIONS = frozenset({"commons", "log"})
"""Names that begin streams of other sorts and so can never be a negotiation's."""

SEALED = "$sealed"
"""The name that marks a value as encrypted in the leaf, so that it can be erased later."""
SEALED_REFUSED = "is sealed, which is reserved and not taken yet; give the value itself"

_DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

_SLUG = r"[a-z0-9]+(?:-[a-z0-9]+)*"
SLUG_PATTERN = rf"^{_SLUG}$"
STREAM_PATTERN = rf"^(?:{_SLUG}/{_SLUG}/{_SLUG}|log)$"
DECIMAL_PATTERN = r"^-?(?:0|[1-9][0-9]{0,20})(?:\.[0-9]{1,12})?$"
DECIMAL_END = 1e21
"""The first number that has more digits before its point than the pattern takes."""
WHOLE_PATTERN = r"^-?(?:0|[1-9][0-9]{0,15})$"
"""A whole number as text; the largest that a leaf holds has sixteen digits."""


@dataclass(frozen=True, slots=True)
class Refers:
    """Marks a field as a reference, and says to what.

    `to` is a thing (`actor`, `element`, …) for a slug, `stream` for the full
    name of a thing, and `event` for the id of an entry of the log.
    """

    to: str


def check_text(text: str) -> str:
    """Return the text if it may be written for ever; raise ValueError with the rule otherwise."""
    # What is printable throughout holds none of them, and most texts are.
    for place, character in enumerate("" if text.isprintable() else text):
        if sort := _unwritable(character):
            message = (
                f"holds {sort} U+{ord(character):04X} at place {place}; "
                "remove it, and write line breaks as spaces"
            )
            raise ValueError(message)
    if not unicodedata.is_normalized("NFC", text):
        message = "is not in Unicode form C (NFC); normalise it before sending"
        raise ValueError(message)
    if not text.strip():
        message = "is blank; leave the field out or write what it says"
        raise ValueError(message)
    return text


def _unwritable(character: str) -> str | None:
    """What sort of code point no text may hold; None for all others.

    Noncharacters and halves of surrogate pairs are kept out of JSON by RFC 7493.
    Direction overrides make a text read otherwise than it is signed (CVE-2021-42574).
    """
    code, category = ord(character), unicodedata.category(character)
    if category == "Cs":
        return "half of a surrogate pair,"
    if code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF:  # noqa: PLR2004 - Unicode's own.
        return "the noncharacter"
    if character in _DIRECTIONS:
        return "the direction control"
    return "the control character" if category in {"Cc", "Zl", "Zp"} else None


def _write_as_text(value: object) -> object:
    """Numbers come from YAML and JSON as numbers; the record keeps decimals as their text."""
    if isinstance(value, bool):
        message = "is true or false where a number belongs"
        raise ValueError(message)  # noqa: TRY004 - pydantic collects ValueErrors into one report.
    if isinstance(value, Decimal):
        _check_writable(value)
        return format(value, "f")
    return str(value) if isinstance(value, int | float) else value


def _check_writable(value: Decimal) -> None:
    if not value.is_finite() or abs(value.adjusted()) > MAX_DIGITS:
        message = f"is not a number of at most {MAX_DIGITS} digits; write its digits out"
        raise ValueError(message)


def _check_whole(value: object) -> object:
    """True is 1 to Python and 26.0 is 26, but neither is what somebody counted."""
    if isinstance(value, Decimal):
        _check_writable(value)
    if isinstance(value, bool | float | Decimal):
        message = (
            f"is {value}, which is not a whole number; write it without a fraction, such as 26"
        )
        raise ValueError(message)  # noqa: TRY004 - pydantic collects ValueErrors into one report.
    # Python reads much more as a number, such as " 5", "5_000" and the digits of other scripts.
    if isinstance(value, str) and _WHOLE_MATCH.fullmatch(value) is None:
        message = "is not a whole number; write it in figures, without a fraction"
        raise ValueError(message)
    return value


@dataclass(frozen=True, slots=True)
class Whole:
    """Marks a whole number from `least` to `most`; YAML and the command line may bring its digits.

    The JSON Schema of the field says both.
    """

    least: int
    most: int

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Read an `int` of the range."""
        del source, handler
        number = core_schema.int_schema(ge=self.least, le=self.most)
        return core_schema.no_info_before_validator_function(_check_whole, number)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Say that a number is taken, or its digits as text."""
        return {"anyOf": [handler(schema), {"type": "string", "pattern": WHOLE_PATTERN}]}


@dataclass(frozen=True, slots=True)
class OrNumber:
    """Has the JSON Schema of a decimal text say that it may be a number, of at least `least`."""

    least: int | None = None

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Say that text is taken, or a number."""
        least = (
            {"exclusiveMinimum": -DECIMAL_END} if self.least is None else {"minimum": self.least}
        )
        number = {"type": "number", **least, "exclusiveMaximum": DECIMAL_END}
        return {"anyOf": [handler(schema), number]}


Text = Annotated[str, AfterValidator(check_text), StringConstraints(max_length=MAX_TEXT)]
Quote = Annotated[str, AfterValidator(check_text), StringConstraints(max_length=MAX_QUOTE)]
Context = Annotated[str, AfterValidator(check_text), StringConstraints(max_length=MAX_CONTEXT)]
Slug = Annotated[str, StringConstraints(pattern=SLUG_PATTERN, max_length=MAX_SLUG)]
StatusWord = Annotated[str, StringConstraints(pattern=r"^[a-z]+(?:_[a-z]+)*$", max_length=MAX_SLUG)]
"""A status as the things' evolve gives it, such as `in_force`."""
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
DecimalText = Annotated[
    str, StringConstraints(pattern=DECIMAL_PATTERN), BeforeValidator(_write_as_text), OrNumber()
]
"""A decimal number as text, such as "2.5": JSON numbers lose digits, texts do not."""
QuantityText = Annotated[
    str,
    StringConstraints(pattern=DECIMAL_PATTERN.replace("-?", "")),
    BeforeValidator(_write_as_text),
    OrNumber(least=0),
]
"""An amount of something as decimal text; nobody pledges less than nothing."""
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""An ISO 4217 code."""
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$")]
"""A language tag of RFC 5646."""

Cardinality = Annotated[int, Whole(1, 10_000)]
"""How many there are of those who act together."""
Truth = Annotated[bool, Strict()]
"""True or false, and no word or number that somebody may have meant by it."""

Identity = Annotated[UUID, PlainSerializer(str, return_type=str)]
EventId = Annotated[Identity, Refers("event")]
Stream = Annotated[str, StringConstraints(pattern=STREAM_PATTERN), Refers("stream")]
ActorSlug = Annotated[Slug, Refers("actor")]
SourceSlug = Annotated[Slug, Refers("source")]
ElementSlug = Annotated[Slug, Refers("element")]
IssueSlug = Annotated[Slug, Refers("issue")]
ConditionSlug = Annotated[Slug, Refers("condition")]
PledgeSlug = Annotated[Slug, Refers("pledge")]
AttackSlug = Annotated[Slug, Refers("attack")]
MeasureSlug = Annotated[Slug, Refers("measure")]

_SLUG_MATCH = re.compile(SLUG_PATTERN)
_WHOLE_MATCH = re.compile(WHOLE_PATTERN)


def is_slug(text: str) -> bool:
    """Whether the text is a slug: lower-case words and digits joined by hyphens, at most 64."""
    return len(text) <= MAX_SLUG and _SLUG_MATCH.fullmatch(text) is not None
