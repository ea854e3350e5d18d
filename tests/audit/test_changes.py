"""No change to an export goes unseen, and no clean one is accused.

The short form draws a few of each class; the long one more than a thousand in all,
and in tiles of three levels.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from audit.report import Outcome, Report
from audit.source import POLICY
from audit.verify import verify
from tests.audit.changes import CLASSES, Change, change_a_tile
from tests.audit.material import POLICY as KEYS
from tests.audit.material import Files, export_to, files_of

SIZE = 600
PAST = (1, 255, 256, 300, 513)
SHORT, LONG = 20, 100  # Changes of each class.
Maker = Callable[[Files, random.Random], Change]


def export_of(folder: Path, size: int, past: tuple[int, ...]) -> Files:
    export_to(folder, size, past)
    return Files(files_of(folder))


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return export_of(tmp_path_factory.mktemp("log") / "export", SIZE, PAST)


def judge(change: Change) -> Report:
    """The verdict of an auditor who has the keys from elsewhere."""
    report = verify(change.files, KEYS)
    about = f"{change.name} in {change.path}, expected {change.span}: {report}"
    if report.outcome is Outcome.PROVEN:
        # Then nothing that is proved rests on the file, and the report says so.
        assert change.path == POLICY, about
        assert f"{POLICY}: no check covers this file" in report.not_checked, about
        return report
    assert report.outcome in change.outcomes, about
    if change.span is not None:
        assert report.first_bad is not None, about
        assert change.span[0] <= report.first_bad <= change.span[1], about
    return report


def judge_many(clean: Files, make: Maker, count: int) -> None:
    draws = random.Random(f"{make.__name__} {count}")
    for _ in range(count):
        change = make(clean, draws)
        if change.path == POLICY and change.name == "remove":
            continue
        assert change.files != clean
        judge(change)


@pytest.mark.parametrize("make", CLASSES, ids=lambda make: make.__name__)
def test_no_change_goes_unseen(clean: Files, make: Maker) -> None:
    judge_many(clean, make, SHORT)


@pytest.mark.long
@pytest.mark.parametrize("make", CLASSES, ids=lambda make: make.__name__)
def test_none_of_a_thousand_changes_goes_unseen(clean: Files, make: Maker) -> None:
    judge_many(clean, make, LONG)


@pytest.mark.long
@pytest.mark.parametrize("level", [0, 1, 2])
def test_changes_in_tiles_of_every_level_are_seen(
    tmp_path_factory: pytest.TempPathFactory, level: int
) -> None:
    clean = export_of(tmp_path_factory.mktemp("large") / "export", 65_536 + 300, (1, 65_536))
    draws = random.Random(level)
    for _ in range(LONG // 5):
        judge(change_a_tile(clean, draws, level))


def judge_clean(folder: Path, count: int) -> None:
    draws = random.Random(count)
    for number in range(count):
        size = draws.choice([1, 2, 255, 256, 257, 511, 512, draws.randrange(1, 900)])
        past = tuple(draws.sample(range(1, size + 1), draws.randrange(min(size, 5))))
        report = verify(export_of(folder / str(number), size, past), KEYS)
        assert report.findings == ()
        assert report.outcome is Outcome.PROVEN


def test_a_clean_export_is_not_accused(tmp_path: Path) -> None:
    judge_clean(tmp_path, 10)


@pytest.mark.long
def test_none_of_a_hundred_clean_exports_is_accused(tmp_path: Path) -> None:
    judge_clean(tmp_path, 100)
