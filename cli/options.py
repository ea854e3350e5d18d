"""The options that several commands share, said once in the same words."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import typer

Certainty = Literal["possible", "certain"]

Negotiation: TypeAlias = Annotated[
    str | None,
    typer.Argument(
        metavar="NEGOTIATION",
        help="The negotiation; may be left out where the log holds just one.",
        show_default=False,
    ),
]
File: TypeAlias = Annotated[
    str | None,
    typer.Argument(
        metavar="FILE",
        help="The body of an event, or an array, as YAML, JSON or JSON Lines; - reads stdin. "
        "Always needed.",
        show_default=False,
    ),
]
AsOf: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="DATE",
        help="The world on this date (its last minute, UTC) or at an instant such as "
        "2025-09-04T12:00Z. Now, if not given.",
        show_default=False,
        rich_help_panel="Clocks",
    ),
]
KnownAt: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--known-at",
        metavar="DATE|POSITION",
        help="What this log knew by then: a date, an instant or a position in the log.",
        show_default=False,
        rich_help_panel="Clocks",
    ),
]
PublishedBy: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--published-by",
        metavar="DATE",
        help="Only what sources had published by the end of this date.",
        show_default=False,
        rich_help_panel="Clocks",
    ),
]
HowCertain: TypeAlias = Annotated[
    Certainty,
    typer.Option(
        "--certainty",
        help="With `certain`, leave out what only may be so.",
        rich_help_panel="Clocks",
    ),
]
Rules: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--rules",
        metavar="N",
        help="The number of the rules that compute the answer, as an earlier answer names it; "
        "the newest, if not given.",
        show_default=False,
        rich_help_panel="Clocks",
    ),
]
AsJson: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--json",
        help="Print JSON; the default where the output is no terminal.",
        rich_help_panel="Output",
    ),
]
AsTable: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--table",
        help="Print tables; the default on a terminal.",
        rich_help_panel="Output",
    ),
]
Entry: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="POSITION|ID",
        help="The entry, by its position in the log or its id; `parley log` shows both.",
        show_default=False,
    ),
]
Reason: TypeAlias = Annotated[
    str,
    typer.Option(
        "--reason",
        metavar="TEXT",
        help="Why; it is recorded with it.",
        show_default=False,
    ),
]
Subject: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--subject",
        metavar="NAME",
        help="Who records it, as the log keeps it. Goes before PARLEY_SUBJECT.",
        show_default=False,
    ),
]
DryRun: TypeAlias = Annotated[
    bool,
    typer.Option("--dry-run", help="Check it and say what it would do; record nothing."),
]
Key: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="TEXT",
        help="An idempotency key: sent twice with the same content, it is recorded once.",
        show_default=False,
    ),
]
ExpectedVersion: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--expected-version",
        metavar="N",
        min=0,
        help="Record only if the thing's stream stands at this version (0: it is not there yet).",
        show_default=False,
    ),
]
ApiKey: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--api-key",
        metavar="KEY",
        envvar="PARLEY_API_KEY",
        show_envvar=False,
        help="A key for the server; better in PARLEY_API_KEY, where others do not see it.",
        show_default=False,
    ),
]
