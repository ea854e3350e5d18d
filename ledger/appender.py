"""Group commit: whoever comes first commits for everyone who came meanwhile.

There is one appender a process. A caller who finds it idle leads: it takes all
waiting tickets into one transaction on its own thread, so that a lone append
pays for no thread to be woken. Callers who come during that transaction wait;
when it is done the first of them leads the next. Each caller returns when the
transaction that holds its events is durable, and with its own answer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock

from domain.errors import ParleyError
from ledger.batch import Batch
from ledger.faults import gone, refusal_of
from ledger.ticket import Receipt, Ticket
from ledger.transaction import Store, Wants

MAX_EVENTS = 4_000
"""Events of one transaction; beyond it the others would wait longer than a commit takes."""


class Appender:
    """The only way into the log from this process; safe to call from any thread.

    `clock` gives microseconds since the epoch in UTC, `nonce` 16 random bytes;
    `recorded` is told the new size after each commit.
    """

    def __init__(
        self,
        store: Store,
        *,
        clock: Callable[[], int],
        nonce: Callable[[], bytes],
        recorded: Callable[[int], None],
    ) -> None:
        self.store = store
        self._clock = clock
        self._nonce = nonce
        self._recorded = recorded
        self._queue: deque[Ticket] = deque()
        self._mutex = Lock()
        self._led = False
        self._closed = False
        self._sealed: ParleyError | None = None

    def submit(self, ticket: Ticket) -> tuple[Receipt, ...]:
        """Record a ticket; returns its receipts when they are durable, or raises its refusal."""
        with self._mutex:
            if self._closed:
                raise gone("this process has closed the log")
            if self._sealed is not None:
                raise type(self._sealed)(*self._sealed.problems)
            self._queue.append(ticket)
            leads, self._led = not self._led, True
        if not leads:
            try:
                ticket.wait()
            except BaseException:
                self._abandon(ticket)
                raise
            leads = ticket.leads
        if leads:
            self._lead(ticket)
        return ticket.outcome()

    def seal(self, refusal: ParleyError | None) -> None:
        """Refuse new tickets with this refusal from now on, or with None take them again."""
        with self._mutex:
            self._sealed = refusal

    def close(self) -> None:
        """Refuse new tickets; those that wait are still recorded by their own callers."""
        with self._mutex:
            self._closed = True
            idle = not self._led
        if idle:
            self.store.close()

    def _lead(self, mine: Ticket) -> None:
        tickets = self._next_batch()
        try:
            # Here, where nobody else is awake to contend for Python's lock, and before the
            # log is locked.
            if ready := [ticket for ticket in tickets if ticket.encode()]:
                self._commit(ready)
        finally:
            # Also when someone pressed Ctrl-C in the leader: its followers must not sleep for ever.
            for ticket in tickets:
                if not ticket.is_settled:
                    ticket.refuse(gone("the thread that was recording was interrupted"))
            self._hand_over()
            for ticket in tickets:
                if ticket is not mine:
                    ticket.wake()

    def _abandon(self, ticket: Ticket) -> None:
        """Someone pressed Ctrl-C while waiting; nobody may wait for that caller to lead."""
        with self._mutex:
            if ticket in self._queue:
                self._queue.remove(ticket)
        if ticket.leads:
            self._hand_over()

    def _next_batch(self) -> list[Ticket]:
        """The waiting tickets in queue order; always at least the leader's own."""
        with self._mutex:
            batch = [self._queue.popleft()]
            events = len(batch[0])
            while self._queue and events + len(self._queue[0]) <= MAX_EVENTS:
                batch.append(self._queue.popleft())
                events += len(batch[-1])
            return batch

    def _hand_over(self) -> None:
        with self._mutex:
            if self._queue:
                self._queue[0].leads = True
                self._queue[0].wake()
                return
            self._led = False
            if self._closed:
                self.store.close()

    def _commit(self, tickets: Sequence[Ticket]) -> None:
        """One transaction for all tickets; if one of them breaks it, one for each."""
        try:
            self._transact(tickets)
        except ParleyError as refusal:
            self.store.give_up()
            _refuse(tickets, refusal, None)
        except Exception as error:  # noqa: BLE001 - each caller gets it as its own
            self.store.give_up()
            refused = refusal_of(error, writing=True)
            if refused is not None:
                _refuse(tickets, refused, error)
            elif len(tickets) == 1:
                tickets[0].refuse(error)
            else:
                for ticket in tickets:
                    self._commit([ticket])
        except BaseException:
            self.store.give_up()
            raise

    def _transact(self, tickets: Sequence[Ticket]) -> None:
        found = self.store.lock(Wants.of(tickets))
        batch = Batch(found, now=self._clock(), nonce=self._nonce, replay=self.store.replay)
        for ticket in tickets:
            batch.take(ticket)
        rows = batch.close()
        if rows.head is None:
            self.store.give_up()
        else:
            self.store.write(rows)
            self._recorded(rows.head.size)
        batch.settle()


def _refuse(tickets: Sequence[Ticket], refusal: ParleyError, cause: BaseException | None) -> None:
    for ticket in tickets:
        # Each thread raises its own, for an exception carries the stack it was raised on.
        mine = type(refusal)(*refusal.problems)
        mine.__cause__ = cause
        ticket.refuse(mine)
