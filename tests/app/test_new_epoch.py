"""Where nobody has a copy, a log goes on under another name and says what it lost."""

from __future__ import annotations

import json
import shutil

import pytest

from app.new_epoch import RETIRED, open_epoch
from app.origins import origins_of
from app.record import record
from app.settings import Settings
from app.sign_checkpoint import sign_checkpoint
from app.signing_files import guard_path, signing_key_path
from audit.policy import Policy
from audit.report import Outcome
from audit.source import Folder
from audit.verify import verify
from domain.errors import BehindGuard, Conflict, InvalidInput
from domain.log import LogReopened
from tests.app.bodies import NEGOTIATION, SETTING, pledge
from tests.app.conftest import House
from tests.app.lossy import KEPT, ORIGIN, SIGNED, Lossy, rows_of

APPROVERS = ("ann", "bob")


def fresh(lossy: Lossy) -> Settings:
    """The settings of the restored log with the default files, which go by its name."""
    (lossy.folder / "files").mkdir(exist_ok=True)
    files = {
        "signing_key_file": lossy.folder / "files" / "second.key",
        "guard_file": lossy.guard,
    }
    return lossy.restored.model_copy(update=files)


def test_a_log_goes_on_without_what_is_lost_under_another_name_and_key(
    lossy_on_each: Lossy,
) -> None:
    lossy = lossy_on_each
    settings = fresh(lossy)
    before = rows_of(settings, KEPT)
    with lossy.opened(settings) as parley:
        old = origins_of(parley.ledger)[0].keys[0].key
        done = open_epoch(parley, reason="The disk burnt.", approvers=APPROVERS)
        assert (done.epoch, done.predecessor, done.origin) == (2, ORIGIN, f"{ORIGIN}/2")
        assert (done.kept, done.lost_first, done.lost_last) == (KEPT, KEPT + 1, SIGNED)
        event = parley.ledger.entry(KEPT + 1).event
        assert isinstance(event, LogReopened)
        assert (event.lost, event.approvers) == ((KEPT + 1, SIGNED), APPROVERS)
        name = origins_of(parley.ledger)[-1]
        assert name.keys[0].key.public != old.public
        record(parley, NEGOTIATION, pledge(slug="goes-on"))
        assert sign_checkpoint(parley).origin == f"{ORIGIN}/2"
    after = rows_of(settings, KEPT)
    for table in ("events", "event_actors", "event_imports", "log_checkpoints"):
        assert after[table] == before[table], table


def test_an_export_of_the_new_epoch_is_proven_by_its_own_key(lossy: Lossy) -> None:
    settings = fresh(lossy)
    with lossy.opened(settings) as parley:
        open_epoch(parley, reason="The disk burnt.", approvers=APPROVERS)
        shutil.rmtree(lossy.folder / "export")
        lossy.export(parley)
        key = origins_of(parley.ledger)[-1].keys[0].key
    report = verify(Folder(lossy.folder / "export"), Policy((key,)))
    assert (report.outcome, report.findings) == (Outcome.PROVEN, ())


def test_the_old_name_is_never_signed_again_not_even_by_the_log_that_was_lost(
    lossy: Lossy,
) -> None:
    # By default each name has a guard and a key of its own, beside the file.
    own = {"guard_file": None, "signing_key_file": None}
    settings = lossy.restored.model_copy(update=own)
    guard = guard_path(settings, ORIGIN)
    guard.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(lossy.guard, guard)
    with lossy.opened(settings) as parley:
        open_epoch(parley, reason="The disk burnt.", approvers=APPROVERS)
    assert guard.with_name(guard.name + RETIRED).read_bytes() == lossy.guard.read_bytes()
    found = lossy.lost.model_copy(update={"guard_file": guard})
    with lossy.opened(found) as parley, pytest.raises(BehindGuard, match="another log"):
        sign_checkpoint(parley)
    with lossy.opened(found) as parley:
        size = parley.ledger.head().size
        with pytest.raises(BehindGuard, match="another log"):
            record(parley, NEGOTIATION, pledge(slug="found-again"))
        assert parley.ledger.head().size == size


def test_what_was_begun_is_finished_by_being_done_again(lossy: Lossy) -> None:
    own = {"guard_file": None, "signing_key_file": None}
    settings = lossy.restored.model_copy(update=own)
    guard = guard_path(settings, ORIGIN)
    guard.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(lossy.guard, guard)
    with lossy.opened(settings) as parley:
        done = open_epoch(parley, reason="The disk burnt.", approvers=APPROVERS)
    # As if the machine had stopped before the old guard was retired.
    shutil.copy(lossy.guard, guard)
    with lossy.opened(settings) as parley:
        again = open_epoch(parley, reason="The disk burnt.", approvers=APPROVERS)
        assert again == done
        assert parley.ledger.head().size == KEPT + 1
        with pytest.raises(Conflict, match="nothing is lost"):
            open_epoch(parley, reason="Once more.", approvers=APPROVERS)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"approvers": ()}, "--approver"),
        ({"approvers": ("ann",)}, "--approver"),
        ({"approvers": ("ann", " ann ", "Ann")}, "--approver"),
        ({"reason": " "}, "--reason"),
        ({"origin": ORIGIN}, "--origin"),
    ],
)
def test_what_a_new_epoch_needs_is_asked_for_before_anything_is_recorded(
    lossy: Lossy, given: dict[str, object], field: str
) -> None:
    asked = {"reason": "The disk burnt.", "approvers": APPROVERS, **given}
    with lossy.opened(fresh(lossy)) as parley:
        with pytest.raises(InvalidInput, match=field):
            open_epoch(parley, **asked)  # type: ignore[arg-type] # parts of two types.
        assert parley.ledger.head().size == KEPT


def test_a_new_epoch_takes_a_key_of_its_own_file(lossy: Lossy) -> None:
    with lossy.opened(lossy.restored) as parley:
        with pytest.raises(InvalidInput, match="PARLEY_SIGNING_KEY_FILE"):
            open_epoch(parley, reason="The disk burnt.", approvers=APPROVERS)
        assert parley.ledger.head().size == KEPT


def test_a_log_that_lost_nothing_is_not_opened_again(house: House) -> None:
    with house.opened() as parley:
        record(parley, NEGOTIATION, SETTING)
        for _ in range(2):
            with pytest.raises(Conflict, match="nothing is lost"):
                open_epoch(parley, reason="Why not?", approvers=APPROVERS)
            sign_checkpoint(parley)


def test_the_origin_is_in_the_reopening_for_whoever_reads_the_log_alone(lossy: Lossy) -> None:
    with lossy.opened(fresh(lossy)) as parley:
        open_epoch(parley, reason="The disk burnt.", approvers=APPROVERS, origin="example.org/b2")
        (leaf,) = parley.ledger.leaves(KEPT, KEPT + 1)
    data = json.loads(leaf.data)["data"]
    assert data["origin"] == "example.org/b2"
    assert data["predecessor"] == ORIGIN
    assert data["lost"] == [KEPT + 1, SIGNED]


def test_paths_of_keys_go_by_the_name_of_the_log(house: House) -> None:
    names = {signing_key_path(house.settings, name) for name in (ORIGIN, f"{ORIGIN}/2")}
    assert len(names) == 2
