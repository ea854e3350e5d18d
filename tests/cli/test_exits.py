"""Every refusal has an exit code; a defect has one line, and no refusal a traceback."""

from __future__ import annotations

import pytest

from cli.exits import ExitCode, exit_code, report_defect, report_refusal
from domain import errors
from domain.errors import InvalidInput, ParleyError, Problem


def leaves(kind: type[ParleyError]) -> list[type[ParleyError]]:
    below = [leaf for each in kind.__subclasses__() for leaf in leaves(each)]
    return [kind, *below]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        *((kind, ExitCode.BAD_INPUT) for kind in leaves(errors.InvalidInput)),
        *((kind, ExitCode.NOT_FOUND) for kind in leaves(errors.NotFound)),
        *((kind, ExitCode.CONFLICT) for kind in leaves(errors.Conflict)),
        *((kind, ExitCode.UNAVAILABLE) for kind in leaves(errors.Unavailable)),
    ],
)
def test_a_refusal_ends_with_the_code_of_its_branch(
    kind: type[ParleyError], code: ExitCode
) -> None:
    assert exit_code(kind.of("field", "rule", "way out")) is code


def test_every_refusal_of_the_tree_has_a_code_other_than_that_of_a_defect() -> None:
    found = {exit_code(kind.of("f", "r", "w")) for kind in leaves(ParleyError)[1:]}
    assert found == set(ExitCode) - {ExitCode.DONE, ExitCode.DEFECT, ExitCode.INTERRUPTED}


def test_a_refusal_names_every_field_rule_and_way_out(capsys: pytest.CaptureFixture[str]) -> None:
    error = InvalidInput(Problem("occurred", "no month 13", "write 12"), Problem("x", "r", "w", 3))
    assert report_refusal(error) is ExitCode.BAD_INPUT
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        "parley: occurred: no month 13",
        "        → write 12",
        "parley: [3].x: r",
        "        → w",
    ]


def test_input_that_comes_back_in_a_message_cannot_steer_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    report_refusal(InvalidInput(Problem("kind", "'\x1b[2J' is not a kind", "see the list")))
    said = capsys.readouterr().err
    assert "\x1b" not in said
    assert r"\u001b[2J" in said


def test_every_bad_member_is_named_however_many_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    report_refusal(InvalidInput(*(Problem("f", "r", "w", n) for n in range(1_000))))
    assert "[999].f: r" in capsys.readouterr().err


def test_a_defect_is_one_line_that_says_where_to_report_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PARLEY_DEBUG", raising=False)
    assert report_defect(KeyError("oops")) is ExitCode.DEFECT
    (line,) = capsys.readouterr().err.splitlines()
    assert "KeyError: 'oops'" in line
    assert "report it" in line


def test_a_defect_shows_its_traceback_to_those_who_ask(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARLEY_DEBUG", "1")
    nothing: dict[str, int] = {}
    try:
        nothing["oops"]
    except KeyError as error:
        report_defect(error)
    assert "Traceback" in capsys.readouterr().err
