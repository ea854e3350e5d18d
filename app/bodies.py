"""From bodies to events: what can be said of a member without looking at the log."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.batch import Member
from audit.leaf import MAX_DEPTH
from domain.errors import InvalidInput, ParleyError, Problem, TooLarge
from domain.event import owner_of
from domain.negotiations import opening_stream
from domain.registry import KINDS, read_event
from domain.text import is_slug

MAX_ARRAY = 1_000
"""The most events of one array (wire.md): it is decided and held in memory as a whole."""

MAX_MEMBERS = 512
"""The most members of one object or list; the longest that any kind takes has half of them."""
MAX_VALUES = 10_000
"""The most values of one body, at any depth; as many do not fit the bytes of a leaf."""

IMPORTED = 5
"""The version of the UUIDs that are made of a key (RFC 9562), as imports make theirs."""

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Read:
    """The readable members, the refusals of the others, and what those would have made known."""

    members: tuple[Member, ...]
    errors: tuple[ParleyError, ...]
    claims: tuple[str | UUID, ...]


def read_bodies(
    bodies: object, negotiation: str, new_id: Callable[[], UUID], *, supposed: bool = False
) -> Read:
    """Read one body or an array; raises InvalidInput only for what is neither.

    What is only `supposed` needs no citation.
    """
    alone = isinstance(bodies, Mapping)
    members: list[Member] = []
    errors: list[ParleyError] = []
    claims: list[str | UUID] = []
    for index, body in enumerate(_as_array(bodies)):
        try:
            check_size(body)
            event = read_event(body, supposed=supposed)
            _check_id(event.id)
        except ParleyError as error:
            errors.append(error if alone else error.at(index))
            claims += claims_of(body, negotiation)
        else:
            chosen = event.id if event.id is not None else new_id()
            members.append(Member(event, chosen, None if alone else index))
    return Read(tuple(members), tuple(errors), tuple(claims))


def claims_of(body: object, negotiation: str) -> list[str | UUID]:
    """The stream and the id that a body would have made known if it could be read."""
    if not isinstance(body, Mapping):
        return []
    claims: list[str | UUID] = []
    kind, slug = KINDS.get(str(body.get("kind"))), body.get("slug")
    if kind is not None and isinstance(slug, str) and is_slug(slug):
        if kind.THING == "negotiation":
            claims.append(opening_stream(slug))
        else:
            claims.append(f"{owner_of(kind.THING, negotiation)}/{kind.THING}/{slug}")
    with suppress(ValueError):
        claims.append(UUID(str(body.get("id"))))
    return claims


def _check_id(chosen: UUID | None) -> None:
    """Raise InvalidInput for an id that no client may choose.

    The nil UUID and its like are what programs send that have none, and of version 5
    are the ids that follow from the keys of imports (wire.md, `import`).
    """
    if chosen is None or chosen.version not in {None, IMPORTED}:
        return
    rule = f"{chosen} is no UUID of any version"
    if chosen.version == IMPORTED:
        rule = f"{chosen} is of version {IMPORTED}, which is kept for imports"
    way_out = "leave `id` out or send a UUID of version 4 or 7"
    raise InvalidInput(Problem("id", rule, way_out))


def check_size(body: object) -> None:
    """Raise InvalidInput for a body that nests deeper, or holds more values, than a leaf can.

    The values of a correction are of any shape until the entry they correct is known; and
    each that is wrong costs a hundred times its bytes to be told of.
    """
    level, values = [body], 0
    for _ in range(MAX_DEPTH):
        # Most values are texts, and asking of each whether it is a mapping takes long.
        nested = [v for v in level if type(v) is not str]
        inner = [v for v in nested if isinstance(v, Mapping | list | tuple)]
        longest = max(map(len, inner), default=0)
        values += sum(map(len, inner))
        if longest > MAX_MEMBERS:
            rule = f"has an object or a list of {longest} members; at most {MAX_MEMBERS} are read"
            raise InvalidInput(Problem("body", rule, "say it in several events"))
        if values > MAX_VALUES:
            rule = f"holds more than {MAX_VALUES} values"
            raise InvalidInput(Problem("body", rule, "say it in several events"))
        level = [v for m in inner for v in (m.values() if isinstance(m, Mapping) else m)]
        if not level:
            return
    raise InvalidInput(Problem("body", f"is nested more than {MAX_DEPTH} deep", "write it flatter"))


def _as_array(bodies: object) -> Sequence[Any]:
    if isinstance(bodies, Mapping):
        return [bodies]
    if isinstance(bodies, str | bytes) or not isinstance(bodies, Sequence):
        rule = "is neither an object nor an array of objects"
        raise InvalidInput(Problem("body", rule, "send one object of fields for each event"))
    if not bodies:
        raise InvalidInput(Problem("body", "is an empty array", "send at least one event"))
    if len(bodies) > MAX_ARRAY:
        rule = f"holds {len(bodies)} events; one array takes at most {MAX_ARRAY}"
        raise TooLarge(Problem("body", rule, "send it in parts, or import it as a file"))
    return bodies
