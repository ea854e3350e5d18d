"""The kinds of event that this verifier knows by name; what they mean is for `domain` to say.

An entry of another kind is no proof of anything: a newer Parley may have recorded it.
It is told of, since nobody who cannot read an entry has checked what it says.
"""

from __future__ import annotations

KNOWN_SCHEMA = 1
"""The only schema number that any kind has."""
_OF_THING = {
    "negotiation": "opened closed",
    "actor": "registered renamed merged office_taken office_left member_joined member_left",
    "source": "registered archived",
    "element": "defined redefined",
    "issue": "raised narrowed settled lapsed reopened",
    "condition": "stated met failed waived",
    "statement": "made",
    "pledge": "made strengthened amended allocated delivered stalled resumed withdrawn expired",
    "threat": "issued repeated carried_out withdrawn",
    "attack": "carried_out reassessed",
    "consultation": "scheduled held started ended cancelled",
    "measure": "considered proposed threatened adopted lifted rejected",
    "agreement": "reached entered_into_force breached ended",
    "entry": "corrected retracted endorsed linked",
    "log": "opened key_rotated reopened",
}
KINDS = frozenset(
    f"{thing}.{what}" for thing, all_of in _OF_THING.items() for what in all_of.split()
)
"""Every kind there is, by its wire name; a test holds it complete."""
