"""An import-linter contract for a room that may know only a few packages.

The `forbidden` contract that comes with import-linter has to be told every
package there is; this one is told the few that are allowed.
"""

from __future__ import annotations

import sys
from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class AllowlistContract(Contract):
    """Every import of `source_modules` is their own, the library's or an allowed package's.

    Imports of other rooms are not looked at here: the arrows contract does that.
    """

    type_name = "only"

    source_modules: Any = fields.ListField(subfield=fields.StringField())
    allowed_packages: Any = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: FBT001 - the parent's signature.
        output.verbose_print(verbose, f"Only {', '.join(self.allowed_packages)}.")
        allowed = {*sys.stdlib_module_names, *self.allowed_packages}
        rooms = set(self.session_options["root_packages"])
        offences = sorted(
            f"{importer} imports {imported}"
            for room in self.source_modules
            for importer in {room, *graph.find_descendants(room)}
            for imported in graph.find_modules_directly_imported_by(importer)
            if imported.partition(".")[0] not in allowed | rooms
        )
        return ContractCheck(kept=not offences, metadata={"offences": offences})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for offence in check.metadata["offences"]:
            output.print_error(offence)
