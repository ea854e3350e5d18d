"""Dates and times of day as tables hold them, read as EDTF: local time, in a named zone.

A date stays a date and a time of day gets the offset that its zone had then.
Nothing is guessed: an hour that comes twice, when clocks are set back, is
written as its day, and one that clocks skip is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.dates import first_minute, last_minute
from domain.errors import InvalidInput, Problem

TWICE = "is an hour that came twice in its time zone; taken as its day"
"""What is reported of a time that clocks show twice."""
_ISO = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[T ] ?(?P<hour>\d\d?):(?P<minute>\d\d)(?::\d\d(?:\.\d+)?)?"
    r" ?(?P<offset>Z|[+-]\d\d:?\d\d)?",
    re.ASCII,
)
_DATE = re.compile(r"\d{4}(?:-\d\d(?:-\d\d)?)?", re.ASCII)
_SIGNS = set("YmdbBHIMSfpz")
"""The signs of a pattern whose meaning is nearly the same everywhere; names of months differ."""
_TIMED = re.compile(r"%[HIMT]")
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Moment:
    """What a cell says: its EDTF, its own day, its first and last minute in UTC.

    `remark` is what is to be reported of it, if anything.
    """

    text: str
    day: str
    first: int
    last: int
    remark: str = ""

    @property
    def is_day(self) -> bool:
        """Whether it says no time of day."""
        return self.text == self.day

    def as_day(self) -> Moment:
        """The same with its time of day left off."""
        return _moment(self.day, self.day)


def zone_named(name: str) -> ZoneInfo:
    """A time zone of the IANA list; raises InvalidInput for a name that is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        rule = f"{name!r} is no time zone that is known here"
        way_out = "name one of the IANA list, such as Europe/Kyiv or UTC"
        raise InvalidInput(Problem("time_zone", rule, way_out)) from None


def is_timed(pattern: str) -> bool:
    """Whether a pattern for dates reads a time of day as well."""
    return _TIMED.search(pattern) is not None


def fault_of(pattern: str) -> str:
    """Why dates cannot be read by a pattern of `strptime`; blank if they can.

    A pattern that leaves something out has Python fill it in, and a date that
    somebody filled in is a guess.
    """
    signs = re.findall(r"%(.?)", pattern)
    given = set(signs)
    if other := sorted(given - _SIGNS):
        return f"has %{other[0]}, which is none of {' '.join(f'%{s}' for s in sorted(_SIGNS))}"
    if len(given) < len(signs):
        return "has the same sign twice"
    if not {"Y", "d"} <= given or len(given & {"m", "b", "B"}) != 1:
        return "does not read a year of four figures, a month and a day"
    if given & set("HIMSfpz") and not ("M" in given and ("H" in given) != ({"I", "p"} <= given)):
        return "does not read a whole time of day: %H:%M, or %I:%M %p"
    return ""


def read_local(text: str, zone: ZoneInfo | None, patterns: Sequence[str] = ()) -> Moment:
    """What a cell says, read by the patterns (`strptime`) if there are any, else as ISO 8601.

    Without a zone only times that bring their offset are read. Raises
    InvalidInput on the field `date` for everything else.
    """
    try:
        if patterns:
            return _by_pattern(text, zone, patterns)
        if _DATE.fullmatch(text):
            return _moment(text, text)
        if match := _ISO.fullmatch(text):
            return _timed(match, zone)
    except ValueError:
        raise _refuse(f"{text!r} is a date or a time that there is not", "correct it") from None
    raise _refuse(
        f"{text[:60]!r} is not read as a date",
        "write it as 2025-09-06 or 2025-09-06 17:00, or name its form under `date_forms`",
    )


def _by_pattern(text: str, zone: ZoneInfo | None, patterns: Sequence[str]) -> Moment:
    for pattern in patterns:
        try:
            local = datetime.strptime(text, pattern)  # noqa: DTZ007 - the zone is put to it below.
        except ValueError:
            continue
        if local.tzinfo is not None:
            return _moment(local.isoformat(timespec="minutes"), local.date().isoformat())
        if is_timed(pattern):
            return _in_zone(local.replace(second=0, microsecond=0), zone)
        return _moment(local.date().isoformat(), local.date().isoformat())
    raise _refuse(f"{text[:60]!r} has none of the forms {', '.join(patterns)}", "correct it")


def _timed(match: re.Match[str], zone: ZoneInfo | None) -> Moment:
    day, offset = match["day"], match["offset"]
    local = datetime.fromisoformat(f"{day}T{match['hour']:0>2}:{match['minute']}")
    if offset is None:
        return _in_zone(local, zone)
    written = offset if offset == "Z" or ":" in offset else f"{offset[:3]}:{offset[3:]}"
    return _moment(f"{local.isoformat(timespec='minutes')}{written}", day)


def _in_zone(local: datetime, zone: ZoneInfo | None) -> Moment:
    if zone is None:
        rule = f"{local:%Y-%m-%d %H:%M} has no offset, and the mapping names no time zone"
        raise _refuse(rule, "give `time_zone`, such as Europe/Kyiv or UTC")
    one, other = (local.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    day = local.date().isoformat()
    if one.utcoffset() != other.utcoffset():
        instants = {each.astimezone(UTC) for each in (one, other)}
        if any(i.astimezone(zone).replace(tzinfo=None) != local for i in instants):
            rule = f"there was no {local:%H:%M} on {day} in {zone.key}: clocks were set forward"
            raise _refuse(rule, "correct the time, or write it with its offset")
        days = {instant.date().isoformat() for instant in instants}
        if len(days) > 1:
            rule = f"{local:%H:%M} came twice on {day} in {zone.key}"
            raise _refuse(rule, "write the time with its offset")
        return _moment(days.pop(), day, TWICE)
    offset = one.utcoffset() or timedelta()
    if offset % _MINUTE:
        rule = f"{zone.key} had no offset of whole minutes on {day}"
        raise _refuse(rule, "write the time with the offset that is meant")
    written = one.isoformat(timespec="minutes")
    return _moment(written if offset else f"{written[:-6]}Z", day)


def _moment(text: str, day: str, remark: str = "") -> Moment:
    return Moment(text, day, first_minute(text, "date"), last_minute(text, "date"), remark)


def _refuse(rule: str, way_out: str) -> InvalidInput:
    return InvalidInput(Problem("date", rule, way_out))
