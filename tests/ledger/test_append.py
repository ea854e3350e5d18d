"""Events are only appended, in order, all or none, and each counts once."""

from __future__ import annotations

from uuid import uuid4

import pytest

from audit.leaf import format_recorded_at, parse_canonical
from domain.errors import DuplicateId, KeyConflict, VersionConflict
from ledger.log import Ledger
from ledger.ticket import IdempotencyKey
from tests.ledger.drafts import actor, check_chain, pledge, statement


def test_positions_begin_at_one_and_have_no_gaps(ledger: Ledger) -> None:
    first = ledger.append([pledge(), statement()])
    (second,) = ledger.append([actor("poland")])

    assert [receipt.position for receipt in first] == [1, 2]
    assert second.position == 3
    assert check_chain(ledger) == 3


def test_the_leaf_says_what_the_receipt_says(ledger: Ledger) -> None:
    draft = pledge("coalition-force")

    (receipt,) = ledger.append([draft])

    (stored,) = ledger.leaves()
    leaf = parse_canonical(stored.data)
    assert leaf["id"] == receipt.id == str(draft.id)
    assert leaf["stream"] == receipt.stream == "ukraine/pledge/coalition-force"
    assert leaf["version"] == receipt.version == 1
    assert leaf["recorded_at"] == format_recorded_at(receipt.recorded_at)
    assert stored.leaf_hash == receipt.leaf_hash


def test_an_entry_comes_back_as_it_was_drafted(ledger: Ledger) -> None:
    draft = pledge("coalition-force")
    (receipt,) = ledger.append([draft])

    entry = ledger.entry(receipt.position)

    assert entry == ledger.by_id(draft.id)
    assert entry.event == draft.event.model_copy(update={"id": draft.id})
    assert (entry.stream, entry.id) == (draft.stream, draft.id)
    assert (entry.span, entry.recorded_by) == (draft.span, draft.recorded_by)


def test_a_stream_counts_its_versions_from_one(ledger: Ledger) -> None:
    receipts = ledger.append([pledge("a"), pledge("b"), pledge("a")])

    assert [(receipt.stream[-1], receipt.version) for receipt in receipts] == [
        ("a", 1),
        ("b", 1),
        ("a", 2),
    ]
    assert ledger.existing_streams(["ukraine/pledge/a", "ukraine/pledge/c"]) == {
        "ukraine/pledge/a": 2
    }


def test_a_wrong_expected_version_refuses_the_whole_array(ledger: Ledger) -> None:
    ledger.append([pledge("a")])

    with pytest.raises(VersionConflict) as caught:
        ledger.append([pledge("b"), pledge("a", expected=0), pledge("c", expected=3)])

    assert [(p.index, p.field) for p in caught.value.problems] == [
        (1, "expected_version"),
        (2, "expected_version"),
    ]
    assert "stands at version 1, not 0" in caught.value.problems[0].rule
    assert ledger.head().size == 1


def test_an_expected_version_counts_the_array_before_it(ledger: Ledger) -> None:
    ledger.append([pledge("a", expected=0), pledge("a", expected=1)])
    ledger.append([pledge("a", expected=2)])

    assert ledger.existing_streams(["ukraine/pledge/a"]) == {"ukraine/pledge/a": 3}


def test_an_id_is_taken_once(ledger: Ledger) -> None:
    taken = uuid4()
    ledger.append([pledge(id=taken)])

    with pytest.raises(DuplicateId) as alone:
        ledger.append([pledge(id=taken)])
    twice = uuid4()
    with pytest.raises(DuplicateId) as together:
        ledger.append([pledge(id=twice), pledge(id=twice)])

    assert alone.value.problems[0].index is None
    assert "entry 1" in alone.value.problems[0].rule
    assert together.value.problems[0].index == 1
    assert ledger.head().size == 1


def test_a_key_counts_once_and_gives_the_same_answer_for_ever(
    database: str, ledger: Ledger
) -> None:
    key = IdempotencyKey("ann", "k1", "digest")
    first = ledger.append([pledge(), pledge()], key=key)

    again = ledger.append([pledge(), pledge()], key=key)
    with Ledger(database) as restarted:
        later = restarted.append([pledge(), pledge()], key=key)
        found = restarted.receipts(key)

    assert first == again == later == found
    assert ledger.head().size == 2


def test_a_key_with_another_body_is_refused(ledger: Ledger) -> None:
    ledger.append([pledge()], key=IdempotencyKey("ann", "k1", "one"))

    with pytest.raises(KeyConflict):
        ledger.append([pledge()], key=IdempotencyKey("ann", "k1", "two"))
    with pytest.raises(KeyConflict):
        ledger.receipts(IdempotencyKey("ann", "k1", "two"))

    assert ledger.head().size == 1


def test_keys_of_two_people_never_meet(ledger: Ledger) -> None:
    ledger.append([pledge()], key=IdempotencyKey("ann", "k1", "one"))

    assert ledger.receipts(IdempotencyKey("bob", "k1", "two")) is None
    ledger.append([pledge()], key=IdempotencyKey("bob", "k1", "two"))

    assert ledger.head().size == 2


def test_a_refused_request_leaves_its_key_free(ledger: Ledger) -> None:
    key = IdempotencyKey("ann", "k1", "digest")
    with pytest.raises(VersionConflict):
        ledger.append([pledge("a", expected=5)], key=key)

    (receipt,) = ledger.append([pledge("a", expected=0)], key=key)

    assert receipt.position == 1
