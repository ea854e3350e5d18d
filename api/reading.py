"""A question over HTTP: its clocks, waiting for a position, and whether the client has the answer.

An answer is known by its ETag: the position, and a digest of everything else that it
depends on. So nothing is computed for a client that has it already.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from importlib.metadata import version
from typing import Annotated, TypeAlias, cast

from fastapi import Depends
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api import mementos
from api.accept import choose
from api.frame import BODILESS
from api.limits import FOR_EVER, MAX_WAIT
from api.parameters import AsOf, HowCertain, KnownAt, PublishedBy, Rules, WaitFor
from api.problems import request_id_of
from api.waiting import Waiting
from app import accesses, proving
from app.accesses import Taken
from app.clocks import Asked, Clocks, read_clocks
from app.find import Found
from app.moments import is_position
from app.parley import Parley
from app.pinned import What
from app.proving import Given
from domain.errors import NotFound

JSON = "application/json"
POSITION = "Parley-Position"
"""The header that says up to which position the answer knows."""
UNCHANGING = f"max-age={FOR_EVER}, immutable"
"""For what is the same for ever, because knowledge is pinned by its position."""
ASK_AGAIN = "no-cache"
"""Kept, but asked for again by its ETag: the log may have grown."""
_PROGRAM = version("parley")


async def parley_of(request: Request) -> Parley:
    """The Parley that answers here."""
    return cast("Parley", request.app.state.parley)


Served: TypeAlias = Annotated[Parley, Depends(parley_of)]


async def wait(request: Request, wait_for: WaitFor = None) -> None:
    """Wait until the log has come to a position; raises NotFound where it does not in time."""
    if wait_for is None:
        return
    waiting = cast("Waiting", request.app.state.waiting)
    if (size := await waiting.come_to(wait_for, MAX_WAIT)) < wait_for:
        rule = f"the log has not come to {wait_for}; it ends at {size}"
        raise NotFound.of("wait_for", rule, "check the position, or ask again later")


async def ask(
    as_of: AsOf = None,
    known_at: KnownAt = None,
    published_by: PublishedBy = None,
    certainty: HowCertain = "possible",
    rules: Rules = None,
) -> Asked:
    """The clocks that a request names."""
    return Asked(as_of, known_at, published_by, certainty, rules)


async def ask_known(
    known_at: KnownAt = None,
    published_by: PublishedBy = None,
    rules: Rules = None,
) -> Asked:
    """The clocks of a question that takes no date."""
    return Asked(None, known_at, published_by, "possible", rules)


AskedBy: TypeAlias = Annotated[Asked, Depends(ask)]
KnownBy: TypeAlias = Annotated[Asked, Depends(ask_known)]


@dataclass(frozen=True, slots=True)
class Told:
    """The bytes of an answer; `next` are the parameters of the address of the next page."""

    body: bytes
    next: Mapping[str, str] | None = None


class Reading:
    """One request for an answer, and the ways to give it."""

    def __init__(self, request: Request, parley: Parley) -> None:
        self.request, self.parley = request, parley

    def memento(self, asked: Asked, compute: Callable[[Clocks], BaseModel | Told]) -> Response:
        """The answer as of a date, which `Accept-Datetime` may ask for as well."""
        choose(self.request, [JSON])
        if asked.as_of is None:
            asked = replace(asked, as_of=mementos.wanted(self.request))
        clocks = read_clocks(self.parley, asked)
        told = mementos.headers_of(self.request, clocks.minute, dated=clocks.dated)
        return self._unless_known(clocks, lambda: _told(compute(clocks)), [clocks], told)

    def difference(
        self, before: Asked, after: Asked, compute: Callable[[Clocks, Clocks], BaseModel]
    ) -> Response:
        """The answer to a question with two of every clock."""
        choose(self.request, [JSON])
        old, new = (read_clocks(self.parley, asked) for asked in (before, after))
        both = replace(new, pinned=old.pinned and new.pinned)
        return self._unless_known(both, lambda: Told(dumped(compute(old, new))), [old, new])

    def search(self, asked: Asked, compute: Callable[[Clocks], Found]) -> Response:
        """What was found, page by page."""
        choose(self.request, [JSON])
        clocks = read_clocks(self.parley, asked)
        if not clocks.dated:
            clocks = replace(clocks, minute=0)

        def told() -> Told:
            found = compute(clocks)
            after = {"after": str(found.hits[-1].event.position)} if found.more else None
            return Told(dumped(found), after)

        return self._unless_known(clocks, told, [clocks])

    def undated(self, asked: Asked, offered: Mapping[str, Callable[[Clocks], Told]]) -> Response:
        """A page of what has no date, such as the log, in the form the client would rather have."""
        form = choose(self.request, list(offered))
        clocks = read_clocks(self.parley, asked)
        clocks = replace(clocks, minute=0, pinned=is_position(asked.known_at))
        return self._unless_known(clocks, lambda: offered[form](clocks), [clocks, form], form=form)

    def with_proof(
        self,
        asked: Asked,
        what: What,
        compute: Callable[[Clocks], Given],
        *,
        negotiation: str | None = None,
        follow: Callable[[Given], Mapping[str, str] | None] = lambda _: None,
    ) -> Response:
        """The answer with its proof; `follow` says where the next page begins.

        It is asked for again even where every clock is pinned: a later checkpoint
        may have more witnesses.
        """
        choose(self.request, [JSON])
        if asked.as_of is None and negotiation is not None:
            asked = replace(asked, as_of=mementos.wanted(self.request))
        pinned, signed = proving.pin(self.parley, asked)
        clocks = read_clocks(self.parley, pinned)
        told = mementos.headers_of(self.request, clocks.minute, dated=asked.as_of is not None)
        question = proving.pinned_question(what, negotiation, pinned)

        def give() -> Told:
            answer = compute(clocks)
            proven = proving.prove(self.parley, answer, question, signed)
            if entries := proven.proof.entries:
                self.write_down(Taken.PROOF, entries[0].position, entries[-1].position)
            return Told(dumped(proven), follow(answer))

        return self._unless_known(
            replace(clocks, pinned=False),
            give,
            [question, signed.note],
            None if negotiation is None else told,
        )

    def write_down(self, what: Taken, first: int, last: int) -> None:
        """Keep who takes entries or proofs away, from position to position; before they get it."""
        caller = self.request.state.caller
        accesses.note_access(
            self.parley,
            what,
            first,
            last,
            subject=caller.subject,
            auth=caller.auth,
            request=request_id_of(self.request),
        )

    def in_form(self, asked: Asked, offered: Mapping[str, Callable[[Clocks], Told]]) -> Response:
        """What is the same at every minute, in the form the client would rather have."""
        form = choose(self.request, list(offered))
        clocks = read_clocks(self.parley, asked)
        depends_on = [replace(clocks, minute=0), form]
        return self._unless_known(clocks, lambda: offered[form](clocks), depends_on, form=form)

    def stream(
        self, asked: Asked, form: str, after: int, compute: Callable[[Clocks], Iterator[bytes]]
    ) -> Response:
        """Entries after a position bit by bit; what is refused is refused before the first.

        Who takes so many away is written down.
        """
        choose(self.request, [form])
        clocks = read_clocks(self.parley, asked)
        told = {POSITION: str(clocks.known.position), "Cache-Control": ASK_AGAIN}
        parts = compute(clocks)
        if self.request.scope["state"].get(BODILESS):
            # The rest would be made to be thrown away.
            parts = iter(())
        elif after < clocks.known.position:
            self.write_down(Taken.ENTRIES, after + 1, clocks.known.position)
        return StreamingResponse(parts, headers=told, media_type=form)

    def unchanging(self, position: int, offered: Mapping[str, Callable[[], bytes]]) -> Response:
        """What can never be another: one entry of the log."""
        form = choose(self.request, list(offered))
        body = offered[form]()
        # In a new epoch another entry may stand there.
        tag = tag_of(self.request, position, (form, body))
        told = {"Vary": "Accept", "Cache-Control": UNCHANGING, POSITION: str(position), "ETag": tag}
        return self._given(Told(body), told, form)

    def proven(
        self, position: int, offered: Mapping[str, Callable[[], Told]], cache: str
    ) -> Response:
        """What is proved of the log as far as a position, in the form that fits best."""
        form = choose(self.request, list(offered))
        told = offered[form]()
        tag = tag_of(self.request, position, (form, told.body))
        headers = {"Vary": "Accept", "Cache-Control": cache, "ETag": tag}
        return self._given(told, headers, form)

    def fixed(self, compute: Callable[[], BaseModel]) -> Response:
        """What follows from the program alone."""
        choose(self.request, [JSON])
        body = dumped(compute())
        tag = tag_of(self.request, 0, body)
        return self._given(Told(body), {"ETag": tag, "Cache-Control": ASK_AGAIN}, JSON)

    def now(self, compute: Callable[[], BaseModel]) -> Response:
        """What is so at this moment and is not to be kept."""
        choose(self.request, [JSON])
        return self._given(Told(dumped(compute())), {"Cache-Control": "no-store"}, JSON)

    def _unless_known(
        self,
        clocks: Clocks,
        compute: Callable[[], Told],
        depends_on: object,
        headers: Mapping[str, str] | None = None,
        form: str = JSON,
    ) -> Response:
        position = clocks.known.position
        told = {
            "Vary": "Accept",
            **(headers or {}),
            "ETag": tag_of(self.request, position, depends_on),
            "Cache-Control": UNCHANGING if clocks.pinned else ASK_AGAIN,
            POSITION: str(position),
        }
        if is_known(self.request, told["ETag"]):
            return not_modified(told)
        return self._given(compute(), told, form)

    def _given(self, told: Told, headers: Mapping[str, str], form: str) -> Response:
        if told.next is not None:
            after = self.request.url.include_query_params(**told.next)
            links = [headers.get("Link", ""), f'<{after}>; rel="next"']
            headers = {**headers, "Link": ", ".join(filter(None, links))}
        tag = headers.get("ETag")
        if tag is not None and is_known(self.request, tag, there=True):
            return not_modified(headers)
        return Response(told.body, headers=headers, media_type=form)


async def reading_of(request: Request, parley: Served) -> Reading:
    """The request, ready to be answered."""
    return Reading(request, parley)


async def reading_after(request: Request, parley: Served, _: Waited) -> Reading:
    """The same, when the log has come to the position to wait for."""
    return Reading(request, parley)


Waited: TypeAlias = Annotated[None, Depends(wait)]
Answering: TypeAlias = Annotated[Reading, Depends(reading_after)]
AtOnce: TypeAlias = Annotated[Reading, Depends(reading_of)]
"""For what does not come from the log."""


def not_modified(headers: Mapping[str, str]) -> Response:
    """The client has the answer; what it may be chosen by is said as it would be with it."""
    vary = ", ".join(filter(None, (headers.get("Vary"), "Accept-Encoding")))
    return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={**headers, "Vary": vary})


def dumped(answer: BaseModel) -> bytes:
    """An answer as JSON: fields in the order of its model."""
    return answer.model_dump_json().encode()


def _told(answer: BaseModel | Told) -> Told:
    return answer if isinstance(answer, Told) else Told(dumped(answer))


def tag_of(request: Request, position: int, depends_on: object) -> str:
    """The ETag of an answer: weak, since a compressed one is the same to us.

    The address is in it, so that no other answer can be taken for this one.
    """
    query = sorted(request.query_params.multi_items())
    all_of_it = repr((request.url.path, query, depends_on, _PROGRAM))
    digest = hashlib.sha256(all_of_it.encode("utf-8", "surrogatepass")).hexdigest()
    return f'W/"{position}-{digest[:16]}"'


def is_known(request: Request, tag: str, *, there: bool = False) -> bool:
    """Whether `If-None-Match` names the answer (RFC 9110, 13.1.2).

    `*` names any answer that is `there`, which is known once it was computed.
    """
    sent = ",".join(request.headers.getlist("if-none-match"))
    named = {each.strip() for each in sent.split(",")}
    is_any = there and named == {"*"}
    return is_any or tag.removeprefix("W/") in {each.removeprefix("W/") for each in named}
