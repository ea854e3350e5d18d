"""Whoever reads the pages for us does what they say, and is not easily pleased."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.docs.walk import read_steps, untrue_line, walk

PAGE = """
```text notes.txt
one
two
```

```console
export WORD=two
mkdir inner
cd inner
```

```text more.txt
three
```

```console
grep "$WORD" ../notes.txt
cat ../notes.txt more.txt; test -t 1 && echo a terminal
```

```output
two
…
a term…l
```

```console exits=1
cat more.txt | \\
    grep four
```
"""
PRINTED = "first  \n\nsecond line\nthird\n"


def test_a_reader_does_one_thing_after_the_other_in_one_shell(tmp_path: Path) -> None:
    assert walk(PAGE, tmp_path) == []
    assert tmp_path.joinpath("inner", "more.txt").read_text(encoding="utf-8") == "three\n"


@pytest.mark.parametrize(
    ("said", "instead", "fault"),
    [
        ("a term…l", "a tele…l", "printed no 'a tele…l' there"),
        ("two\n…\n", "", "printed no 'a term…l' there"),
        ("exits=1", "exits=2", "ended with (1,), not (2,)"),
        (" exits=1", "", "ended with (1,), not (0,)"),
        ("export WORD=two", "false", "ended with (1,), not (0, 0, 0)"),
    ],
)
def test_a_page_that_does_not_keep_its_word_is_found_out(
    said: str, instead: str, fault: str, tmp_path: Path
) -> None:
    found = walk(PAGE.replace(said, instead), tmp_path)
    assert len(found) == 1
    assert fault in found[0]


def test_nothing_of_this_shell_reaches_the_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARLEY_DATABASE_URL", "sqlite:////elsewhere.db")
    page = '```console\necho "$PARLEY_DATABASE_URL$SET" "$HOME"\n```\n```output\nhere {}\n```\n'
    assert walk(page.format(tmp_path), tmp_path, {"SET": "here"}) == []


@pytest.mark.parametrize(
    "said",
    [
        "first\n\nsecond line\nthird",
        "…\nthird\n",
        "first\n…\nsec…ne\n…",
        "first\n…\n\n…\nsecond line\nthird\n…",
    ],
)
def test_what_is_left_out_may_be_anything(said: str) -> None:
    assert untrue_line(said, PRINTED) is None


@pytest.mark.parametrize(
    ("said", "untrue"),
    [
        ("first\n…\nsecond", "second"),
        ("first\nsecond line\nthird", "second line"),
        ("second line\nthird", "second line"),
        ("first\n\nsecond line", "second line"),
    ],
)
def test_what_is_not_left_out_must_be_there(said: str, untrue: str) -> None:
    assert untrue_line(said, PRINTED) == untrue


@pytest.mark.parametrize("page", ["```output\nhello\n```\n", "```console exit=2\ntrue\n```\n"])
def test_a_block_that_cannot_be_meant_so_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="line 1"):
        read_steps(page)


def test_what_a_page_leaves_running_ends_with_its_reader(tmp_path: Path) -> None:
    held = tmp_path / "held"
    os.mkfifo(held)
    reading = os.open(held, os.O_RDONLY | os.O_NONBLOCK)
    lines = (
        "(echo here; echo so > begun; exec sleep 600) > held &",
        "until test -s begun; do sleep 0.01; done",
        "false",
    )
    faults = walk("\n".join(("```console", *lines, "```\n")), tmp_path)
    # Nothing more comes when nobody is left who could write it.
    os.set_blocking(reading, True)
    with os.fdopen(reading, "rb") as left:
        assert left.read() == b"here\n"
    assert len(faults) == 1
