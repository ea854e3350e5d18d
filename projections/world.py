"""The world at one minute, as known at one position: all that an answer is computed from.

The reference makes it by folding the log, the read model by one look into its
rectangles. Whatever is computed from it, storey two, is the same for both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.entry import Entry
from domain.event import Event
from domain.state import Trace
from domain.story import Standing
from projections.answers import Cause
from projections.relations import Link

HAPPENS = frozenset(
    {
        "agreement",
        "attack",
        "condition",
        "consultation",
        "issue",
        "measure",
        "pledge",
        "statement",
        "threat",
    }
)
"""The sorts of things that make an answer; elements are defined and hold at every date."""


@dataclass(frozen=True, slots=True)
class Mention:
    """An entry as an answer names it: where it stands, what it says, and in which story."""

    cause: Cause
    stream: str
    kind: str
    summary: str

    @classmethod
    def of(cls, entry: Entry) -> Mention:
        """The mention of an entry."""
        return cls(cause_of(entry), entry.stream, entry.kind, headline(entry.event))


@dataclass(frozen=True, slots=True)
class Counted:
    """Attacks that are counted without being looked at, at one minute and in one fold.

    `counts` are by window: those certainly in it and those that may be as well.
    `largest` is the most munitions launched and `last` the latest bounds of a
    beginning, each with its stream. `shown` are the streams that stand among the
    world's stories although they are counted here; these two do.
    """

    counts: Mapping[int | None, tuple[int, int]]
    largest: tuple[int, str] | None = None
    last: tuple[int, int, str] | None = None
    shown: frozenset[str] = frozenset()


NO_PILE = Counted({})
"""Every attack stands among the stories."""


@dataclass(frozen=True, slots=True)
class Horizon:
    """What would come next, for an answer that is empty; minutes, None where nothing would.

    `known` says whether anything was known of the negotiation, `there` whether
    something may have been there, `begun` whether at least something had begun that
    opens nothing; `unpublished` counts what `published_by` leaves out.
    """

    known: bool
    there: bool
    begun: bool
    possible: int | None
    certain: int | None
    unpublished: int = 0

    def __or__(self, other: Horizon) -> Horizon:
        """What would come next of two parts of one world."""
        return Horizon(
            known=self.known or other.known,
            there=self.there or other.there,
            begun=self.begun or other.begun,
            possible=_first(self.possible, other.possible),
            certain=_first(self.certain, other.certain),
            unpublished=self.unpublished + other.unpublished,
        )


@dataclass(frozen=True, slots=True)
class World:
    """Every story that has come to something at a minute, and what lies between them.

    `standings` are by stream and by stance key; `mentions` are the entries that
    they name by id; `links` have both ends known. `stance_streams` says in which
    streams a stance stands or once stood, where that is known without the log.
    """

    negotiation: str
    minute: int
    standings: dict[str, Standing]
    mentions: dict[UUID, Mention]
    links: tuple[Link, ...]
    horizon: Callable[[], Horizon]
    pile: Counted = NO_PILE
    stance_streams: Callable[[str], Sequence[str]] | None = None


def cause_of(entry: Entry) -> Cause:
    """An entry as an answer names it."""
    return Cause.model_validate(Trace.of(entry))


def headline(event: Event | None) -> str:
    """What a thing is, in the words of its event: summary, question, text, title or name."""
    for name in ("summary", "question", "text", "title", "name"):
        words = getattr(event, name, None)
        if isinstance(words, str):
            return words
    return ""


def _first(*minutes: int | None) -> int | None:
    return min((minute for minute in minutes if minute is not None), default=None)
