"""What a batch is made of: its members, who writes it, and what comes of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from domain.entry import Draft, Import
from domain.errors import InvalidInput, ParleyError, Problem, VersionConflict
from domain.event import Event
from domain.text import check_text

_DECIMAL = '"Decimal('
"""How a decimal begins in what a digest is taken of; those that are kept depend on it."""
MAX_NAME = 255
"""The longest idempotency key, subject or request id in characters; they are kept for ever."""


@dataclass(frozen=True, slots=True)
class Member:
    """One event of a batch, with the id it will have.

    `index` is its place in the array it came in, None if it came alone.
    """

    event: Event
    id: UUID
    index: int | None = None
    imported: Import | None = None

    @property
    def id_is_chosen(self) -> bool:
        """Whether the id was chosen by someone, so that it may be taken already."""
        return self.event.id is not None or self.imported is not None


@dataclass(frozen=True, slots=True)
class Writer:
    """Who records where: what all members of a batch share.

    `auth` is how the subject proved to be it, such as by which key.
    """

    negotiation: str
    subject: str
    request: str | None = None
    auth: str | None = None
    expected_version: int | None = None

    def agree(self, stream: str, version: int) -> int:
        """The version to append at; raises VersionConflict if the caller expects another."""
        expected = self.expected_version
        if expected is not None and expected != version:
            raise VersionConflict(
                Problem(
                    "expected_version",
                    f"{stream} stands at version {version}, not {expected}",
                    "read it again and decide on what it says now",
                )
            )
        return version


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asked for: the action, what it is done to, and what was given with it.

    An idempotency key stands for this, as it was handed in. What the log makes of it
    is another matter, and may change when a kind gets a new schema number.
    """

    action: str
    target: str
    given: object

    def digest(self) -> str:
        """The SHA-256 of the request; raises InvalidInput for what is no JSON."""
        asked = {"action": self.action, "target": self.target, "given": self.given}
        try:
            text = _as_text(asked)
            if _DECIMAL in text:
                # Decimals come as numbers; what is written like one is told apart from it.
                text = _as_text(_told_apart(asked))
        except (RecursionError, TypeError, ValueError):
            rule = "is no JSON, so that a key cannot stand for it"
            raise InvalidInput(Problem("body", rule, "send objects, lists and texts")) from None
        return hashlib.sha256(text.encode()).hexdigest()


def _as_text(asked: object) -> str:
    return json.dumps(asked, sort_keys=True, separators=(",", ":"), default=repr)


def _told_apart(value: object) -> object:
    """The same, with every text that spells a decimal as a decimal is written put in an object."""
    if isinstance(value, Mapping):
        return {name: _told_apart(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_told_apart(each) for each in value]
    if isinstance(value, str) and value.startswith(_DECIMAL[1:]):
        return {"$text": value}
    return value


@dataclass(frozen=True, slots=True)
class Drafted:
    """The drafts of the members that can be recorded, and the refusals of the others."""

    drafts: tuple[Draft, ...]
    refused: tuple[tuple[Member, ParleyError], ...]


def check_names(**names: str | None) -> None:
    """Raise InvalidInput unless each name can be kept for ever; None is no name."""
    problems: list[Problem] = []
    for field, text in names.items():
        if text is None:
            continue
        try:
            check_text(text)
        except ValueError as error:
            rule, _, way_out = str(error).partition("; ")
            problems.append(Problem(field, rule, way_out))
        if len(text) > MAX_NAME:
            rule = f"is longer than {MAX_NAME} characters"
            problems.append(Problem(field, rule, "choose a shorter one"))
    if problems:
        raise InvalidInput(*problems)
