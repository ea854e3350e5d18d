"""The words a reader is given: statuses, dates and voices, as people say them.

Nothing here adds to an answer or leaves anything out of it: what is uncertain is
said to be, and what nobody recorded is never said not to be so.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from projections.answers import Attribution, Behind, Item, PledgeItem, VoiceItem

STATUSES = {
    "not_yet_rated": "not yet rated",
    "not_reported_met": "not met, as far as recorded",
}
"""Statuses that read as something else than their own name with spaces for underscores."""
MODES = {
    "question_presupposition": "taken for granted in a question",
    "analyst_inference": "an inference",
    "common_knowledge": "as common knowledge",
    "partial_quote": "partly quoted",
    "direct_quote": "quoted",
}
"""How a voice hands a claim on, where that is not plain reporting."""
HEADLINES = frozenset({"summary", "question", "text", "title", "name"})
"""The attributes that say what an event is; an answer's `summary` is the first there is."""
MARKS = {"?": "{}, perhaps", "~": "about {}", "%": "about {}, perhaps"}
"""EDTF's marks for uncertain, approximate, and both."""
END_OF_DAY = "T23:59Z"
MIDNIGHT = "T00:00Z"


def word(status: str) -> str:
    """One status in words."""
    return STATUSES.get(status, status.replace("_", " "))


def standing(status: str, certain: str | None) -> str:
    """A status that may be so beside the one that must be: "pledged; perhaps withdrawn"."""
    if status == certain:
        return word(status)
    if certain is None and status in STATUSES:
        return f"possibly stated; {word(status)}"
    if certain is None:
        return f"possibly {word(status)}"
    return f"{word(certain)}; perhaps {word(status)}"


def status_of(item: Item) -> str:
    """The status of an item; a pledge that stalled or ended says at which rung it did."""
    words = standing(item.status, item.certain_status)
    if isinstance(item, PledgeItem) and item.status != item.rung and item.rung not in words:
        words = f"{words}, after {word(item.rung)}"
    return words


def date(edtf: str | None) -> str:
    """A date of the record in words; the same text for what has no shorter one."""
    if edtf is None:
        return ""
    if edtf.startswith("["):
        return _set(edtf[1:-1])
    start, slash, end = edtf.partition("/")
    if not slash:
        return _marked(edtf)
    if start in {"", ".."}:
        return f"until {_marked(end)}"
    if end in {"", ".."}:
        return f"since {_marked(start)}"
    return f"{_marked(start)} to {_marked(end)}"


def _set(inner: str) -> str:
    if "," in inner:
        *first, last = [_marked(member) for member in inner.split(",")]
        return f"{', '.join(first)} or {last}"
    start, _, end = inner.partition("..")
    return f"between {_marked(start)} and {_marked(end)}" if start else f"by {_marked(end)}"


def _marked(text: str) -> str:
    plain, mark = (text[:-1], text[-1]) if text[-1:] in MARKS else (text, "")
    return MARKS.get(mark, "{}").format(instant(plain))


def instant(text: str) -> str:
    """A moment as `2025-09-04 12:00 UTC`, or `UTC+03:00`; a date stays a date."""
    return re.sub(r"T(\d\d:\d\d)(?:Z|([+-].+))$", r" \1 UTC\2", text)


def day(text: str) -> str:
    """A moment that closes a day, as the day; a moment within one, with its time."""
    return text.removesuffix(END_OF_DAY) if text.endswith(END_OF_DAY) else instant(text)


def voices(citations: Iterable[Attribution], attribute: str | None = None) -> str:
    """Who says so: each distinct chain of voices, outermost first, with its hedges.

    With `attribute`, who says that of it; without, who says what the headline says,
    so that a hedge on a reason is not read as one on the claim.
    """
    given = list(citations)
    wanted = HEADLINES if attribute is None else {attribute}
    said = [c for c in given if _supports(c, wanted) or (attribute is None and not c.supports)]
    if attribute is None and not said:
        said = given
    return "; ".join(dict.fromkeys(map(_chain, said)))


def _supports(citation: Attribution, attributes: Collection[str]) -> bool:
    return any(name.partition("/")[0] in attributes for name in citation.supports)


def _chain(citation: Attribution) -> str:
    heard = [v for v in citation.chain if v.role != "publisher"] or list(citation.chain)
    return " › ".join(map(_voice, heard)) or citation.source


def _voice(voice: VoiceItem) -> str:
    # A publisher prints what an author writes; how it does so says nothing of the claim.
    modes = [] if voice.role == "publisher" else [MODES.get(voice.mode, "")]
    said = ", ".join(filter(None, (*modes, *(f"“{hedge.cue}”" for hedge in voice.hedges))))
    return f"{voice.actor} ({said})" if said else voice.actor


def behind(actor: Behind) -> str:
    """An actor behind something; a group with how many it is said to have, and who is known."""
    if (actor.reported, actor.known) == (1, 1) and not actor.members:
        return actor.name
    if actor.reported == 1 and actor.known == 0:
        return f"{actor.name}: members not known"
    known = "none" if actor.known == 0 else str(actor.known)
    return f"{actor.name}: {actor.reported} reported, {known} known by name"


def several(names: Iterable[str]) -> str:
    """Names in a row."""
    return ", ".join(names)


def count(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: "1 event", "3 events"."""
    return f"{number} {one if number == 1 else many or one + 's'}"
