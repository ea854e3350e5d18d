"""Webhooks as they are kept: who may send to one, and when."""

from __future__ import annotations

import pytest

from app import webhooks
from app.parley import open_parley
from app.record import record
from app.settings import Settings
from app.webhook_answers import WebhookFilter
from ledger import webhooks as store
from ledger.webhooks import Lease
from tests.app.bodies import NEGOTIATION, SETTING

NOW, UNTIL, LATEST = 1_000, 2_000, 5_000
MINE = Lease("mine", NOW, UNTIL, LATEST)


@pytest.mark.parametrize(
    ("left", "is_open"),
    [
        ({"next_at": 0}, True),
        ({"next_at": NOW}, True),
        ({"next_at": NOW + 1}, False),
        ({"next_at": LATEST + 1}, True),
        ({"state": "paused"}, False),
        ({"sender": "other", "sender_until": NOW}, False),
        ({"sender": "other", "sender_until": NOW - 1}, True),
        ({"sender": "other", "sender_until": UNTIL + 1}, False),
        ({"sender": "other", "sender_until": 2 * UNTIL - NOW}, False),
        ({"sender": "other", "sender_until": 2 * UNTIL - NOW + 1}, True),
        ({"sender": "mine", "sender_until": UNTIL}, True),
    ],
)
def test_who_looked_before_it_was_put_off_or_taken_does_not_claim_it_after(
    database: str, left: dict[str, object], *, is_open: bool
) -> None:
    settings = Settings(database_url=database, webhook_private=True)
    with open_parley(settings) as parley:
        record(parley, NEGOTIATION, SETTING)
        engine, size = parley.ledger.engine, parley.ledger.head().size
        new = webhooks.add(parley, "http://127.0.0.1:1/", WebhookFilter(), after="0").webhook
        assert [each.id for each in store.due(engine, MINE, size)] == [new.id]
        store.change(engine, new.id, left)
        assert bool(store.due(engine, MINE, size)) == is_open
        assert (store.claim(engine, new.id, MINE) is not None) == is_open
