"""What people write instead of a date, and the way out of each mistake.

The words of every refusal that `domain.dates` may give for a whole text; the
module knows no bounds. Every refusal is an InvalidInput on the field `occurred`
with an example that reads.
"""

from __future__ import annotations

import re

from domain.errors import InvalidInput, Problem

# A 32-bit signed minute reaches from the year -2113 to 6053, and the calendar
# of the standard library begins with the year 1; these years lie inside both,
# so that every bound fits an R*Tree of 32-bit integers.
FIRST_YEAR, LAST_YEAR = 1, 5999

# Words, spaces and 4/9/2025 are found in the whole text, before its commas and
# slashes are taken for the syntax of sets and intervals. X digits are no word.
PROSE = re.compile(
    r"(?![Xxu]{3})[A-Za-z]{3}|\s|^\d{1,4}/\d{1,2}/\d{1,4}$",
    re.ASCII,
)

_YEARS = f"years run from {FIRST_YEAR:04} to {LAST_YEAR}, in four digits and counted in UTC"

# Pattern of the whole text, rule it breaks, way out; the first that fits is told.
_MISTAKES = tuple(
    (re.compile(pattern, re.ASCII), rule, way_out)
    for pattern, rule, way_out in (
        (
            r"\d{4}-\d\d-\d\dT\d\d:\d\d:.*",
            "a time of day has no seconds; valid time is whole minutes",
            "leave the seconds out, such as 2025-09-04T23:59+03:00",
        ),
        (
            r"\d{4}-\d\d-\d\dT\d\d:\d\d.*",
            "a time of day needs its offset from UTC, as Z or +hh:mm",
            "add the offset of the place, such as 2025-09-04T23:59+03:00, or Z for UTC",
        ),
        (
            r"(?=.*[Xxu])[\dXxu]{4}(-[\dXxu]{1,2}){0,2}[?~%]?",
            "unknown digits (X) are refused",
            "leave the unknown part out, such as 2025-09, or write a set such as [2020..2029]",
        ),
        (
            r".*[A-Za-z]{3}.*",
            "a date is written in figures, year first",
            "write for example 2025-09-04 for 4 September 2025, or 2025-09 for the month",
        ),
        (
            r"(?s:.*\s.*)",
            "a date has no spaces",
            "leave them out; a time follows its day after a T, such as 2025-09-04T23:59Z",
        ),
        (
            r"\d{1,2}([./-])\d{1,2}\1\d{2,4}",
            "a date is written year first, with hyphens",
            "write for example 2025-09-04 for 4 September 2025",
        ),
        (
            r"\d{4}([./])\d{1,2}(\1\d{1,2})?|\d{6}|\d{8}",
            "the parts of a date are joined by hyphens",
            "write for example 2025-09-04",
        ),
        (
            r"\d{4}-\d{1,2}(-\d{1,2})?",
            "months and days have two digits",
            "write for example 2025-09-04",
        ),
        (r"[+-]\d.*|Y.*|\d{5,}(-.*)?", _YEARS, "write for example 2025 or 0988"),
        (
            r".*[?~%].*",
            "a mark (?, ~ or %) stands once, at the end of a date",
            "write for example 2025-09?; % means uncertain and approximate",
        ),
        (
            r".*/.*",
            "an interval is two dates with one slash between them and no brackets",
            "write for example 2025-09-04/2025-09-11",
        ),
        (
            r".*\.\..*",
            "two dots join two dates, in square brackets",
            "write for example [2024..2025-09-11], or 2024/2025-09-11 for what lasted",
        ),
        (r"", "a date is missing here", "write for example 2025-09-04"),
    )
)


def refuse(rule: str, way_out: str) -> InvalidInput:
    """The refusal of an `occurred` by one rule."""
    return InvalidInput(Problem("occurred", rule, way_out))


def explain(text: str) -> InvalidInput:
    """The refusal that fits a text which is no date of the subset."""
    for pattern, rule, way_out in _MISTAKES:
        if pattern.fullmatch(text):
            return refuse(rule, way_out)
    rule = f"{text[:40]!r} is not a date"
    return refuse(rule, "write for example 2025, 2025-09, 2025-09-04 or 2025-09-04T23:59+03:00")


def no_bound() -> InvalidInput:
    """The refusal of a text with neither a beginning nor an end."""
    rule = "a date without a first and a last day says nothing"
    return refuse(rule, "give one end at least, such as [..2025-09-11] or 2025-09-04/..")


def year_outside() -> InvalidInput:
    """The refusal of a year that no bound can hold."""
    return refuse(_YEARS, "write for example 2025 or 0988")
