"""`parley verify`: is the log what was signed? By the keys that the auditor names."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, TypeAlias, TypeVar

import typer

from cli import options
from cli.exits import report_defect
from cli.output import choose_form, progress, write
from cli.session import open_log, opened_log
from domain.errors import InvalidInput, ParleyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from audit.policy import Policy
    from audit.report import Report
    from audit.source import Source

Read = TypeVar("Read")
DEFECT = 70
"""The exit code of a defect here, EX_SOFTWARE of sysexits.h."""
ANSWER = "answer"
"""In the place of a log: what is verified is an answer that carries its proof."""
Log: TypeAlias = Annotated[
    str | None,
    typer.Argument(
        metavar="DIR|URL",
        help="An export, or where a log is served, such as https://parley.example.org/v1/log; "
        "the log of the database at hand, if left out. Or the word answer, or the proof of an "
        "entry (a .tlog-proof).",
        show_default=False,
    ),
]
AnswerFile: TypeAlias = Annotated[
    Path | None,
    typer.Argument(
        metavar="FILE",
        help="After the word answer: what `show --proof` or `?proof=true` gave.",
        show_default=False,
    ),
]
LogOfAnswer: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--log",
        metavar="DIR|URL",
        help="The log that an answer is verified by.",
        show_default=False,
    ),
]
EntryFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--entry",
        metavar="FILE",
        help="The entry that a .tlog-proof is of: its leaf, a CloudEvent or an entry bundle.",
        show_default=False,
    ),
]
PolicyFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--policy",
        metavar="FILE",
        help="Whose signatures count (C2SP tlog-policy); it has to come another way than the "
        "log. Without it the keys that come with the log are used.",
        show_default=False,
    ),
]
Since: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--since",
        metavar="FILE",
        help="A checkpoint that you kept from before; the log has to continue it.",
        show_default=False,
    ),
]


def verify(
    ctx: typer.Context,
    *,
    log: Log = None,
    file: AnswerFile = None,
    by: LogOfAnswer = None,
    entry: EntryFile = None,
    policy: PolicyFile = None,
    since: Since = None,
    api_key: options.ApiKey = None,
    json: options.AsJson = False,
    table: options.AsTable = False,
) -> None:
    """Verify that a log is what was signed: nothing altered, removed, reordered or back-dated.

    Names the first bad position, and what it did not check. Ends with 0 if all is proven, with 1
    if something was tampered with, and with 2 if something is wanting that would tell.
    `verify answer FILE --log DIR` verifies an answer: it is computed anew from the log.
    `verify N.tlog-proof --entry FILE --policy FILE` verifies one entry without the log.
    """
    from rich.text import Text

    from audit.report import format_report, report_as_json

    form = choose_form(json=json, table=table)
    by_what = By(_policy(policy), None if since is None else _read(since, "--since", bytes))
    with _no_verdict_by_defect():
        if entry is not None or _is_proof(log):
            report = _verify_entry(log, entry, by_what, alone=file is None and by is None)
        elif log == ANSWER and file is not None:
            report = _verify_answer(file, by, api_key, by_what)
        elif file is not None or by is not None:
            raise InvalidInput.of("FILE", "goes with the word answer", "parley verify answer FILE")
        else:
            report = _verify_log(ctx, log, api_key, by_what)
    said = Text(format_report(report).rstrip("\n"), no_wrap=True, overflow="ignore")
    write(report_as_json(report), form, lambda: said)
    raise typer.Exit(report.outcome)


class By(NamedTuple):
    """By what a log is judged: the keys that count, and a checkpoint from before."""

    policy: Policy | None
    since: bytes | None


@contextmanager
def _no_verdict_by_defect() -> Iterator[None]:
    """End with a code of its own for a defect: 1 would say that something was tampered with."""
    try:
        yield
    except (ParleyError, typer.Exit, typer.Abort):
        raise
    except Exception as defect:  # noqa: BLE001 - whatever it is, it is no verdict.
        report_defect(defect)
        raise typer.Exit(DEFECT) from None


def _is_proof(log: str | None) -> bool:
    from audit.proof_file import SUFFIX

    return log is not None and log.endswith(SUFFIX)


def _verify_entry(proof: str | None, entry: Path | None, by: By, *, alone: bool) -> Report:
    """Verify one entry by its proof; `alone` says that nothing was given that goes with a log."""
    from audit.verify_entry import Given, verify_entry

    way_out = "parley verify N.tlog-proof --entry FILE --policy FILE"
    if proof is None or not _is_proof(proof):
        raise InvalidInput.of("--entry", "goes with the proof of the entry", way_out)
    if entry is None:
        raise InvalidInput.of("--entry", "is wanting: a proof does not hold the entry", way_out)
    if by.policy is None:
        raise InvalidInput.of("--policy", "is wanting: no keys come with a proof", way_out)
    if not alone or by.since is not None:
        raise InvalidInput.of("DIR|URL", "a proof is verified without the log", way_out)
    data = (_read(Path(proof), "DIR|URL", bytes), _read(entry, "--entry", bytes))
    return verify_entry(Given(proof, data[0]), Given(str(entry), data[1]), by.policy)


def _verify_log(ctx: typer.Context, log: str | None, api_key: str | None, by: By) -> Report:
    from audit.verify import verify as verify_log

    with ExitStack() as stack:
        if log is None:
            from app.own_log import OwnLog

            source: Source = OwnLog(stack.enter_context(open_log(ctx)))
        else:
            source = stack.enter_context(opened_log(log, "DIR|URL", api_key))
        advance = stack.enter_context(progress("Verifying"))
        return verify_log(source, by.policy, since=by.since, progress=advance)


def _verify_answer(file: Path, log: str | None, api_key: str | None, by: By) -> Report:
    from app.verifying import verify_answer

    if log is None:
        raise InvalidInput.of("--log", "is wanting", "name the log that the answer came from")
    data = _read(file, "FILE", bytes)
    with opened_log(log, "--log", api_key) as source, progress("Verifying") as advance:
        return verify_answer(str(file), data, source, by.policy, since=by.since, progress=advance)


def _policy(path: Path | None) -> Policy | None:
    from audit.policy import parse_policy

    return None if path is None else _read(path, "--policy", parse_policy)


def _read(path: Path, option: str, parse: Callable[[bytes], Read]) -> Read:
    from audit.note import NoteError

    try:
        return parse(path.read_bytes())
    except OSError as fault:
        rule = f"{path} cannot be read: {fault.strerror or fault}"
    except NoteError as fault:
        rule = f"{path} is no policy that can be read: {fault}"
    raise _refused(option, rule)


def _refused(option: str, rule: str) -> ParleyError:
    return InvalidInput.of(option, rule, "name another file")
