"""Webhooks as they may be shown, and which entries are sent to one."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from app.cursors import Cursors
from app.entry_filter import EntryFilter, read_filter
from audit.leaf import format_recorded_at
from feed.posting import Outcome
from ledger.filter import Filter
from ledger.webhooks import State, StoredAttempt, StoredWebhook
from projections.answers import Answer


class WebhookFilter(Answer):
    """Which entries are sent: all that fit everything that is given."""

    model_config = ConfigDict(serialize_by_alias=True)

    negotiation: str | None = None
    kind: str | None = None
    thing: str | None = None
    slug: str | None = None
    actor: str | None = None
    from_: str | None = Field(default=None, alias="from")
    to: str | None = None


class Webhook(Answer):
    """A webhook as it may be shown: never its secret.

    `cursor` is up to where everything that fits was taken; `behind` is by how many
    entries of the log that is. `created_by` is the subject of whoever added it.
    `next_attempt_at` is told while it fails.
    """

    id: str
    url: str
    filter: WebhookFilter
    note: str | None
    state: State
    reason: str | None
    created_at: str
    created_by: str
    cursor: str
    behind: int = Field(ge=0)
    failures: int
    failing_since: str | None
    next_attempt_at: str | None
    rotating_until: str | None


class NewSecret(Answer):
    """A secret that was just made, which is shown now and never again, and whose it is."""

    secret: str = Field(repr=False)
    webhook: Webhook


class Webhooks(Answer):
    """Every webhook there is, oldest first."""

    webhooks: tuple[Webhook, ...]


class Attempt(Answer):
    """An attempt to send an entry; `status` is what was answered, None if nothing was."""

    number: int
    at: str
    position: int
    outcome: Outcome
    status: int | None
    milliseconds: int


class Attempts(Answer):
    """The last attempts, newest first."""

    attempts: tuple[Attempt, ...]


def entry_filter(wanted: WebhookFilter) -> EntryFilter:
    """The same, as it is asked of the log."""
    return EntryFilter(
        negotiation=wanted.negotiation,
        kind=wanted.kind,
        thing=wanted.thing,
        slug=wanted.slug,
        actor=wanted.actor,
        happened_from=wanted.from_,
        happened_to=wanted.to,
    )


def filter_of(kept: str) -> Filter:
    """The filter of a webhook, as it is kept."""
    return read_filter(entry_filter(WebhookFilter.model_validate_json(kept)))


def shown(stored: StoredWebhook, cursors: Cursors, size: int, now: int) -> Webhook:
    """A webhook of a log of that size; `now` is in microseconds since the epoch."""
    former = stored.former_until
    return Webhook(
        id=stored.id,
        url=stored.url,
        filter=WebhookFilter.model_validate_json(stored.filter),
        note=stored.note,
        state=stored.state,
        reason=stored.reason,
        created_at=format_recorded_at(stored.created_at),
        created_by=stored.created_by,
        cursor=cursors.of(stored.position),
        behind=max(0, size - stored.position),
        failures=stored.failures,
        failing_since=_instant(stored.failing_since),
        next_attempt_at=_instant(stored.next_at or None),
        rotating_until=_instant(former if (former or 0) > now else None),
    )


def attempt_shown(stored: StoredAttempt) -> Attempt:
    """An attempt, as the delivery log shows it."""
    return Attempt.model_validate(
        {
            "number": stored.number,
            "at": format_recorded_at(stored.at),
            "position": stored.position,
            "outcome": stored.outcome,
            "status": stored.status,
            "milliseconds": stored.milliseconds,
        }
    )


def _instant(at: int | None) -> str | None:
    return None if at is None else format_recorded_at(at)
