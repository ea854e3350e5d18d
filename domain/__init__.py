"""What can happen in a negotiation, and the story rule.

This room knows no clock, no disk and no network: time, ids and the person come
in as data. It may use the standard library, `eventsourcing` and `pydantic`;
every other room except `audit` may import it.
"""
