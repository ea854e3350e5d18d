"""The demo's last part: the sample negotiation over HTTP, and what to ask it with."""

from __future__ import annotations

import json
import logging
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cli.session import SAMPLE
from domain.errors import Unavailable

if TYPE_CHECKING:
    from rich.console import Console

    from app.parley import Parley

HERE = "127.0.0.1"
ANY_PORT = 0
SUBJECT = "demo"
KEY_NOTE = "for one run of the demo"
READ = f"/v1/negotiations/{SAMPLE}/pledges/force-26?as_of=2025-09-11"
WRITE = f"/v1/negotiations/{SAMPLE}/events?dry_run=true"
BODY = {
    "kind": "pledge.stalled",
    "slug": "force-26",
    "occurred": "2025-09-10",
    "cite": [{"source": "brookings-pifer-2025-09-11"}],
}
"""Something that nobody has said, to be tried out without recording it."""


def serve_demo(console: Console, parley: Parley) -> None:
    """Answer over HTTP on a port of the settings, or on any if that is taken, until told to end."""
    from api import serving

    with _key(parley) as secret:

        def say(address: str, _: object) -> None:
            _print_address(console, address, secret)

        until = _input_ends if not _is_terminal() else None
        for port in (parley.settings.port, ANY_PORT):
            try:
                serving.serve(
                    parley, HERE, port, say, until, log_level=logging.WARNING, first_key=False
                )
            except Unavailable:
                if port == ANY_PORT:
                    raise
            else:
                return


@contextmanager
def _key(parley: Parley) -> Iterator[str]:
    """A key that is good as long as the demo runs."""
    from app.keys import Role, make_key, revoke_key

    new = make_key(parley, SUBJECT, Role.RECORDER, KEY_NOTE)
    try:
        yield new.secret
    finally:
        revoke_key(parley, new.key.id)


def _is_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _input_ends() -> None:
    """Return when standard input is at its end; at once where there is none."""
    try:
        number = sys.stdin.fileno()
        # Past the buffer of Python, which must not be held when the program ends.
        while os.read(number, 65_536):
            pass
    except (AttributeError, OSError, ValueError):
        return


def _print_address(console: Console, address: str, secret: str) -> None:
    from rich.text import Text

    def show(what: str, *lines: str) -> None:
        for line in (what, *lines):
            console.print(Text(line), soft_wrap=True)

    console.rule("Ask over HTTP", align="left")
    show("All that can be asked, to be tried out in a browser:", f"  {address}/docs")
    show("One pledge, with its story:", f"  curl -s '{address}{READ}'")
    show(
        "What would be different if it stalled, with a key that ends with this run",
        "(without ?dry_run=true it would be recorded):",
        f"  curl -s -H 'Authorization: Bearer {secret}' -H 'Content-Type: application/json' "
        f"-d {shlex.quote(json.dumps(BODY))} '{address}{WRITE}'",
    )
    show(f"It answers until {_end()}.")


def _end() -> str:
    return "Ctrl-C" if _is_terminal() else "its input ends, or SIGTERM"
