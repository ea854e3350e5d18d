"""Between domain events and what the recorder stores.

A recorder of the library sees opaque bytes. Ours also has to know what an event
is asked by, and to complete its leaf with what only the lock can tell, so a
draft becomes a `StoredDraft`: a stored event that carries both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias, cast
from uuid import UUID

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import Cipher, Compressor, Mapper, StoredEvent, Transcoder
from pydantic_core import from_json

from audit.leaf import MAX_LEAF, LeafDraft, LeafError, LeafTooLarge, draft_leaf, parse_recorded_at
from domain.bounds import Span
from domain.entry import LOG_STREAM, Draft, Entry, Import
from domain.errors import InvalidInput, TooLarge
from domain.event import ThingEvent
from domain.references import actors_named
from domain.registry import kind_named, read_data
from ledger.faults import damaged
from ledger.window import Place, place_of

Imported: TypeAlias = tuple[str, str, str, str]
"""Scope, format, key and digest of an imported entry."""


@dataclass(frozen=True)
class StoredDraft(StoredEvent):
    """An event that the recorder completes under the lock.

    Its `state` stays empty: the leaf exists only once position, version, time
    and nonce are known. `expected` is the version its stream must stand at.
    """

    id: str
    leaf: LeafDraft
    expected: int | None
    envelope: Envelope


@dataclass(frozen=True, slots=True)
class Envelope:
    """What an entry is asked by, beside its stream and its kind; all of it follows from it."""

    negotiation: str
    thing: str
    place: Place
    actors: tuple[str, ...]
    imported: Imported | None


def envelope_of(event: Draft | Entry) -> Envelope:
    """What an entry, or one that is to become one, is asked by."""
    owner, thing, slug = _parts(event.stream)
    imported = event.imported
    return Envelope(
        owner,
        thing,
        place_of(event.span),
        tuple(sorted(actors_named(event.event, thing, slug))),
        None if imported is None else (owner, imported.format, imported.key, imported.digest),
    )


class LeafMapper(Mapper[str]):
    """Drafts into stored drafts, leaves into entries.

    The stored bytes are the leaf and are hashed as they are, so a compressor or
    a cipher between the two is refused.
    """

    def __init__(
        self,
        transcoder: Transcoder,
        compressor: Compressor | None = None,
        cipher: Cipher | None = None,
    ) -> None:
        if compressor is not None or cipher is not None:
            raise InvalidInput.of(
                "COMPRESSOR_TOPIC" if compressor is not None else "CIPHER_TOPIC",
                "the log stores the leaf itself, byte for byte as it is hashed",
                "unset it, and encrypt or compress the disk instead",
            )
        super().__init__(transcoder)

    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> StoredEvent:
        """Encode everything of a draft that can be known before the log is locked.

        Raises InvalidInput for what cannot stand in a leaf, and TooLarge.
        """
        if not isinstance(domain_event, Draft):
            raise TypeError(f"the log records drafts, not {type(domain_event).__name__}")
        draft = domain_event
        return StoredDraft(
            originator_id=draft.stream,
            originator_version=draft.originator_version,
            topic=draft.event.TOPIC,
            state=b"",
            id=str(draft.id),
            leaf=_leaf_of(draft),
            expected=draft.expected_version,
            envelope=envelope_of(draft),
        )

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[str]:
        """The entry a leaf stands for; the columns beside the leaf are not asked."""
        return cast("DomainEventProtocol[str]", entry_of(stored_event.state))


def entry_of(leaf: bytes, position: int | None = None) -> Entry:
    """The entry that these bytes of the log stand for, found at a position.

    They are not checked to be canonical here: the recorder wrote them so, and
    `audit` proves it to whoever asks. Raises DatabaseDamaged for what is no leaf,
    or one of another position.
    """
    try:
        entry = _read(leaf)
    except (AttributeError, LookupError, TypeError, ValueError, InvalidInput) as error:
        which = "an entry" if position is None else f"entry {position}"
        raise damaged(
            f"{which} cannot be read, or a newer version of Parley recorded it"
        ) from error
    if position is not None and entry.position != position:
        raise damaged(f"at {position} stands an entry that says it is {entry.position}")
    return entry


def _read(leaf: bytes) -> Entry:
    found: dict[str, Any] = from_json(leaf)
    event_id, kind, stream = found["id"], found["kind"], found["stream"]
    envelope: dict[str, Any] = {"id": event_id, "kind": kind}
    for name in ("occurred", "cite"):
        if name in found:
            envelope[name] = found[name]
    # The slug of a thing stands in its stream; entry and log events have none.
    if issubclass(kind_named(kind), ThingEvent):
        envelope["slug"] = stream.rpartition("/")[2]
    imported = found.get("import")
    bounds = found.get("bounds")
    event = read_data(kind, found["schema"], envelope, found["data"])
    return Entry(
        event=event,
        stream=stream,
        id=event.id or UUID(event_id),
        recorded_by=found["recorded_by"],
        position=found["position"],
        version=found["version"],
        recorded_at=parse_recorded_at(found["recorded_at"]),
        schema=found["schema"],
        nonce=found["nonce"],
        span=None if bounds is None else Span.from_leaf(bounds),
        request=found.get("request"),
        auth=found.get("auth"),
        imported=None if imported is None else Import(**imported),
    )


def _leaf_of(draft: Draft) -> LeafDraft:
    event = draft.event
    try:
        return draft_leaf(
            id=str(draft.id),
            stream=draft.stream,
            kind=event.TOPIC,
            schema=event.class_version,
            recorded_by=draft.recorded_by,
            data=event.data(),
            cite=event.citations() or None,
            occurred=event.occurred,
            bounds=None if draft.span is None else draft.span.to_leaf(),
            import_=None if draft.imported is None else draft.imported.to_leaf(),
            request=draft.request,
            auth=draft.auth,
        )
    except LeafTooLarge:
        raise TooLarge.of(
            "body",
            f"takes more than {MAX_LEAF} bytes with all that the log keeps beside it",
            "shorten the texts, or record it as several entries",
        ) from None
    except LeafError as error:
        raise InvalidInput.of(
            error.path.removeprefix(".") or "body", error.rule, "rewrite it so that it can be kept"
        ) from None


def _parts(stream: str) -> tuple[str, str, str]:
    """Owner, sort of thing and slug; the stream of the log itself is all three."""
    if stream == LOG_STREAM:
        return LOG_STREAM, LOG_STREAM, LOG_STREAM
    owner, thing, slug = stream.split("/")
    return owner, thing, slug
