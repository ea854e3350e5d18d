"""Whose signatures count, as the log itself says.

A convenience: whoever altered the log could alter this too, so an auditor brings a policy
that came another way.
"""

from __future__ import annotations

from app.ask_witnesses import read_policy
from app.origins import origins_of
from app.parley import Parley
from audit.policy import Policy


def policy_of(parley: Parley) -> Policy:
    """The keys of the name that the log has now, those that signed before among them.

    With the witnesses and the quorum of the settings; raises InvalidInput where these
    cannot be read.
    """
    keys = tuple(each.key for each in origins_of(parley.ledger)[-1].keys)
    if parley.settings.witnesses is None:
        return Policy(keys)
    theirs, _ = read_policy(parley.settings.witnesses)
    return Policy(keys, theirs.witnesses, theirs.groups, theirs.quorum)
