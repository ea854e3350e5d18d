"""Where is it said? Summaries, quotes, names and aliases that hold every word asked for."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate

from domain.entry import Entry
from projections.answers import Answer, Cause
from projections.world import cause_of, headline

MAX_EXCERPT = 160
"""How many code points of a long text a hit shows."""
SHAPE = frozenset({"kind", "id", "slug", "schema"})
"""Fields that name rather than say."""


class Hit(Answer):
    """An event that says it: where, in which field, and the text around it."""

    stream: str
    kind: str
    summary: str
    field: str
    excerpt: str
    event: Cause


def search_in(entries: Iterable[Entry], query: str) -> tuple[Hit, ...]:
    """The events whose texts hold every word of the query, in the order they were recorded.

    Case and accents are set aside, as a reader would.
    """
    words = [word for word in fold(query).split() if word]
    return tuple(hit for entry in entries if words and (hit := _hit(entry, words)) is not None)


def fold(text: str) -> str:
    """The text without case and accents, for comparing."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in apart if not unicodedata.combining(c))


def _hit(entry: Entry, words: list[str]) -> Hit | None:
    texts = list(_texts(entry.event.body(), ""))
    everything = fold(" ".join(text for _, text in texts))
    if not all(word in everything for word in words):
        return None
    field, text = max(texts, key=lambda t: sum(word in fold(t[1]) for word in words))
    return Hit(
        stream=entry.stream,
        kind=entry.kind,
        summary=headline(entry.event),
        field=field,
        excerpt=_around(text, next((word for word in words if word in fold(text)), "")),
        event=cause_of(entry),
    )


def _around(text: str, word: str) -> str:
    """The part of a long text that holds the word, cut at both ends where something is left out."""
    if len(text) <= MAX_EXCERPT:
        return text
    # Folding changes lengths, so the place is counted in what each character folds to.
    ends = list(accumulate(len(fold(character)) for character in text))
    room = MAX_EXCERPT - 2
    start = bisect_right(ends, fold(text).index(word)) - room // 2
    start = max(0, min(start, len(text) - room))
    end = start + room
    return f"{'…' * (start > 0)}{text[start:end]}{'…' * (end < len(text))}"


def _texts(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in SHAPE:
                yield from _texts(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _texts(inner, f"{path}.{number}")
    elif isinstance(value, str):
        yield path, value
