"""Webhooks: addresses of others that entries are sent to as they are recorded.

A receiver has a filter, a secret that every delivery is signed with (Standard
Webhooks), and a position: all that fits up to there it has taken. `feed.sender`
does the sending, in every process that serves.
"""

from __future__ import annotations

import base64
import ipaddress
import secrets
from urllib.parse import SplitResult, urlsplit

from app.batch import check_names
from app.cursors import Cursors
from app.entry_filter import EntryFilter
from app.parley import Parley
from app.subscriptions import subscription
from app.webhook_answers import (
    Attempts,
    NewSecret,
    Webhook,
    WebhookFilter,
    Webhooks,
    attempt_shown,
    entry_filter,
    shown,
)
from domain.errors import InvalidInput, NotFound
from feed.posting import is_public
from feed.sender import SECOND
from ledger import webhooks as store
from ledger.webhooks import ACTIVE, PAUSED, StoredWebhook

PREFIX = "whsec_"
"""How the secret of a webhook begins (Standard Webhooks)."""
SECRET_BYTES = 32
"""Standard Webhooks wants 24 to 64."""
ID_BYTES = 6
"""Of an id, which is no secret."""
MAX_URL = 2_000
"""Characters of an address; longer ones are cut by proxies."""
MAX_NOTE = 200
"""Characters of a note on a webhook: what it is for."""
MAX_WEBHOOKS = 1_000
"""Webhooks of one log; all of them are looked at when something is recorded."""
MAX_ATTEMPTS = store.KEPT
"""Attempts of one webhook that can be shown."""
ROTATION = 86_400
"""Seconds for which the former secret signs as well, unless asked otherwise."""
MAX_ROTATION = 30 * 86_400
"""The most of these: a month is long enough for anybody to take the new one."""


def add(
    parley: Parley,
    url: str,
    wanted: WebhookFilter,
    *,
    note: str | None = None,
    after: str | None = None,
    subject: str | None = None,
) -> NewSecret:
    """Send what fits to an address, from a cursor on, or from now on; raises InvalidInput.

    `subject` is who adds it, that of the settings unless given. Raises what `read_cursor`
    raises as well.
    """
    who = parley.settings.subject if subject is None else subject
    check_names(subject=who, note=note, **wanted.model_dump())
    if note is not None and len(note) > MAX_NOTE:
        raise InvalidInput.of("note", f"is longer than {MAX_NOTE} characters", "shorten it")
    _check_url(url, private=parley.settings.webhook_private)
    position = subscription(parley, entry_filter(wanted), after).after
    if store.count(parley.ledger.engine) >= MAX_WEBHOOKS:
        rule = f"there are {MAX_WEBHOOKS} webhooks already"
        raise InvalidInput.of("url", rule, "remove one that nobody needs")
    stored = StoredWebhook(
        id=secrets.token_hex(ID_BYTES),
        url=url,
        filter=wanted.model_dump_json(exclude_none=True),
        note=note,
        secret=_new_secret(),
        former_secret=None,
        former_until=None,
        created_at=parley.clock(),
        created_by=who,
        position=position,
        state=ACTIVE,
        reason=None,
        failures=0,
        failing_since=None,
        next_at=0,
        attempts=0,
    )
    store.add(parley.ledger.engine, stored)
    return NewSecret(secret=stored.secret, webhook=_shown_one(parley, stored))


def webhooks(parley: Parley) -> Webhooks:
    """Every webhook there is."""
    cursors, size = Cursors(parley.ledger), parley.ledger.head().size
    found, now = store.every(parley.ledger.engine), parley.clock()
    return Webhooks(webhooks=tuple(shown(each, cursors, size, now) for each in found))


def webhook(parley: Parley, webhook_id: str) -> Webhook:
    """One of them; raises NotFound."""
    return _shown_one(parley, _stored(parley, webhook_id))


def pause(parley: Parley, webhook_id: str) -> Webhook:
    """Send nothing to it for now; what is recorded meanwhile waits. Raises NotFound."""
    return _changed(parley, webhook_id, state=PAUSED, reason="paused by a person")


def resume(parley: Parley, webhook_id: str, after: str | None = None) -> Webhook:
    """Send to it again at once, paused or given up, from where it was or from a cursor on.

    An earlier cursor replays what it was sent before. Raises NotFound and what
    `read_cursor` raises.
    """
    changes: dict[str, object] = {"state": ACTIVE, "reason": None, "failures": 0}
    changes |= {"failing_since": None, "next_at": 0}
    if after is not None:
        changes["position"] = subscription(parley, EntryFilter(), after).after
    return _changed(parley, webhook_id, **changes)


def rotate(parley: Parley, webhook_id: str, overlap: int = ROTATION) -> NewSecret:
    """Give it another secret; for so many seconds deliveries are signed with both.

    Raises NotFound and InvalidInput.
    """
    if not 0 <= overlap <= MAX_ROTATION:
        rule = f"is not between 0 and {MAX_ROTATION} seconds"
        raise InvalidInput.of("overlap", rule, "name a time that is")
    former, secret = _stored(parley, webhook_id).secret, _new_secret()
    until = parley.clock() + overlap * SECOND
    changes = {"secret": secret, "former_secret": former, "former_until": until}
    return NewSecret(secret=secret, webhook=_changed(parley, webhook_id, **changes))


def remove(parley: Parley, webhook_id: str) -> None:
    """Send nothing to it any more, and forget it; raises NotFound."""
    if not store.remove(parley.ledger.engine, webhook_id):
        raise _unknown(webhook_id)


def attempts(parley: Parley, webhook_id: str, limit: int) -> Attempts:
    """What became of the last deliveries, newest first; raises NotFound."""
    _stored(parley, webhook_id)
    found = store.attempts(parley.ledger.engine, webhook_id, limit)
    return Attempts(attempts=tuple(map(attempt_shown, found)))


def _check_url(url: str, *, private: bool) -> None:
    where = _split(url)
    schemes = ("https", "http") if private else ("https",)
    if where is None or where.scheme not in schemes or not where.hostname:
        way_out = "give an address such as https://example.org/parley"
        raise InvalidInput.of("url", f"is no {' or '.join(schemes)} address", way_out)
    if where.username is not None or where.fragment:
        rule = "holds a name, a password or a fragment"
        raise InvalidInput.of("url", rule, "leave it out: deliveries are signed instead")
    if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url:
        rule = f"is longer than {MAX_URL} characters, or holds some that no address has"
        raise InvalidInput.of("url", rule, "write it as a browser would send it")
    if not private and _is_private(where.hostname):
        way_out = "give one that everybody can reach, or set PARLEY_WEBHOOK_PRIVATE for your own"
        raise InvalidInput.of("url", "is a private address, where nothing is sent", way_out)


def _split(url: str) -> SplitResult | None:
    try:
        where = urlsplit(url)
        # A port that is no number is found out only when it is asked for.
        port = where.port
    except ValueError:
        return None
    return None if port == 0 else where


def _is_private(host: str) -> bool:
    """Whether a host is an address that is not public; of a name only whoever connects knows."""
    try:
        return not is_public(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        return False


def _new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def _stored(parley: Parley, webhook_id: str) -> StoredWebhook:
    found = store.by_id(parley.ledger.engine, webhook_id)
    if found is None:
        raise _unknown(webhook_id)
    return found


def _changed(parley: Parley, webhook_id: str, **changes: object) -> Webhook:
    if not store.change(parley.ledger.engine, webhook_id, changes):
        raise _unknown(webhook_id)
    return webhook(parley, webhook_id)


def _unknown(webhook_id: str) -> NotFound:
    way_out = "`parley webhooks list` shows the webhooks and their ids"
    return NotFound.of("id", f"no webhook has the id {webhook_id!r}", way_out)


def _shown_one(parley: Parley, stored: StoredWebhook) -> Webhook:
    size = parley.ledger.head().size
    return shown(stored, Cursors(parley.ledger), size, parley.clock())
