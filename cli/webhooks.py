"""`parley webhooks`: addresses that entries are sent to as they are recorded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from cli import options
from cli.log import Actor, From, Kind, Owner, Thing, To, thing_of
from cli.output import choose_form, write
from cli.session import open_log

if TYPE_CHECKING:
    from rich.console import RenderableType

    from app.webhook_answers import Attempt, NewSecret, Webhook

ATTEMPTS = 50
"""Attempts that are shown unless asked otherwise: a few screens."""
MAX_ATTEMPTS = 1_000
"""Attempts that are kept of each webhook."""
ROTATION = 24.0
"""Hours for which both secrets are good unless asked otherwise."""
MAX_ROTATION = 720.0
"""The most of these: thirty days."""
SECONDS_OF_AN_HOUR = 3_600

Id: TypeAlias = Annotated[
    str, typer.Argument(metavar="ID", help="The id that `parley webhooks list` shows.")
]
After: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--after",
        metavar="CURSOR",
        help="Begin after this position, or cursor such as 1.57; 0 for everything.",
        show_default=False,
    ),
]

app = typer.Typer(
    help="Have entries sent to an address as they are recorded.", no_args_is_help=True
)


@app.command()
def add(
    ctx: typer.Context,
    *,
    url: Annotated[
        str,
        typer.Argument(metavar="URL", help="Where to; https only, and nowhere private."),
    ],
    negotiation: Owner = None,
    after: After = None,
    kind: Kind = None,
    thing: Thing = None,
    actor: Actor = None,
    happened_from: From = None,
    happened_to: To = None,
    note: Annotated[
        str | None,
        typer.Option(
            "--note", metavar="TEXT", help="What you will know it by.", show_default=False
        ),
    ] = None,
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """Send what is recorded from now on to an address, and show the secret it is signed with.

    Each entry is a POST signed as Standard Webhooks has it, one after the other in the order of the
    log, tried again until it is taken. `parley serve` does the sending.
    """
    from app import webhooks
    from app.webhook_answers import WebhookFilter

    form = choose_form(json=json, table=table)
    with open_log(ctx) as parley:
        owner, sort, slug = thing_of(parley, negotiation, thing)
        named = {"negotiation": owner, "kind": kind, "thing": sort, "slug": slug, "actor": actor}
        wanted = WebhookFilter(**named, **{"from": happened_from, "to": happened_to})
        new = webhooks.add(parley, url, wanted, note=note, after=after)
    write(new, form, lambda: _secret_view(new), done=f"the webhook {new.webhook.id} was made")


@app.command("list")
def list_(ctx: typer.Context, json: options.AsJson = False, table: options.AsTable = False) -> None:
    """List every webhook: where to, how far it has come, and what is wrong with it."""
    from app import webhooks

    form = choose_form(json=json, table=table)
    with open_log(ctx) as parley:
        found = webhooks.webhooks(parley)
    write(found, form, lambda: webhooks_view(found.webhooks))


@app.command("log")
def log_(
    ctx: typer.Context,
    *,
    webhook: Id,
    limit: Annotated[
        int,
        typer.Option(
            "--limit", metavar="N", min=1, max=MAX_ATTEMPTS, help="The most attempts to print."
        ),
    ] = ATTEMPTS,
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """Show what became of the last deliveries to a webhook, newest first."""
    from app import webhooks

    form = choose_form(json=json, table=table)
    with open_log(ctx) as parley:
        found = webhooks.attempts(parley, webhook, limit)
    write(found, form, lambda: attempts_view(found.attempts))


@app.command()
def pause(
    ctx: typer.Context,
    *,
    webhook: Id,
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """Send nothing to a webhook for now; what is recorded meanwhile waits."""
    from app import webhooks

    form = choose_form(json=json, table=table)
    with open_log(ctx) as parley:
        found = webhooks.pause(parley, webhook)
    write(found, form, lambda: webhooks_view((found,)))


@app.command()
def resume(
    ctx: typer.Context,
    *,
    webhook: Id,
    after: After = None,
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """Send to a webhook again, from where it was, or from --after on: what it was sent before."""
    from app import webhooks

    form = choose_form(json=json, table=table)
    with open_log(ctx) as parley:
        found = webhooks.resume(parley, webhook, after)
    write(found, form, lambda: webhooks_view((found,)))


@app.command()
def rotate(
    ctx: typer.Context,
    *,
    webhook: Id,
    overlap: Annotated[
        float,
        typer.Option(
            "--overlap",
            metavar="HOURS",
            min=0,
            max=MAX_ROTATION,
            help="For how long deliveries are signed with the former secret as well.",
        ),
    ] = ROTATION,
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """Give a webhook another secret and show it; for the overlap both are good."""
    from app import webhooks

    form = choose_form(json=json, table=table)
    with open_log(ctx) as parley:
        new = webhooks.rotate(parley, webhook, int(overlap * SECONDS_OF_AN_HOUR))
    write(new, form, lambda: _secret_view(new), done=f"the webhook {webhook} has another secret")


@app.command()
def remove(
    ctx: typer.Context,
    *,
    webhook: Id,
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """Send nothing to a webhook any more, and forget it and its delivery log."""
    from rich.text import Text

    from app import webhooks

    form = choose_form(json=json, table=table)
    with open_log(ctx) as parley:
        webhooks.remove(parley, webhook)
    said = f"Nothing is sent to {webhook} any more."
    write({"removed": webhook}, form, lambda: Text(said), done=said)


def webhooks_view(found: Sequence[Webhook]) -> RenderableType:
    """Webhooks, oldest first."""
    from cli import words
    from cli.rows import Row, Section

    rows = (
        Row(
            status=each.state,
            what=each.note or "",
            lead=each.url,
            name=each.id,
            since=each.created_at[:10],
            voices=f"at {each.cursor}, {words.count(each.behind, 'entry', 'entries')} behind",
            notes=tuple(_troubles(each)),
        )
        for each in found
    )
    remark = "" if found else "Nothing is sent to anybody: `parley webhooks add` begins."
    return Section(words.count(len(found), "webhook", "webhooks"), tuple(rows), remark)


def attempts_view(found: Sequence[Attempt]) -> RenderableType:
    """Attempts, newest first."""
    from cli import words
    from cli.rows import Row, Section

    rows = (
        Row(
            status=each.outcome,
            what=f"answered {each.status}" if each.status is not None else "no answer",
            lead=f"entry {each.position}",
            since=words.instant(f"{each.at[:16]}Z"),
            voices=f"{each.milliseconds} ms",
        )
        for each in found
    )
    remark = "" if found else "Nothing was sent to it yet."
    return Section(words.count(len(found), "attempt", "attempts"), tuple(rows), remark)


def _troubles(webhook: Webhook) -> list[str]:
    wanted = webhook.filter.model_dump(exclude_none=True)
    told = [f"only {name}: {value}" for name, value in wanted.items()]
    if webhook.reason is not None:
        told.append(webhook.reason)
    if webhook.failing_since is not None:
        told.append(f"failing since {webhook.failing_since[:16]}Z, {webhook.failures} times")
    if webhook.next_attempt_at is not None:
        told.append(f"next attempt {webhook.next_attempt_at[:16]}Z")
    return told


def _secret_view(new: NewSecret) -> RenderableType:
    from rich.text import Text

    said = f"That is the secret of {new.webhook.id}, shown this once; it signs every delivery."
    return Text(f"{new.secret}\n\n{said}")
