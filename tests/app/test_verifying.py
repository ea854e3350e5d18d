"""Whatever is wrong in an answer that carries its proof is refused, and the place is named."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from app.exporting import export_audit
from app.pinned import AskedEntry, AskedLog
from app.record import record
from app.trusted_keys import policy_of
from app.verifying import verify_answer
from audit.policy import Policy
from audit.report import Check, Outcome
from audit.source import Folder
from audit.verify import COMPLETENESS
from domain.errors import InvalidInput
from tests.app.bodies import NEGOTIATION, SETTING
from tests.app.conftest import House
from tests.app.talks import Json, Talks


def altered(carried: Json, change: Callable[[Json], object]) -> Json:
    other = copy.deepcopy(carried)
    change(other)
    # Two objects with their members in another order are equal to Python.
    assert json.dumps(other) != json.dumps(carried)
    return other


def promote(carried: Json) -> None:
    carried["answer"]["pledges"][0]["status"] = "certainly"


def leave_out_an_item(carried: Json) -> None:
    del carried["answer"]["pledges"][0]


def leave_out_a_cause(carried: Json) -> None:
    item = next(each for each in carried["answer"]["pledges"] if len(each["deciding"]) > 1)
    del item["deciding"][-1]


def by_other_rules(carried: Json) -> None:
    carried["answer"]["question"]["rules"] = 2


def at_another_date(carried: Json) -> None:
    carried["proof"]["question"]["as_of"] = "2025-01-01T00:00Z"


def known_earlier(carried: Json) -> None:
    carried["proof"]["question"]["known_at"] -= 1


def add_a_member(carried: Json) -> None:
    carried["answer"]["note"] = "trust me"


def in_another_order(carried: Json) -> None:
    carried["answer"] = dict(reversed(carried["answer"].items()))


@pytest.mark.parametrize(
    "change",
    [
        promote,
        leave_out_an_item,
        leave_out_a_cause,
        by_other_rules,
        at_another_date,
        known_earlier,
        add_a_member,
        in_another_order,
    ],
)
def test_an_answer_that_does_not_follow_from_the_log_is_refused(
    talks: Talks, carried: Json, change: Callable[[Json], object]
) -> None:
    report = talks.verify(altered(carried, change))
    assert report.outcome is Outcome.TAMPERED
    assert Check.ANSWER in {finding.check for finding in report.findings}


def test_an_event_left_out_of_a_page_is_refused(talks: Talks) -> None:
    carried = talks.ask(AskedLog(limit=20))
    del carried["answer"]["entries"][7]
    carried["proof"]["entries"] = [e for e in carried["proof"]["entries"] if e["position"] != 8]
    del carried["proof"]["items"][7]
    report = talks.verify(carried)
    assert (report.outcome, report.findings[0].check) == (Outcome.TAMPERED, Check.ANSWER)


def test_the_place_where_an_answer_differs_is_named(talks: Talks, carried: Json) -> None:
    report = talks.verify(altered(carried, promote))
    assert "answer.pledges[0].status is " in report.findings[0].message
    assert 'status is "certainly", and from the log it is' in report.findings[0].message


def test_rules_that_nobody_here_knows_are_inconclusive(talks: Talks, carried: Json) -> None:
    def change(carried: Json) -> None:
        carried["proof"]["question"]["rules"] = carried["answer"]["question"]["rules"] = 99

    report = talks.verify(altered(carried, change))
    assert report.outcome is Outcome.INCONCLUSIVE
    assert "this Parley knows the rules" in report.findings[0].message
    # What was not computed anew is not known to be complete.
    assert COMPLETENESS in report.not_checked
    assert COMPLETENESS not in talks.verify(carried).not_checked


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("as_of", "2025-09-11", "nobody can be asked"),
        ("as_of", None, "as_of"),
        ("published_by", "soon", "published_by"),
        ("what", {"of": "section", "section": "weather"}, "nobody can be asked"),
        ("what", {"of": "thing", "sort": "weather", "slug": "x"}, "nobody can be asked"),
        ("what", {"of": "entry", "position": 5_000}, "no entry 5000"),
        ("what", {"of": "log", "limit": 5, "kind": "pledge.sung"}, "'pledge.sung' is not a kind"),
    ],
)
def test_a_question_that_nobody_can_have_been_answered_is_inconclusive(
    talks: Talks, carried: Json, name: str, value: object, said: str
) -> None:
    def ask(carried: Json) -> None:
        question = carried["proof"]["question"]
        question[name] = value
        if question["what"]["of"] in {"entry", "log"}:
            question.update(negotiation=None, as_of=None)

    report = talks.verify(altered(carried, ask))
    assert (report.outcome, report.findings[0].check) == (Outcome.INCONCLUSIVE, Check.ANSWER)
    assert said in report.findings[0].message


@pytest.mark.parametrize(
    "what",
    [
        {"of": "log", "limit": 0},
        {"of": "log", "limit": -1},
        {"of": "section", "section": "pledges", "limit": 0},
        {"of": "weather"},
        {"of": "entry", "position": 0},
    ],
)
def test_a_question_outside_its_bounds_is_bad_input(
    talks: Talks, carried: Json, what: Json
) -> None:
    other = altered(carried, lambda each: each["proof"]["question"].update(what=what))
    with pytest.raises(InvalidInput, match="no answer with a proof"):
        talks.verify(other)


def forge_a_step(carried: Json) -> None:
    carried["proof"]["entries"][0]["proof"][0] = "00" * 32


def forge_a_hash(carried: Json) -> None:
    carried["proof"]["entries"][0]["leaf_hash"] = "00" * 32


def forge_an_id(carried: Json) -> None:
    carried["proof"]["entries"][0]["id"] = "01972b5c-ee00-7000-9dc9-2c66d9bb6648"


def no_hex(carried: Json) -> None:
    carried["proof"]["entries"][0]["proof"][0] = "zz"


def leave_out_a_proof(carried: Json) -> None:
    del carried["proof"]["entries"][0]


def leave_out_what_is_behind(carried: Json) -> None:
    del carried["proof"]["items"][0]


def prove_the_same_twice(carried: Json) -> None:
    carried["proof"]["entries"].append(carried["proof"]["entries"][0])


@pytest.mark.parametrize(
    "change",
    [
        forge_a_step,
        forge_a_hash,
        forge_an_id,
        no_hex,
        leave_out_a_proof,
        leave_out_what_is_behind,
        prove_the_same_twice,
    ],
)
def test_a_proof_that_does_not_show_what_it_is_for_is_refused(
    talks: Talks, carried: Json, change: Callable[[Json], object]
) -> None:
    report = talks.verify(altered(carried, change))
    assert report.outcome is Outcome.TAMPERED
    assert {finding.check for finding in report.findings} == {Check.INCLUSION}


def test_a_checkpoint_of_another_log_is_refused(
    talks: Talks, carried: Json, house: House, tmp_path: Path
) -> None:
    with house.opened() as other:
        record(other, NEGOTIATION, SETTING)
        export_audit(other, tmp_path / "other")
        keys = Policy((*talks.policy.logs, *policy_of(other).logs))
    other_note = (tmp_path / "other/checkpoint").read_text("utf-8")
    data = json.dumps(carried).encode()
    by_the_other = verify_answer("a.json", data, Folder(tmp_path / "other"), keys)
    assert by_the_other.outcome is Outcome.TAMPERED
    assert "of another log" in by_the_other.findings[0].message
    swapped = altered(carried, lambda each: each["proof"].update(checkpoint=other_note))
    for judge in (talks.policy, keys):
        report = verify_answer("a.json", json.dumps(swapped).encode(), Folder(talks.folder), judge)
        assert report.outcome is not Outcome.PROVEN
        assert report.findings[0].check in {Check.SIGNATURES, Check.CHECKPOINTS}


def test_a_size_or_root_that_the_checkpoint_does_not_have_is_refused(
    talks: Talks, carried: Json
) -> None:
    for name, value in (("size", 3), ("root", "00" * 32), ("origin", "elsewhere")):
        swapped = altered(carried, lambda each: each["proof"].update({name: value}))  # noqa: B023 - called at once.
        report = talks.verify(swapped)
        assert (report.outcome, report.findings[0].check) == (Outcome.TAMPERED, Check.CHECKPOINTS)


def test_a_log_that_is_not_proven_proves_no_answer(
    talks: Talks, carried: Json, tmp_path: Path
) -> None:
    report = talks.verify(carried, tmp_path)
    assert report.outcome is Outcome.INCONCLUSIVE
    assert "answer.json: the log itself is not proven" in report.not_checked


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"answer": 1, "proof": {}}',
        b'{"answer": {}, "answer": {}}',
        b'{"answer": NaN}',
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_a_file_that_holds_no_answer_is_bad_input(talks: Talks, data: bytes) -> None:
    with pytest.raises(InvalidInput, match="no answer with a proof"):
        verify_answer("answer.json", data, Folder(talks.folder), talks.policy)


def as_text(carried: Json) -> None:
    carried["proof"]["size"] = str(carried["proof"]["size"])


def as_true(carried: Json) -> None:
    carried["proof"]["question"]["rules"] = True


def in_capitals(carried: Json) -> None:
    entry = carried["proof"]["entries"][0]
    entry["id"] = entry["id"].upper()


def turned_round(carried: Json) -> None:
    carried["proof"] = dict(reversed(carried["proof"].items()))


@pytest.mark.parametrize("change", [as_text, as_true, in_capitals, turned_round])
def test_a_proof_that_is_written_otherwise_than_it_is_read_is_refused(
    talks: Talks, carried: Json, change: Callable[[Json], object]
) -> None:
    report = talks.verify(altered(carried, change))
    assert report.outcome is Outcome.TAMPERED
    assert any(each.message.startswith("proof") for each in report.findings)


def test_other_words_about_what_a_proof_shows_prove_nothing(talks: Talks, carried: Json) -> None:
    def change(carried: Json) -> None:
        carried["proof"]["shows"] = "This shows that nothing was left out."

    told = talks.verify(altered(carried, change)).not_checked
    assert "what proof.shows says: the words of whoever answered" in told


@pytest.mark.parametrize(
    ("name", "value"),
    [("negotiation", "x"), ("as_of", "x"), ("published_by", "x"), ("certainty", "certain")],
)
def test_a_clock_on_a_question_that_has_none_is_refused(
    talks: Talks, name: str, value: str
) -> None:
    def change(carried: Json) -> None:
        carried["proof"]["question"][name] = value

    for what in (AskedEntry(position=2), AskedLog(limit=5)):
        honest = talks.ask(what)
        assert talks.verify(honest).outcome is Outcome.PROVEN
        report = talks.verify(altered(honest, change))
        assert report.outcome is Outcome.INCONCLUSIVE
        assert "nobody can be asked" in report.findings[0].message


def test_a_page_that_says_that_it_was_searched_no_further_is_not_called_complete(
    talks: Talks,
) -> None:
    honest = talks.ask(AskedLog(limit=100, kind="statement.made"))
    assert honest["answer"]["entries"]
    assert COMPLETENESS not in talks.verify(honest).not_checked

    def empty(carried: Json) -> None:
        carried["answer"].update(entries=[], scanned_to=0, more=True)
        carried["proof"].update(items=[], entries=[])

    report = talks.verify(altered(honest, empty))
    assert COMPLETENESS in report.not_checked
    told = "entries after position 0: the page says that it ends there"
    assert told in report.not_checked


class TwoFaced(Folder):
    """Shows other letters of a summary in one of its readings, and is honest before and after."""

    def __init__(self, path: Path, lies_in: int, summary: str) -> None:
        super().__init__(path)
        self.lies_in, self.seen = lies_in, Counter[str]()
        self.summary = summary.encode()

    def read(self, path: str, limit: int) -> bytes | None:
        data = super().read(path, limit)
        self.seen[path] += 1
        if data is None or "entries" not in path or self.seen[path] != self.lies_in:
            return data
        assert self.summary in data
        return data.replace(self.summary, self.summary.swapcase())


@pytest.mark.parametrize("lies_in", range(2, 6))
def test_a_log_that_shows_its_entries_otherwise_once_proves_nothing(
    talks: Talks, carried: Json, lies_in: int
) -> None:
    summary = carried["answer"]["pledges"][0]["summary"]
    lie = json.loads(json.dumps(carried).replace(summary, summary.swapcase()))
    assert lie != carried
    source = TwoFaced(talks.folder, lies_in, summary)
    report = verify_answer("answer.json", json.dumps(lie).encode(), source, talks.policy)
    assert report.outcome is not Outcome.PROVEN
    assert max(source.seen.values()) >= lies_in
