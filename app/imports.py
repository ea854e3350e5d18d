"""Import: a file becomes entries; a second run records nothing, a changed entry is corrected."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.batch import Writer, check_names
from app.bodies import MAX_ARRAY
from app.drafting import draft_all
from app.effects import Effects, effects_of
from app.import_plan import Plan, Planner
from app.parley import Parley
from app.pending import Pending
from app.refusals import fold_alike, gather
from domain.entries import EntryRetracted
from domain.entry import Draft
from domain.errors import Conflict, InvalidInput, NotFound, ParleyError, Problem
from domain.negotiations import is_negotiation, never_opened, no_name, opening_stream
from exchange.cases import case_named, case_names, read_case
from exchange.jsonl import read_jsonl
from exchange.mapping import Case, CaseEntry, Remark
from exchange.table_mapping import TableMapping
from exchange.tables import read_table
from ledger.filter import Filter

ATTEMPTS = 5
"""How often an import is decided when others record meanwhile; it may take long each time."""
Progress = Callable[[int, int], object]
"""Told how many entries are recorded, and how many there are to record."""


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What an import did, by the keys of the file.

    `vanished` were imported before and are in the file no more: they stay as
    they are. `left` have changed in the file but were retracted by hand, and stay
    retracted. `refused` is what was not recorded, with file, line and field, if
    the good entries were to be kept. `effects` are of corrections. `remarks` tell
    of cells of a table that look odd and were recorded as they were found.
    """

    negotiation: str
    format: str
    recorded: tuple[str, ...]
    corrected: tuple[str, ...]
    replaced: tuple[str, ...]
    unchanged: tuple[str, ...]
    vanished: tuple[str, ...]
    left: tuple[str, ...]
    refused: tuple[Problem, ...]
    effects: Effects
    remarks: tuple[Remark, ...] = ()
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class _Ready:
    plan: Plan
    drafts: tuple[Draft, ...]
    effects: Effects
    vanished: tuple[str, ...]
    refused: tuple[Problem, ...]


def import_case(
    parley: Parley,
    case: str | Path,
    *,
    subject: str | None = None,
    keep_good: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ImportSummary:
    """Import a YAML case: a folder, a file, or the name of a case that comes with Parley.

    All or nothing up to a thousand entries; a longer case is recorded in parts
    once all of it was found good, and a run that was cut short is finished by
    the next. Raises NotFound, InvalidInput and Conflict with file, line and field.
    """
    return _import(parley, _find_case(case), subject, progress, keep=keep_good, dry=dry_run)


def import_jsonl(
    parley: Parley,
    path: str | Path,
    negotiation: str,
    *,
    subject: str | None = None,
    keep_good: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ImportSummary:
    """Import Parley JSON Lines into a negotiation; otherwise as `import_case`."""
    _check_negotiation(negotiation)
    case = read_jsonl(Path(path), negotiation)
    return _import(parley, case, subject, progress, keep=keep_good, dry=dry_run)


def import_table(  # noqa: PLR0913 - the parts of a request are named at the call.
    parley: Parley,
    path: str | Path,
    mapping: TableMapping,
    negotiation: str,
    *,
    subject: str | None = None,
    keep_good: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ImportSummary:
    """Import a CSV table into a negotiation as a mapping says; otherwise as `import_case`.

    What the mapping needs is recorded first, where nobody has made it known yet.
    """
    _check_negotiation(negotiation)
    case = read_table(Path(path), mapping, negotiation)
    _check_opened(parley, case)
    return _import(parley, case, subject, progress, keep=keep_good, dry=dry_run)


def _check_negotiation(name: str) -> None:
    if not is_negotiation(name):
        raise InvalidInput(no_name(name))


def _check_opened(parley: Parley, case: Case) -> None:
    """Raise NotFound for a negotiation nobody has opened, once and not for every row."""
    if any(entry.body.get("kind") == "negotiation.opened" for entry in case.entries):
        return
    if not parley.ledger.existing_streams([opening_stream(case.negotiation)]):
        raise NotFound(never_opened(case.negotiation))


def _find_case(case: str | Path) -> Case:
    path = Path(case)
    try:
        is_there = path.exists()
    except (OSError, ValueError) as error:
        # It is too long to look up, holds a NUL, or lies in a folder closed to us.
        rule = f"cannot be looked up: {getattr(error, 'strerror', None) or error}"
        raise NotFound(Problem("case", rule, "check the path and your right to read it")) from None
    if is_there:
        return read_case(path)
    if str(case) in case_names():
        return case_named(str(case))
    rule = f"{str(case)!r} is neither a folder nor a file, nor a case that comes with Parley"
    raise NotFound(Problem("case", rule, f"correct the path, or name {' or '.join(case_names())}"))


def _import(
    parley: Parley,
    case: Case,
    subject: str | None,
    progress: Progress | None,
    *,
    keep: bool,
    dry: bool,
) -> ImportSummary:
    who = parley.settings.subject if subject is None else subject
    check_names(subject=who)
    writer = Writer(case.negotiation, who)
    attempt = 1
    while True:
        ready = _prepare(parley, case, writer, keep=keep)
        if dry:
            return _summary(case, ready, dry=True)
        try:
            _append(parley, ready.drafts, progress)
        except Conflict:
            # Someone recorded or imported at the same time; what they did is seen now.
            if attempt == ATTEMPTS:
                raise
            attempt += 1
        else:
            return _summary(case, ready, dry=False)


def _prepare(parley: Parley, case: Case, writer: Writer, *, keep: bool) -> _Ready:
    """Everything decided; with `keep`, again and again until nothing builds on what is refused."""
    refused: list[ParleyError] = []
    skip: set[str] = set()
    while True:
        pending = Pending(parley.ledger)
        planner = Planner(case, parley.ledger, pending, parley.new_id, skip)
        plan = planner.plan()
        drafted = draft_all(plan.members, writer, pending)
        found = [
            *plan.refused,
            *((plan.sources[m.index or 0], error) for m, error in drafted.refused),
        ]
        refused += [entry.located(error) for entry, error in _in_order(case, found)]
        if not found:
            effects = effects_of(drafted.drafts, pending, parley.ledger)
            vanished = planner.vanished(with_commons=_owns_commons(parley, case))
            problems = fold_alike([problem for error in refused for problem in error.problems])
            return _Ready(plan, drafted.drafts, effects, vanished, problems)
        if not keep:
            error = gather(refused)
            raise type(error)(*fold_alike(error.problems))
        skip |= {entry.key for entry, _ in found}


def _in_order(
    case: Case, found: Sequence[tuple[CaseEntry, ParleyError]]
) -> list[tuple[CaseEntry, ParleyError]]:
    places = {entry.key: place for place, entry in enumerate(case.entries)}
    return sorted(found, key=lambda pair: places[pair[0].key])


def _append(parley: Parley, drafts: Sequence[Draft], progress: Progress | None) -> None:
    done = 0
    for part in _parts(drafts):
        parley.ledger.append(part)
        done += len(part)
        if progress is not None:
            progress(done, len(drafts))


def _parts(drafts: Sequence[Draft]) -> Iterator[Sequence[Draft]]:
    """Arrays of the allowed length; a retraction stays with what replaces it."""
    start = 0
    while start < len(drafts):
        end = min(start + MAX_ARRAY, len(drafts))
        last = drafts[end - 1].event
        if end < len(drafts) and isinstance(last, EntryRetracted) and last.replaced_by:
            end -= 1
        yield drafts[start:end]
        start = end


def _owns_commons(parley: Parley, case: Case) -> bool:
    """Whether no other negotiation can have brought the actors and sources of the commons."""
    opened = parley.ledger.entries(where=Filter(kind="negotiation.opened"))
    return all(entry.negotiation == case.negotiation for entry in opened)


def _summary(case: Case, ready: _Ready, *, dry: bool) -> ImportSummary:
    plan = ready.plan
    return ImportSummary(
        negotiation=case.negotiation,
        format=case.format,
        recorded=tuple(plan.recorded),
        corrected=tuple(plan.corrected),
        replaced=tuple(plan.replaced),
        unchanged=tuple(plan.unchanged),
        vanished=ready.vanished,
        left=tuple(plan.left),
        refused=ready.refused,
        effects=ready.effects,
        remarks=case.remarks,
        dry_run=dry,
    )
