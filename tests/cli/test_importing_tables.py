"""Import of tables at the command line: one command, and every mistake named with its way out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.app.bodies import NEGOTIATION as BRIDGE
from tests.cli.conftest import Shell

TABLE = Path(__file__).parents[1] / "exchange" / "tables" / "attacks.csv"
LINES = TABLE.read_text("utf-8").splitlines(keepends=True)
OPENED = f"kind: negotiation.opened\nslug: {BRIDGE}\ntitle: Talks on a bridge\n"


@pytest.fixture
def talks(empty: Shell) -> Shell:
    """A shell on a log in which one negotiation was opened."""
    assert empty.inside("record", "-", stdin=OPENED).code == 0
    return empty


def edited(talks: Shell, old: str, new: str) -> Path:
    path = talks.home / "attacks.csv"
    path.write_text(TABLE.read_text("utf-8").replace(old, new), "utf-8")
    return path


def test_one_command_imports_a_table_of_attacks_once(talks: Shell) -> None:
    args = ("import", "csv", TABLE, "--mapping", "attacks")
    first, second = talks.inside(*args), talks.inside(*args)
    assert (first.code, first.err) == (0, "")
    assert len(first.json["recorded"]) == 7
    assert len(second.json["unchanged"]) == 7
    assert talks.size() == 9


def test_what_looks_odd_is_told_in_the_table_and_whole_in_the_json(talks: Shell) -> None:
    args = ("import", "csv", TABLE, "--mapping", "attacks", "--dry-run")
    shown = " ".join(talks.inside(*args, "--table").out.split())
    assert "look at attacks.csv: launched: is not a whole number (once: line 5)" in shown
    told = {(r["column"], r["rule"]): r["lines"] for r in talks.inside(*args).json["remarks"]}
    assert told["launched", "is not a whole number"] == [5]


def test_a_remark_on_many_lines_names_the_first_of_them(talks: Shell) -> None:
    row = LINES[-1]
    rows = [row.replace("2031-03-01", f"2031-03-{day:02}") for day in range(1, 10)]
    path = talks.home / "many.csv"
    path.write_text("".join([LINES[0], *rows]), "utf-8")
    done = talks.inside("import", "csv", path, "--mapping", "attacks", "--table")
    assert "(9 ×: line 2, 3, 4, 5, 6, 7, …)" in " ".join(done.out.split())


def test_a_bad_row_is_refused_with_its_line_and_the_good_are_kept_only_if_told_to(
    talks: Shell,
) -> None:
    path = edited(talks, "2031-03-03 01:15", "2031-03-02 01:15")
    refused = talks.inside("import", "csv", path, "--mapping", "attacks")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("parley: attacks.csv:4: time_end: '2031-03-02 01:15' is before")
    assert talks.size() == 2
    kept = talks.inside("import", "csv", path, "--mapping", "attacks", "--keep-good")
    assert kept.code == 2
    assert len(kept.json["recorded"]) == 6


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("none.csv", "--mapping", "attacks"), 3, "none.csv: cannot be read"),
        ((".", "--mapping", "attacks"), 2, "is a folder"),
        ((TABLE, "--mapping", "attack"), 3, "--mapping: 'attack' is neither a file nor"),
        ((TABLE, "--mapping", "x" * 5_000), 3, "--mapping: cannot be looked up"),
        ((TABLE, "--mapping", TABLE), 2, "attacks.csv:1"),
        (
            (TABLE, "--mapping", "attacks", "--negotiation", "none"),
            3,
            "negotiation: no negotiation",
        ),
        ((TABLE, "--mapping", "attacks", "--negotiation", "A B"), 2, "negotiation: 'A B' is not"),
        ((TABLE,), 2, "--mapping"),
    ],
)
def test_what_cannot_be_imported_is_refused_by_name(
    talks: Shell, args: tuple[str, ...], code: int, said: str
) -> None:
    done = talks.inside("import", "csv", *args)
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert talks.size() == 2


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (",source\n", ",post\n", "attacks.yaml:8: column: 'source' is no column of attacks.csv"),
        (",", ";", "semicolons seem to stand between cells"),
        ("harbour/posts/a1\n", "harbour/posts/a1,more\n", "attacks.csv:4: has 23 cells"),
    ],
)
def test_a_file_that_does_not_fit_its_mapping_is_refused_by_line(
    talks: Shell, old: str, new: str, said: str
) -> None:
    done = talks.inside("import", "csv", edited(talks, old, new), "--mapping", "attacks")
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert talks.size() == 2


def test_a_mapping_that_names_its_negotiation_needs_no_option(empty: Shell) -> None:
    mapping = empty.home / "visits.yaml"
    mapping.write_text(
        "format: parley-mapping\nname: visits\nnegotiation: visits\nkey: no\n"
        "needs: [{key: v, kind: negotiation.opened, slug: visits, title: Visits}]\n"
        "entry: {kind: actor.registered, slug: {as_slug: name}, name: {column: name}, "
        "type: person}\n",
        "utf-8",
    )
    table = empty.home / "visits.csv"
    table.write_text("no,name\n1,Ann Example\n", "utf-8")
    done = empty.inside("import", "csv", table, "--mapping", mapping)
    assert done.json["recorded"] == ["v", "1"]
    assert done.json["negotiation"] == "visits"
