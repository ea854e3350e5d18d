"""Several prepared statements in one round trip to PostgreSQL, and COPY in one block.

An append is a dozen small statements. One by one each would cost a round trip;
psycopg's own pipeline mode sends them together but spends more time in Python
than PostgreSQL spends on the work. This is the part of libpq's pipeline mode
(https://www.postgresql.org/docs/18/libpq-pipeline-mode.html) that one append
needs, on `psycopg.pq`, with results in binary.
"""

from __future__ import annotations

import select
import struct
from collections.abc import Callable, Iterable, Sequence
from typing import NoReturn, TypeAlias

import psycopg
from psycopg import pq
from psycopg.pq.abc import PGresult

from ledger.faults import SessionLost

Call: TypeAlias = tuple[bytes, list[bytes | None], list[int] | None]
"""Name of a prepared statement, its encoded parameters and their formats."""

_TEXT, _BINARY = 0, 1
_INT8, _INT4, _INT2 = struct.Struct("!q"), struct.Struct("!i"), struct.Struct("!h")
_LENGTH, _NULL = _INT4.pack, _INT4.pack(-1)


def _text(value: str) -> bytes:
    return value.encode()


def _uuid(value: str) -> bytes:
    return bytes.fromhex(value.replace("-", ""))


_ENCODERS: dict[str, Callable[..., bytes]] = {
    "int8": _INT8.pack,
    "int4": _INT4.pack,
    "int2": _INT2.pack,
    "bytea": bytes,
    "text": _text,
    "uuid": _uuid,
    # An array goes in as the text PostgreSQL reads it from.
    "text[]": _text,
}
# https://www.postgresql.org/docs/18/sql-copy.html, "Binary Format": signature, flags, extension.
_COPY_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_COPY_TRAILER = _INT2.pack(-1)
# As numbers: psycopg gives numbers, and comparing them with members of an enum is slow.
_OK = frozenset({int(pq.ExecStatus.COMMAND_OK), int(pq.ExecStatus.TUPLES_OK)})
_SYNC, _COPY_IN = int(pq.ExecStatus.PIPELINE_SYNC), int(pq.ExecStatus.COPY_IN)
_ENDED = {b"57P01", b"57P02", b"57P03", b"25P03"}
"""The server ended the session: by hand, in a crash, while starting, or for standing still."""


class Prepared:
    """A statement that the server has prepared: its name and how to encode its parameters."""

    def __init__(self, name: str, types: Sequence[str]) -> None:
        self.name = name.encode()
        self._encoders = [_ENCODERS[each] for each in types]
        self._formats = [_TEXT if each == "text[]" else _BINARY for each in types] or None

    def call(self, values: Iterable[object]) -> Call:
        """The statement with these values for its parameters; None is NULL."""
        encoded = [
            None if value is None else encode(value)
            for encode, value in zip(self._encoders, values, strict=True)
        ]
        return self.name, encoded, self._formats


class Pipeline:
    """A connection in autocommit whose transactions are begun and ended by calls."""

    def __init__(self, connection: psycopg.Connection[object]) -> None:
        self._connection = connection
        self._pq = connection.pgconn
        self._readable = select.poll()
        self._readable.register(self._pq.socket, select.POLLIN)
        self._either = select.poll()
        self._either.register(self._pq.socket, select.POLLIN | select.POLLOUT)

    def prepare(self, name: str, sql: str, types: Sequence[str] = ()) -> Prepared:
        """Have the server parse a statement once for many calls."""
        result = self._pq.prepare(name.encode(), sql.encode())
        if result.status not in _OK:
            _raise(result)
        return Prepared(name, types)

    def run(self, calls: Sequence[Call]) -> list[PGresult]:
        """Run the calls in one round trip; one result for each, in binary.

        Raises psycopg's error for the first that fails; those after it did not
        run. Raises SessionLost if the connection breaks.
        """
        results: list[PGresult] = []
        try:
            self._pq.enter_pipeline_mode()
            for name, values, formats in calls:
                self._pq.send_query_prepared(name, values, formats, _BINARY)
            self._pq.pipeline_sync()
            self._flush()
            while (result := self._result()) is None or result.status != _SYNC:
                if result is not None:
                    results.append(result)
            self._pq.exit_pipeline_mode()
        except psycopg.OperationalError as error:
            raise SessionLost(str(error)) from None
        for result in results:
            if result.status not in _OK:
                _raise(result)
        return results

    def copy(self, table: str, types: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """COPY rows into a table, in the order of its columns; raises as `run` does."""
        block = _copy_block(types, rows)
        try:
            self._pq.send_query(f"COPY {table} FROM STDIN (FORMAT BINARY)".encode())
            self._flush()
            begun = self._result()
            if begun is not None and begun.status == _COPY_IN:
                self._pq.put_copy_data(block)
                self._pq.put_copy_end()
                self._flush()
                begun = self._result()
            while self._result() is not None:
                pass
        except psycopg.OperationalError as error:
            raise SessionLost(str(error)) from None
        if begun is not None and begun.status not in _OK:
            _raise(begun)

    def is_idle(self) -> bool:
        """Whether no transaction is open."""
        return self._pq.transaction_status == pq.TransactionStatus.IDLE

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _result(self) -> PGresult | None:
        """The next result; None between two calls.

        libpq would wait with Python's lock held; poll lets go of it.
        """
        libpq = self._pq
        while libpq.is_busy():
            self._readable.poll()
            libpq.consume_input()
        result = libpq.get_result()
        if result is None and libpq.status == pq.ConnStatus.BAD:
            raise SessionLost("the connection broke")
        return result

    def _flush(self) -> None:
        """Send everything, reading meanwhile, or both sides could wait for each other."""
        while self._pq.flush():
            self._either.poll()
            self._pq.consume_input()


def _copy_block(types: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Rows in the binary format of COPY, in one piece: each piece would cost a wait."""
    encoders = [_ENCODERS[each] for each in types]
    columns = _INT2.pack(len(types))
    pieces = [_COPY_HEADER]
    for row in rows:
        pieces.append(columns)
        for encode, value in zip(encoders, row, strict=True):
            if value is None:
                pieces.append(_NULL)
            else:
                encoded = encode(value)
                pieces += (_LENGTH(len(encoded)), encoded)
    pieces.append(_COPY_TRAILER)
    return b"".join(pieces)


def _raise(result: PGresult) -> NoReturn:
    """Raise psycopg's error for what the server said."""
    state = result.error_field(pq.DiagnosticField.SQLSTATE)
    if state is None:
        raise SessionLost("the server gave no answer")
    message = result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or b""
    if state in _ENDED:
        lost = SessionLost(message.decode(errors="replace"))
        lost.sqlstate = state.decode()
        raise lost
    try:
        sort: type[psycopg.Error] = psycopg.errors.lookup(state.decode())
    except KeyError:
        sort = psycopg.DatabaseError
    raise sort(message.decode(errors="replace"))


def read_int(value: bytes | None) -> int:
    """A whole number as PostgreSQL sends it in binary: 8, 4 or 2 bytes."""
    return int.from_bytes(value or b"", "big", signed=True)


def write_array(members: Iterable[object]) -> str:
    """An array as PostgreSQL reads it from text; every member quoted, also whole numbers."""
    quoted = (str(each).replace("\\", "\\\\").replace('"', '\\"') for each in members)
    return "{" + ",".join(f'"{each}"' for each in quoted) + "}"
