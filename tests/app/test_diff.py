"""What changed: three answers out of the read model, and none of the whole log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app import read
from app.clocks import Asked
from app.parley import Parley
from app.record import record
from domain.entry import Entry
from ledger.filter import EVERYTHING, Filter
from ledger.log import Ledger
from projections.read_model import ReadModel
from tests.app.bodies import NEGOTIATION, pledge, stalled


class Counted(Ledger):
    """A log that notes how far it was read, each time it was."""

    read_upto: list[int | None]

    def entries(
        self,
        after: int = 0,
        upto: int | None = None,
        where: Filter = EVERYTHING,
        limit: int | None = None,
    ) -> Iterator[Entry]:
        self.read_upto.append(upto)
        return super().entries(after, upto, where, limit)


@pytest.fixture
def counted(parley: Parley) -> Iterator[Parley]:
    record(parley, NEGOTIATION, pledge())
    record(parley, NEGOTIATION, pledge("stone", occurred="2025-02-01"))
    record(parley, NEGOTIATION, stalled())
    ledger = Counted(parley.settings.database_url, clock=parley.clock)
    ledger.read_upto = []
    yield replace(parley, ledger=ledger, read_model=ReadModel(ledger))
    ledger.close()


@pytest.mark.parametrize(("early", "late"), [("@7", None), (None, "@7")])
def test_the_log_is_read_as_far_as_either_question_knows_and_never_again(
    counted: Parley, early: str | None, late: str | None
) -> None:
    before, after = Asked("2025-03-31", early), Asked("2025-05-31", late)
    assert isinstance(counted.ledger, Counted)
    for _ in range(2):
        read.diff(counted, NEGOTIATION, before, after)
        assert max(upto or 0 for upto in counted.ledger.read_upto) == 9
        assert len(counted.ledger.read_upto) <= 2


def test_what_was_learnt_is_told_from_what_has_happened(counted: Parley) -> None:
    before, after = Asked("2025-03-31", "@7"), Asked("2025-05-31", "@9")
    found = read.diff(counted, NEGOTIATION, before, after)
    assert [(c.key.rpartition("/")[2], c.change) for c in found.knowledge] == [
        ("stone", "appeared")
    ]
    assert [(c.key.rpartition("/")[2], c.change) for c in found.world] == [("steel", "changed")]
    assert (found.before.known_at.position, found.after.known_at.position) == (7, 9)
    assert read.diff(counted, NEGOTIATION, after, after).world == ()
