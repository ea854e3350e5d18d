"""Where is it said? Summaries, quotes, names and aliases in which every word asked for begins.

A text is folded as a reader would: compatibility forms (NFKD), case and marks are
set aside, and so are the apostrophes inside a word. Its words are its runs of
letters and digits, each known by its first `MAX_WORD` characters. A word that is
asked for is found where a word of the text begins with it.

This page is the question itself; `projections.text_index` answers it from tables.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice

from domain.bounds import ALWAYS
from domain.entry import LOG_STREAM, Entry
from domain.errors import InvalidInput, Problem
from domain.event import COMMONS
from projections.answers import Answer, Cause
from projections.world import cause_of, headline

PAGE = 50
"""How many hits are given unless asked otherwise: a few screens."""
MAX_EXCERPT = 160
"""How many code points of a long text a hit shows."""
MAX_WORD = 64
"""How many characters of a word count; a word of a PostgreSQL index has less than 2 KB."""
MAX_WORDS = 50
"""How many words one question may name: a long quotation has as many."""
SHAPE = frozenset({"kind", "id", "slug", "schema"})
"""Fields that name rather than say."""

_INSIDE = str.maketrans(
    {**dict.fromkeys("’ʼ", "'"), **dict.fromkeys("\u00ad\u200c\u200d\u2060\ufeff", "")}
)
"""Apostrophes are one; soft hyphens, joiners and other invisible characters part no word."""
# \w is what str.isalnum holds true, and the underscore.
_RUN = re.compile(r"[^\W_]+(?:'+[^\W_]+)*")
_PART = re.compile(r"[^']+")


class SearchHit(Answer):
    """An event that says it: where, in which field, and the text around it."""

    stream: str
    kind: str
    summary: str
    field: str
    excerpt: str
    event: Cause


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: words, and where.

    `known` is the position up to which the log was known, `minute` the last minute in
    which an entry may begin (None: any). `negotiation` stands for itself and the
    commons, None for all. `after` and `limit` cut a page out of the hits by position.
    """

    words: tuple[str, ...]
    known: int
    minute: int | None = None
    negotiation: str | None = None
    after: int = 0
    limit: int = PAGE


def read_query(query: str) -> tuple[str, ...]:
    """The words of a query; raises InvalidInput on `query` for none, or for too many."""
    words = tuple(dict.fromkeys(_spell(run)[0][1] for run in _RUN.findall(fold(query))))
    if not words:
        rule = "holds no word" if query.strip() else "is blank"
        way_out = "give the words to look for, in letters or digits"
        raise InvalidInput(Problem("query", rule, way_out))
    if len(words) > MAX_WORDS:
        rule = f"holds {len(words)} words, which is more than {MAX_WORDS}"
        raise InvalidInput(Problem("query", rule, "give the rarest of them"))
    return words


def search_in(entries: Iterable[Entry], wanted: Wanted) -> tuple[SearchHit, ...]:
    """The hits among the entries that stand at `wanted.known`, in the order they were recorded.

    Links and endorsements are looked through as well, but not what the log says of itself.
    """
    owners = {wanted.negotiation, COMMONS}
    hits = (
        hit_in(entry, wanted.words)
        for entry in sorted(entries, key=lambda entry: entry.position)
        if entry.position > wanted.after
        and is_searched(entry)
        and (wanted.negotiation is None or entry.negotiation in owners)
        and (wanted.minute is None or begins(entry) <= wanted.minute)
        and _holds(words_of(entry), wanted.words)
    )
    return tuple(islice(hits, wanted.limit))


def is_searched(entry: Entry) -> bool:
    """Whether an entry belongs to a negotiation or to the commons."""
    return entry.negotiation != LOG_STREAM


def begins(entry: Entry) -> int:
    """The first minute it can have begun in, or the last if nobody says; ALWAYS without a date."""
    if entry.span is None:
        return ALWAYS
    lo, hi = entry.span.start_lo, entry.span.start_hi
    first = hi if lo is None else lo
    return ALWAYS if first is None else first


def words_of(entry: Entry) -> frozenset[str]:
    """Every word that its texts hold, folded.

    What follows an apostrophe is a word as well: `élysée` is found in `l'Élysée`.
    """
    texts = "\n".join(text for _, text in _texts(entry.event.body(), ""))
    runs = set(_RUN.findall(fold(texts)))
    # Most runs are words as they are; this is done for every entry of the log.
    others = {run for run in runs if "'" in run or len(run) > MAX_WORD}
    return frozenset(runs - others | {word for run in others for _, word in _spell(run)})


def hit_in(entry: Entry, words: Sequence[str]) -> SearchHit:
    """What an entry that holds the words shows of itself: the text that holds most of them."""
    texts = [(field, text, list(_places(text))) for field, text in _texts(entry.event.body(), "")]
    field, text, places = max(
        texts, key=lambda t: sum(_holds((held for _, held in t[2]), (word,)) for word in words)
    )
    begun = (at for word in words for at, held in places if held.startswith(word))
    return SearchHit(
        stream=entry.stream,
        kind=entry.kind,
        summary=headline(entry.event),
        field=field,
        excerpt=_around(text, next(begun, 0)),
        event=cause_of(entry),
    )


def fold(text: str) -> str:
    """The text without case and marks, for comparing; character by character."""
    if not text.isascii():
        apart = unicodedata.normalize("NFKD", text).translate(_INSIDE)
        text = "".join(c for c in apart if not unicodedata.category(c).startswith("M"))
    return text.casefold()


def _holds(held: Iterable[str], words: Sequence[str]) -> bool:
    """Whether each of the words begins one that is held."""
    held = tuple(held)
    return all(any(one.startswith(word) for one in held) for word in words)


def _places(text: str) -> Iterator[tuple[int, str]]:
    """The words of a text, each with its place in the folded text."""
    for run in _RUN.finditer(fold(text)):
        yield from ((run.start() + at, word) for at, word in _spell(run[0]))


def _spell(run: str) -> list[tuple[int, str]]:
    """The word that a run of letters is, and then what stands in it after an apostrophe."""
    if "'" not in run:
        return [(0, run[:MAX_WORD])]
    parts = islice(_PART.finditer(run), 1, None)
    later = [(part.start(), part[0][:MAX_WORD]) for part in parts]
    return [(0, run.replace("'", "")[:MAX_WORD]), *later]


def _around(text: str, place: int) -> str:
    """The part of a long text about a place in the folded text, cut where something is left out."""
    if len(text) <= MAX_EXCERPT:
        return text
    # Folding changes lengths, so the place is counted in what each character folds to.
    ends = list(accumulate(len(fold(character)) for character in text))
    room = MAX_EXCERPT - 2
    start = bisect_right(ends, place) - room // 2
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
