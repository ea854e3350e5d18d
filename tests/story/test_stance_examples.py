"""The stories that span statements: where a principal stands on an issue, an element or a topic."""

from __future__ import annotations

import pytest

from domain.things.stance import Stand
from tests.story.book import Book, status

SIZE = "stance/france/issue/size"


@pytest.fixture
def book() -> Book:
    return Book()


def test_an_undated_stance_never_displaces_a_dated_one(book: Book) -> None:
    book.record("statement.made", "2025-01-01", slug="one", stance="supports")
    book.record("statement.made", "[..2025-02-01]", slug="two", stance="opposes")
    assert status(book.stand(SIZE, "2025-03-01"))[0] == "supports"


def test_an_undated_stance_that_comes_after_a_dated_one_displaces_it(book: Book) -> None:
    first = book.record("statement.made", "2025-01-01", slug="one", stance="supports")
    book.record(
        "statement.made", "[..2025-02-01]", slug="two", stance="opposes", after=[str(first.id)]
    )
    assert status(book.stand(SIZE, "2025-03-01"))[0] == "opposes"


def test_a_stance_says_what_it_replaced(book: Book) -> None:
    first = book.record("statement.made", "2025-01-01", slug="one", stance="supports")
    book.record("statement.made", "2025-02-01", slug="two", stance="opposes")
    state = book.stand(SIZE, "2025-03-01").state
    assert state is not None
    assert isinstance(state.extra, Stand)
    assert state.extra.replaced is not None
    assert state.extra.replaced.entry == first.id


def test_a_non_decision_is_no_stance(book: Book) -> None:
    book.record("statement.made", "2025-01-01", slug="one", stance="supports")
    book.record(
        "statement.made",
        "2025-02-01",
        slug="two",
        stance="undecided",
        statement_type="non_decision",
    )
    assert status(book.stand(SIZE, "2025-03-01"))[0] == "supports"


def test_a_corrected_issue_moves_the_statement_to_the_other_stance(book: Book) -> None:
    said = book.record("statement.made", "2025-01-01", slug="one", stance="supports")
    correction = book.correct(said, issues=["mandate"])
    mandate = "stance/france/issue/mandate"
    assert status(book.stand(SIZE, "2025-03-01", said.position))[0] == "supports"
    assert status(book.stand(SIZE, "2025-03-01"))[0] is None
    assert status(book.stand(mandate, "2025-03-01"))[0] == "supports"
    book.retract(correction)
    assert status(book.stand(SIZE, "2025-03-01"))[0] == "supports"
    assert status(book.stand(mandate, "2025-03-01"))[0] is None


def test_a_stance_is_that_of_the_principal_spoken_for(book: Book) -> None:
    said = book.record("statement.made", "2025-01-01", slug="one", speakers=[{"actor": "macron"}])
    assert status(book.stand("stance/macron/issue/size", "2025-03-01"))[0] == "supports"
    book.correct(said, speakers=[{"actor": "macron", "on_behalf_of": "france"}])
    assert status(book.stand("stance/macron/issue/size", "2025-03-01"))[0] is None
    assert status(book.stand(SIZE, "2025-03-01"))[0] == "supports"
