"""What may be asked of a webhook, and what is told of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from standardwebhooks import Webhook

from app import webhooks
from app.parley import Parley, open_parley
from app.settings import Settings
from app.webhook_answers import WebhookFilter
from domain.errors import InvalidInput, NotFound
from ledger import webhooks as store


@pytest.fixture
def parley(database: str) -> Iterator[Parley]:
    with open_parley(Settings(database_url=database)) as opened:
        yield opened


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/hook",
        "ftp://example.org/hook",
        "https://",
        "example.org/hook",
        "https://user:secret@example.org/hook",
        "https://example.org/hook#part",
        "https://example.org:99999/hook",
        "https://example.org:0/hook",
        "https://example.org/a b",
        f"https://example.org/{'a' * 2_000}",
        "https://[::1/hook",
        "https://прикл.укр/hook",
        "https://10.0.0.1/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/hook",
        "https://[::ffff:192.168.1.1]/hook",
    ],
)
def test_an_address_that_nothing_should_be_sent_to_is_refused(database: str, url: str) -> None:
    with open_parley(Settings(database_url=database)) as parley:
        with pytest.raises(InvalidInput, match="url"):
            webhooks.add(parley, url, WebhookFilter())
        assert webhooks.webhooks(parley).webhooks == ()


def test_what_cannot_be_asked_for_is_refused(parley: Parley) -> None:
    url = "https://example.org/hook"
    with pytest.raises(InvalidInput, match="kind"):
        webhooks.add(parley, url, WebhookFilter(kind="pledge.broken"))
    with pytest.raises(InvalidInput, match="thing"):
        webhooks.add(parley, url, WebhookFilter(slug="steel"))
    with pytest.raises(NotFound):
        webhooks.add(parley, url, WebhookFilter(), after="2.1")
    with pytest.raises(InvalidInput, match="overlap"):
        webhooks.rotate(parley, webhooks.add(parley, url, WebhookFilter()).webhook.id, -1)


def test_the_secret_is_one_of_the_standard_and_shown_once(parley: Parley) -> None:
    new = webhooks.add(parley, "https://example.org/hook", WebhookFilter(), note="the desk")
    assert new.secret.startswith("whsec_")
    Webhook(new.secret)
    assert new.secret not in webhooks.webhooks(parley).model_dump_json()


def test_no_secret_stands_where_an_error_might_print_it(parley: Parley) -> None:
    new = webhooks.add(parley, "https://example.org/hook", WebhookFilter())
    later = webhooks.rotate(parley, new.webhook.id)
    (stored,) = store.every(parley.ledger.engine)
    assert (stored.former_secret, stored.secret) == (new.secret, later.secret)
    shown = repr((new, later, stored))
    assert new.secret not in shown
    assert later.secret not in shown


def test_who_added_it_is_said(parley: Parley) -> None:
    url = "https://example.org/hook"
    webhooks.add(parley, url, WebhookFilter())
    webhooks.add(parley, url, WebhookFilter(), subject="anna")
    told = [each.created_by for each in webhooks.webhooks(parley).webhooks]
    assert told == [parley.settings.subject, "anna"]
