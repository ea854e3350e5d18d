"""How quickly is a whole export verified, and in how much memory? Beside Go's verifier."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eventsourcing.persistence import JSONTranscoder

from audit.checkpoint import Checkpoint, format_checkpoint
from audit.export import write_export
from audit.leaf import LEAF_VERSION
from audit.note import Note, Signer, format_note, format_verifier_key
from audit.policy import Policy
from domain.entry import LOG_STREAM, Draft
from domain.log import LogOpened
from domain.story import RULES
from ledger.factory import system_nonce
from ledger.mapper import LeafMapper, StoredDraft
from tests.audit.go_verifier import build_verifier, has_go
from tests.bench.figures import Figure, Goal, number
from tests.bench.laps import Lap, Turn, in_one_go, take_turns
from tests.bench.material import SUBJECT, new_id
from tests.bench.servers import Places
from tests.bench.stories import long_log

SIZE = 1_000_000
ROUNDS = 5
VERIFY = "verification"
GO = "Go's verifier"
RATE = Goal(20_000, unit="/s")
MEMORY = Goal(300, at_most=True, unit="MB")
ORIGIN = "parley.example.org/bench"
STARTED = 1_757_030_399_000_000
ROOT = Path(__file__).parents[2]

# The memory of a process that was forked from a large one says more of the large one, but
# this figure of the kernel begins anew with the program.
_CHILD = """
import json, sys, time
from pathlib import Path
from audit.command import run
begun = time.perf_counter()
status = run(sys.argv[1:])
seconds = time.perf_counter() - begun
lines = Path("/proc/self/status").read_text().splitlines()
peak = next(line for line in lines if line.startswith("VmHWM"))
sys.stderr.write(json.dumps({"status": status, "seconds": seconds, "peak": int(peak.split()[1])}))
"""


@dataclass
class Export:
    """An export of that many entries, its key, and the most memory that a verification took."""

    folder: Path
    size: int
    key: Signer
    peaks: list[int] = field(default_factory=list)

    def write(self) -> None:
        """Write it, signed once at its end."""
        write_export(
            self.folder,
            self._leaves(),
            origin=ORIGIN,
            sign=self._sign,
            policy=Policy((self.key.key,)),
        )

    def verify(self) -> Lap:
        """The program as an auditor runs it, in a process of its own; starting it is not timed."""
        command = [sys.executable, "-c", _CHILD, str(self.folder)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        said = json.loads(done.stderr)
        if said["status"] != 0:
            raise RuntimeError(done.stdout)
        self.peaks.append(said["peak"] * 1_024)
        return Lap(said["seconds"], self.size)

    def verify_by_go(self, program: Path) -> Lap:
        """The same by Go: hashes and the signature, nothing of what the entries say."""
        command = [str(program), "export", str(self.folder), format_verifier_key(self.key.key)]
        return in_one_go(partial(subprocess.run, command, check=True), self.size)

    def _sign(self, checkpoint: Checkpoint) -> bytes:
        text = format_checkpoint(checkpoint)
        return format_note(Note(text, (self.key.sign(text),)))

    def _leaves(self) -> Iterator[bytes]:
        """What the recorder would have written, without a database to wait for."""
        mapper = LeafMapper(JSONTranscoder())
        versions: Counter[str] = Counter()
        for position, draft in enumerate(self._drafts(), start=1):
            stored = mapper.to_stored_event(draft)
            if not isinstance(stored, StoredDraft):
                raise TypeError("the mapper makes stored drafts")
            versions[draft.stream] += 1
            yield stored.leaf.complete(
                position=position,
                version=versions[draft.stream],
                recorded_at=STARTED + position * 1_000,
                nonce=system_nonce(),
            )

    def _drafts(self) -> Iterator[Draft]:
        opening = LogOpened(origin=ORIGIN, leaf=LEAF_VERSION, rules=RULES, parley="bench")
        yield Draft(opening, LOG_STREAM, new_id(), SUBJECT)
        yield from long_log(self.size - 1)


def measure(places: Places, size: int = SIZE) -> list[Figure]:
    """The two lines of this goal."""
    export = Export(places.path(), size, Signer(ORIGIN, Ed25519PrivateKey.generate()))
    export.write()
    turns: dict[str, Turn[None]] = {VERIFY: lambda _: export.verify()}
    if has_go():
        place = places.path()
        place.mkdir()
        program = build_verifier(place)
        turns[GO] = lambda _: export.verify_by_go(program)
    laps = take_turns(turns, lambda: None, ROUNDS, places.calm)
    rates = [lap.rate for lap in laps[VERIFY]]
    theirs = [lap.rate for lap in laps.get(GO, ())]
    peaks = [peak / 1e6 for peak in export.peaks]
    what = f"full {VERIFY} of {size:,} events"
    return [
        Figure(
            what,
            f"{GO}, hashes alone" if theirs else f"{GO}: there is no Go here",
            str(RATE),
            f"{median(rates):,.0f}/s",
            f"{min(rates):,.0f}–{max(rates):,.0f}",
            f"{median(rates):,.0f}/s : {median(theirs):,.0f}/s" if theirs else "",
            RATE.is_met(median(rates)),
        ),
        Figure(
            f"{what}: memory at its highest",
            "",
            str(MEMORY),
            f"{number(median(peaks))} MB",
            f"{number(min(peaks))}–{number(max(peaks))}",
            "",
            MEMORY.is_met(max(peaks)),
        ),
    ]
