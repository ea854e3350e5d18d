"""After a new epoch no answer is taken for one that was lost."""

from __future__ import annotations

import shutil
from pathlib import Path

from fastapi.testclient import TestClient
from httpx2 import Response

from api.application import make_application
from app.new_epoch import open_epoch
from app.parley import Parley, open_parley
from app.record import record
from app.settings import Settings, read_settings
from app.sign_checkpoint import sign_checkpoint
from tests.app.bodies import NEGOTIATION, SETTING, pledge

KEPT = 5
PATHS = (
    f"/v1/events/{KEPT + 1}",
    f"/v1/events?known_at={KEPT + 1}",
    f"/v1/log/consistency?from={KEPT}&to={KEPT + 2}",
    f"/v1/log/tile/0/000.p/{KEPT + 1}",
    f"/v1/negotiations/{NEGOTIATION}/pledges?as_of=2025-09-11&known_at={KEPT + 1}&rules=1",
)


def get(parley: Parley, tags: dict[str, str]) -> dict[str, Response]:
    client = TestClient(make_application(parley, local=True), base_url="http://localhost")
    return {
        path: client.get(path, headers={"If-None-Match": tags.get(path, '"none"')})
        for path in (*PATHS, "/v1/events/2")
    }


def settings_at(path: Path, key: str) -> Settings:
    return read_settings(
        database_url=f"sqlite:///{path}",
        origin="example.org/bridge",
        subject="ann",
        guard_file=path.with_name("guard"),
        signing_key_file=path.with_name(key),
    )


def test_what_is_at_a_position_now_is_not_what_a_client_kept_from_the_epoch_before(
    migrated_file: Path, tmp_path: Path
) -> None:
    path, old = tmp_path / "log.db", tmp_path / "old.db"
    shutil.copy(migrated_file, path)
    with open_parley(settings_at(path, "key")) as parley:
        record(parley, NEGOTIATION, SETTING[: KEPT - 1])
        sign_checkpoint(parley)
    shutil.copy(path, old)
    with open_parley(settings_at(path, "key")) as parley:
        for number in range(3):
            record(parley, NEGOTIATION, pledge(slug=f"lost-{number}"))
        sign_checkpoint(parley)
        before = get(parley, {})
        assert {answer.status_code for answer in before.values()} == {200}
    shutil.copy(old, path)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    with open_parley(settings_at(path, "second")) as parley:
        open_epoch(parley, reason="The disk burnt.", approvers=("ann", "bob"))
        for number in range(2):
            record(parley, NEGOTIATION, pledge(slug=f"other-{number}"))
        sign_checkpoint(parley)
        after = get(parley, {path: answer.headers["ETag"] for path, answer in before.items()})
    assert {path: after[path].status_code for path in PATHS} == dict.fromkeys(PATHS, 200)
    # What survived is the same, and who has it need not fetch it again.
    assert after["/v1/events/2"].status_code == 304
