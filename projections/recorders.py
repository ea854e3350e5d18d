"""Who recorded what, and how long after it happened? The register of those who record.

A delay counts from the last minute in which a record can have begun to the one in
which it was recorded, so that a vague date makes nobody look slow; it is 0 for what
was recorded before. What has no date has none, and neither has a remark on an entry.

This page is the question itself; `projections.recorder_index` answers it from tables.
There a median is found by steps: up to 128 minutes each minute is one, and beyond that
a step is less than a sixty-fourth of the delays on it, which is all that a median tells.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from domain.entries import EntryCorrected, EntryEndorsed, EntryLinked, EntryRetracted
from domain.entry import LOG_STREAM, Entry
from projections.answers import Answer

MINUTE = 60_000_000
"""Microseconds of a minute."""
BITS = 6
"""Binary digits of a delay after the first that its step keeps."""
ACTS: Mapping[str, str] = {
    EntryCorrected.TOPIC: "corrected",
    EntryRetracted.TOPIC: "retracted",
    EntryEndorsed.TOPIC: "endorsed",
    EntryLinked.TOPIC: "linked",
}
"""What somebody does by recording a remark; by anything else they record."""
RECORDED = "recorded"
SUMS = (RECORDED, *ACTS.values())
"""What is summed up of every recorder."""


class RecorderSummary(Answer):
    """How often a recorder did what, and the position of the last of it."""

    subject: str
    recorded: int
    corrected: int
    retracted: int
    endorsed: int
    linked: int
    last: int


class Delay(Answer):
    """How long after they happened `dated` events were recorded, in minutes.

    `median` is the lower one, rounded down by less than a sixty-fourth.
    """

    dated: int
    least: int
    median: int
    most: int


class Recorder(RecorderSummary):
    """A recorder, and how long after it happened they recorded what has a date."""

    delay: Delay | None


def recorders_in(entries: Iterable[Entry], known: int) -> tuple[Recorder, ...]:
    """Everybody who had recorded anything by a position, by name; the log's own entries aside."""
    by_subject: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.position <= known and has_recorder(entry):
            by_subject.setdefault(entry.recorded_by, []).append(entry)
    return tuple(_recorder(subject, found) for subject, found in sorted(by_subject.items()))


def has_recorder(entry: Entry) -> bool:
    """Whether somebody recorded it; the log writes its own stream by itself."""
    return entry.stream != LOG_STREAM


def act_of(entry: Entry) -> str:
    """What its recorder did."""
    return ACTS.get(entry.kind, RECORDED)


def delay_of(entry: Entry) -> int | None:
    """The delay of a record in minutes; None for a remark and for what has no date."""
    return delays_of(entry)[0]


def delays_of(entry: Entry) -> tuple[int | None, int | None]:
    """The least and the most that it can be, from the last and the first minute it can have begun.

    None where nobody says; both for a remark and for what has no date.
    """
    span = None if entry.kind in ACTS else entry.span
    if span is None:
        return None, None
    at = entry.recorded_at // MINUTE
    least, most = (None if m is None else max(0, at - m) for m in (span.start_hi, span.start_lo))
    return least, most


def step_of(delay: int) -> int:
    """The step that a delay is on; later steps are longer delays."""
    shift = max(0, delay.bit_length() - 1 - BITS)
    return (shift << BITS) + (delay >> shift)


def least_on(step: int) -> int:
    """The shortest delay on a step."""
    shift = max(0, (step >> BITS) - 1)
    return (step - (shift << BITS)) << shift


def median_of(steps: Sequence[tuple[int, int]]) -> int:
    """The median of delays, given how many of them are on each step, in the order of the steps."""
    rank = (sum(many for _, many in steps) - 1) // 2
    for step, many in steps:
        if rank < many:
            return least_on(step)
        rank -= many
    raise ValueError("there is no median of nothing")


def _recorder(subject: str, entries: Sequence[Entry]) -> Recorder:
    acts = Counter(map(act_of, entries))
    delays = [delay for entry in entries if (delay := delay_of(entry)) is not None]
    return Recorder(
        subject=subject,
        **{act: acts[act] for act in SUMS},
        last=max(entry.position for entry in entries),
        delay=None
        if not delays
        else Delay(
            dated=len(delays),
            least=min(delays),
            median=median_of(sorted(Counter(map(step_of, delays)).items())),
            most=max(delays),
        ),
    )
