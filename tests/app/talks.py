"""A log with a case of every kind in it, its export, and answers that carry their proof."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from app import proving, read, read_log
from app.clocks import Asked, read_clocks
from app.exporting import export_audit
from app.imports import import_case
from app.narrowing import Narrowing
from app.parley import Parley
from app.pinned import AskedEntry, AskedFramework, AskedLog, AskedSection, AskedThing, What
from app.read_log import LogAsked
from app.trusted_keys import policy_of
from app.verifying import verify_answer
from audit.report import Report
from audit.source import Folder
from projections.answers import Answer

EVERY_KIND = "every-kind"
Json = Any


class Talks:
    """A log with a case in it, its export, and what can be asked of it."""

    def __init__(self, parley: Parley, folder: Path) -> None:
        import_case(parley, EVERY_KIND, keep_good=True)
        # What one has recorded takes another to endorse.
        import_case(parley, EVERY_KIND, subject="second")
        (self.name,) = read.negotiation_names(parley)
        self.parley, self.folder = parley, folder / "export"
        export_audit(parley, self.folder)
        self.policy = policy_of(parley)

    def ask(self, what: What, asked: Asked | None = None) -> Json:
        """The answer with its proof, as JSON."""
        asked = asked or Asked(as_of="2025-09-11")
        pinned, signed = proving.pin(self.parley, asked)
        whole = None if what.of in {"log", "entry"} else self.name
        question = proving.pinned_question(what, whole, pinned)
        proven = proving.prove(self.parley, self.answer(what, pinned), question, signed)
        return json.loads(proven.model_dump_json())

    def answer(self, what: What, pinned: Asked) -> Answer:
        match what:
            case AskedFramework():
                return read.framework(self.parley, self.name, pinned)
            case AskedSection():
                by = Narrowing(what.status, what.actor, what.element, what.after, what.limit)
                return read.section(self.parley, self.name, what.section, pinned, by)
            case AskedThing():
                return read.thing(self.parley, self.name, what.sort, what.slug, pinned)
            case AskedEntry():
                return read_log.log_entry(self.parley, what.position)
            case AskedLog():
                asked = LogAsked(**what.model_dump(exclude={"of"}))
                clocks = read_clocks(self.parley, pinned)
                return read_log.log_page(self.parley, asked, clocks)

    def verify(self, carried: Json, folder: Path | None = None) -> Report:
        data = json.dumps(carried, indent=1).encode()
        return verify_answer("answer.json", data, Folder(folder or self.folder), self.policy)
