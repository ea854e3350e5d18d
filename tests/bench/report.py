"""The table, and the page that holds it."""

from __future__ import annotations

import json
import os
import platform
import re
import sqlite3
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version

from tests.bench.calm import CALM
from tests.bench.figures import Figure
from tests.bench.peers import PYTHON
from tests.bench.servers import Places
from tests.databases import Server

COMMAND = "make bench"
"""What writes the page."""
PACKAGES = ("eventsourcing", "SQLAlchemy", "psycopg", "pydantic", "uvicorn", "starlette")
_HEAD = ("what", "beside", "goal", "measured", "rounds from–to", "ours : theirs", "")
_MARKS = {True: "met", False: "**missed**", None: ""}

PARTS = {
    "one_caller": "One caller",
    "many_callers": "Many callers",
    "bulk": "Bulk",
    "proof": "Proof",
    "proofs": "Inclusion and consistency",
    "verification": "Verification",
    "feed": "Feed",
    "backwards": "Newest first",
    "as_of": "As of a date",
}
"""The modules of this folder that measure, in the order of the page, with their headings."""
_HEADING = f"""\
# Benchmarks

Written by `{COMMAND}`; do not edit. Each table comes from one run, which it names, and `{COMMAND}
ARGS="-k as_of"` measures the table of that part anew.

Every figure is a ratio within its run: the median over the rounds, and beside it the lowest
and the highest round. In each round all contestants of a line take turns on the same entries, in an
order that changes with the round. A round in which other programs kept more than {CALM} cores busy
is thrown away, whatever it measured, as long as patience lasts. Differences below 1.5 are no
findings. The last column but one gives the medians behind the ratio; they say more about the disk
than about the programs.
"""
_SECTION = """\
## {title}

{date}, {minutes:.0f} minutes; {kept} rounds count, {thrown} were thrown away, {others}. {machine}.
{versions}.

{table}"""

_NOTES = """\
## What is measured

The entries are the statements of the sample case under new names, about 1,000 bytes a leaf, each on
a stream of its own in a log that holds the case.

- **append of a validated event**: from `Ledger.append` to its durable receipt: canonical leaf, hash
  and frontier, every column, index and named actor. The log is asked for version and id alone.
- **record of a body**: the whole of a user's request (`app.record`): validation, whether the
  negotiation and everything else that the body names is known, the append, and the answer.
- **bulk, from validated events**: `Ledger.append_bulk`; leaf, hash and all indexes are made within
  the time measured. **From bodies** has the validation in it too.
- **import**: `import_jsonl` as the command runs it: reading the file, every check, and the
  comparison with what was imported before. The log holds more at every round.

Both of the first two are held to the same goals.

### The proof

- **proof work in one append**: the hash of the leaf, and the frontier of the tree before it read,
  grown and written.
- **inclusion proof, consistency proof**: of a position, or from a size, drawn at random, out of
  logs as those of the read model below: in this process, and over HTTP as `.tlog-proof` and as JSON
  from a `parley serve` to a client that keeps its connection; the 99th percentile of all. The
  **first checkpoint** of such a log reads every leaf hash and writes every tile; later ones only
  what is new.
- **full verification**: the verifier, in a process of its own, on an export in a folder: every
  signature, hash and tile, the JSON of every entry, ids, positions, versions and times. The memory
  is that of the whole process at its highest.

### The read model

Three logs, of 10,000, 100,000 and a million events, in all of which the same 800 things are alive:
pledges, issues, measures, threats and conditions of one negotiation, which have their turns in the
order of the dates, and the actors and elements they name. Each log is recorded by
`Ledger.append_bulk`. The caches of both databases have their default sizes. Each question is of a
minute and a position drawn at random from when all things are there; what is asked of one log is
not asked of another in the same round, and whatever was decoded for one answer may be found again
in the next.

- **states as of a date**: the look into the R*Tree or the GiST index, and the rows it finds.
- **answer as of a date**: from the question to the JSON: the same look, the states decoded, storey
  two computed, a megabyte written.
- **`GET …/framework`**: the same answer from a `parley serve` of its own, to one client that keeps
  its connection for a round and takes what it is sent as it is; the 99th percentile of all calls of
  the rounds, and what a call takes as a rule. No two questions are alike, and 300 are asked before
  the first round. The client, the server and, with PostgreSQL, the database share the two cores.
  **Compressed** is the same for a client that accepts gzip.
- **rebuild**: an empty edition filled from the log: reading and decoding each entry, folding its
  stories, and durable rectangles. Of the two larger logs it is one round, the first filling.
- **bulk, after** so many: at the end of each of the three logs; the peer's table, in the same
  database, begins with as many rows.
- **newest first**: the steps of 8 pledges, of which the last is recorded first; taken in batches as
  they would come live. What is recorded earlier in the world changes up to eight states after it.

![As-of answers against the size of the log](benchmarks-as-of.svg)

### The feed

`parley serve` on SQLite is a process of its own; the clients, each a connection that takes what
comes, and whoever records are in another. An event is recorded when everybody has had the one
before. What is counted is the processor's time of the server alone, with finding, reading and
encoding the event.

- **deliveries**: events times subscribers, for each second of a processor.
- **memory**: what the server has grown by when all have come and wait, for each of them.
- **the last of them**: from before the append to when the last client has the event, at a steady
  pace; the 99th percentile of each round.

## What stands beside it

All are as durable as Parley: WAL and `synchronous=FULL` on SQLite, `fsync` and `synchronous_commit`
on PostgreSQL; one disk, one server, and for each a file or database of its own that begins empty.

- **pwrite + fdatasync**: Python writes the finished leaf at the end of a file and waits. The file
  grows, as a log does; **without growing** it has its full size before, as SQLite's write-ahead log
  has most of the time.
- **psycopg**: the finished row of `events` into a table with the same columns and two indexes
  (position; stream and version). psycopg prepares the INSERT by itself. With a commit it is a
  transaction of three round trips, in autocommit of one.
- **`eventsourcing.postgres`**: the library's own recorder with its defaults, saving one event that
  carries the body as it came; nobody validates or hashes it. The 8 writers are threads.
- **executemany, COPY**: the finished rows, 1,000 a transaction, into that table with two indexes;
  COPY in binary, which is the faster form. Into **all our tables**: those of an empty log, with
  every index and the named actors.
- **`eventsourcing`: log in memory, mapper, fold**: the library's own `popo` recorder holds the same
  bodies; they are read in pages of 500, made into events by its mapper and folded into a state of
  the last kind, a count and the last eight events. Nothing is written.
- **as many rows one after another**: rectangles as they stand in the table, by number; as many as a
  question finds on average.
- **the same bytes ready-made**: a bare Starlette application under uvicorn, in a process of its
  own, that has one answer of the same log in memory and sends it at every call.
- **folding the log**: the first 10,000 entries read and folded by the story's own `evolve`, keeping
  the last state of each; a longer log is reckoned from that.
- **Go's verifier**: `tests/audit/go/verify.go` on `golang.org/x/mod/sumdb`, on the same export, its
  start included: it hashes every entry and looks at no JSON, position, version or time.
- **a bare asyncio Protocol**: writes bytes that were made once to every transport, and parses
  nothing.
- **`sse-starlette`, FastAPI's own SSE**: as their documentation shows, with a queue for each
  client, on the same server with the same parser; FastAPI with fewer subscribers, since it takes
  seconds for each event of 5,000.
- **`eventsourcing_sqlalchemy`**: the same event as above, 1,000 a transaction. It caps SQLAlchemy
  below 2.1, so the libraries live in an environment, and work in a process, of their own ({peer}).
"""


def format_table(figures: Sequence[Figure]) -> str:
    """The table in Markdown."""
    rows = [_HEAD, *(_cells(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines) + "\n"


def format_section(part: str, places: Places, seconds: float, figures: Sequence[Figure]) -> str:
    """What a part has measured: when, how long, on what, beside what else, and the table."""
    calm = places.calm
    return _SECTION.format(
        title=PARTS[part],
        date=f"{datetime.now(UTC):%Y-%m-%d}",
        minutes=seconds / 60,
        kept=calm.kept,
        thrown=calm.thrown,
        others=_others(calm.cores_of_others()),
        machine=_machine(),
        versions=_versions(places.server),
        table=format_table(figures),
    )


def format_page(sections: Mapping[str, str]) -> str:
    """The whole page: how it is measured, the parts that were, and what their words mean."""
    told = [sections[title] for title in PARTS.values() if title in sections]
    return "\n".join((_HEADING, *told, _NOTES.format(peer=_peer())))


def parse_sections(page: str) -> dict[str, str]:
    """The sections of a page by their headings, so that one of them can be put anew."""
    parts = re.split(r"^(?=## )", page, flags=re.MULTILINE)[1:]
    titled = {part.split("\n", 1)[0].removeprefix("## "): part.rstrip() + "\n" for part in parts}
    return {title: part for title, part in titled.items() if title in PARTS.values()}


def _cells(figure: Figure) -> tuple[str, ...]:
    return (
        figure.what,
        figure.beside,
        figure.goal,
        figure.measured,
        figure.rounds,
        figure.rates,
        _MARKS[figure.met],
    )


def _machine() -> str:
    cores = os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{cores} cores, {memory:.0f} GiB of memory, {platform.system()} on {platform.machine()}"


def _others(cores: float) -> str:
    said = f"others kept {cores:.2f} cores busy"
    return said if cores <= CALM else f"**{said}, so that all figures are doubtful**"


def _versions(server: Server) -> str:
    with server.connect() as connection:
        (postgres,) = connection.execute("SHOW server_version").fetchone() or ("?",)
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{python}, SQLite {sqlite3.sqlite_version}, PostgreSQL {postgres}, {packages}"


def _peer() -> str:
    if not PYTHON.exists():
        return "could not be installed"
    command = [str(PYTHON), "-m", "pip", "list", "--format", "json"]
    listed = subprocess.run(command, check=True, capture_output=True).stdout
    found = {each["name"]: each["version"] for each in json.loads(listed)}
    names = (
        *("eventsourcing", "eventsourcing-sqlalchemy", "SQLAlchemy", "psycopg"),
        *("sse-starlette", "fastapi", "uvicorn"),
    )
    return ", ".join(f"{name} {found[name]}" for name in names)
