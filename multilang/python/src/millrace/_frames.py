"""The child's side of the frames: a socket of the daemon, over which records come as columns and all else as JSON lines."""

from __future__ import annotations

import os
import socket
import sys
from array import array
from collections import deque
from datetime import datetime, timezone
from struct import Struct
from typing import Any, Deque, Dict, Iterator, List, MutableMapping, Optional, Sequence, Tuple, Union, overload

from ._lines import Pipe, parsed
from ._model import Record
from .errors import ProtocolError

VERSION = 1

# The head of a frame, up to its columns.
_HEAD = Struct("<4sIIIq")
_FORM = b"\1\0\0\0"
_COLUMNS = 28
_WORD = Struct("<I")
_LONG = Struct("<q")
_LONGEST = 1 << 28
_LONGEST_LINE = 1 << 16

# The bytes received at once: some small batches, or the beginning of a large one.
_PIECE = 1 << 14

_IS_LITTLE = sys.byteorder == "little"


class Columns(Sequence[Record]):
    """The records of one frame. Each is made when it is asked for; nothing of a record is looked at before."""

    __slots__ = ("_body", "_count", "_data_ends", "_heaps", "_key_ends", "_number_ends")

    def __init__(self, body: bytes, count: int) -> None:
        if count < 0 or count * _COLUMNS > len(body):
            raise ProtocolError(f"the daemon sent a frame of {len(body)} bytes that cannot hold {count} records")
        self._body = body
        self._count = count
        ends = 16 * count
        heaps = count * _COLUMNS
        self._data_ends = self._column(ends)
        data_length, key_length, number_length = (
            (
                self._data_ends[-1],
                _WORD.unpack_from(body, ends + 8 * count - 4)[0],
                _WORD.unpack_from(body, heaps - 4)[0],
            )
            if count
            else (0, 0, 0)
        )
        if heaps + data_length + key_length + number_length != len(body):
            raise ProtocolError(f"the daemon sent a frame of {len(body)} bytes whose lengths do not add up")
        self._heaps = (heaps, heaps + data_length, heaps + data_length + key_length)
        # Looked at when the first text is asked for.
        self._key_ends: Optional[List[int]] = None
        self._number_ends: Optional[List[int]] = None

    def _column(self, begin: int) -> List[int]:
        """The ends of a column, which never fall."""
        numbers = array("I", self._body[begin : begin + 4 * self._count])
        if not _IS_LITTLE:
            numbers.byteswap()
        ends = numbers.tolist()
        if sorted(ends) != ends:
            raise ProtocolError("the daemon sent a frame with a record that ends before it begins")
        return ends

    def partition_key(self, index: int) -> str:
        ends = self._key_ends
        if ends is None:
            ends = self._key_ends = self._column(20 * self._count)
        return self._text(self._heaps[1], ends, index, "utf-8")

    def sequence_number(self, index: int) -> str:
        ends = self._number_ends
        if ends is None:
            ends = self._number_ends = self._column(24 * self._count)
        return self._text(self._heaps[2], ends, index, "ascii")

    def sub_sequence_number(self, index: int) -> int:
        return int(_LONG.unpack_from(self._body, 8 * index)[0])

    def arrived(self, index: int) -> Optional[datetime]:
        millis = _LONG.unpack_from(self._body, 8 * (self._count + index))[0]
        return datetime.fromtimestamp(millis / 1000, timezone.utc)

    def _text(self, heap: int, ends: Sequence[int], index: int, encoding: str) -> str:
        begin = ends[index - 1] if index else 0
        try:
            return self._body[heap + begin : heap + ends[index]].decode(encoding)
        except UnicodeDecodeError:
            raise ProtocolError(f"the daemon sent a record with a text that is not {encoding}") from None

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Record]:
        new = object.__new__
        body = self._body
        begin = heap = self._heaps[0]
        index = 0
        for end in self._data_ends:
            end += heap
            record = new(Record)
            record._data = body[begin:end]
            record._fields = self
            record._index = index
            yield record
            begin = end
            index += 1

    @overload
    def __getitem__(self, index: int) -> Record: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Record]: ...

    def __getitem__(self, index: Union[int, slice]) -> Union[Record, Sequence[Record]]:
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(self._count))]
        at = range(self._count)[index]
        begin = self._data_ends[at - 1] if at else 0
        heap = self._heaps[0]
        record = object.__new__(Record)
        record._data = self._body[heap + begin : heap + self._data_ends[at]]
        record._fields = self
        record._index = at
        return record


class Frames(Pipe):
    """Messages over a connection of the daemon's socket. The next records may come while others are in hand."""

    def __init__(self, connection: socket.socket, file: str = "") -> None:
        self._connection = connection
        # One call of the system for a small batch, and one for its status: whatever is between costs as much as those.
        self._receive_bytes = connection.recv
        self._send_bytes = connection.sendall
        self._file = file
        # The bytes received and not looked at yet.
        self._buffer = b""
        self._at = 0
        # Messages that came before somebody asked for them.
        self._early: Deque[Dict[str, Any]] = deque()

    def receive(self) -> Optional[Dict[str, Any]]:
        return self._early.popleft() if self._early else self._next()

    def write(self, line: bytes) -> None:
        self._send_bytes(line)

    def _next(self) -> Optional[Dict[str, Any]]:
        buffer, at = self._buffer, self._at
        if at == len(buffer):
            self._buffer = buffer = self._receive_bytes(_PIECE)
            self._at = at = 0
            if not buffer:
                return None
        if buffer[at] != 1:
            return self._line()
        body = at + _HEAD.size
        if body > len(buffer):
            buffer = self._exactly(_HEAD.size)
            at, body = 0, _HEAD.size
        else:
            self._at = body
        form, length, count, more, behind = _HEAD.unpack_from(buffer, at)
        if more or form != _FORM:
            raise ProtocolError("the daemon sent a frame of a form that this version does not know")
        if length > _LONGEST:
            raise ProtocolError(f"the daemon sent a frame of {length} bytes; the most is {_LONGEST}")
        return {
            "action": "processRecords",
            "records": Columns(self._exactly(length), count),
            "millisBehindLatest": behind,
        }

    def _line(self) -> Dict[str, Any]:
        parts: List[bytes] = []
        length = 0
        while True:
            end = self._buffer.find(b"\n", self._at) + 1
            part = self._buffer[self._at : end or len(self._buffer)]
            self._at += len(part)
            parts.append(part)
            length += len(part)
            if length > _LONGEST_LINE:
                raise ProtocolError(f"the daemon sent a line of more than {_LONGEST_LINE} bytes")
            if end:
                return parsed(b"".join(parts))
            self._buffer = self._receive_bytes(_PIECE)
            self._at = 0
            if not self._buffer:
                raise ProtocolError("the daemon has closed the socket within a line")

    def _exactly(self, length: int) -> bytes:
        end = self._at + length
        part = self._buffer[self._at : end]
        if len(part) == length:
            self._at = end
            return part
        # The rest of a large batch, in as few pieces as the system has it.
        self._buffer, self._at = b"", 0
        parts = [part]
        left = length - len(part)
        while left:
            part = self._receive_bytes(left)
            if not part:
                raise ProtocolError("the daemon has closed the socket within a frame")
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    def _answer(self) -> Optional[Dict[str, Any]]:
        """The answer to a checkpoint; records that come before it are kept."""
        while True:
            message = self._next()
            if message is None or message["action"] == "checkpoint":
                return message
            self._early.append(message)

    def beside(self, token: str) -> "Frames":
        """Another connection to the same socket."""
        return connect(self._file, token)

    def close(self) -> None:
        self._connection.close()


Door = Tuple[str, str]


def door(environment: MutableMapping[str, str] = os.environ) -> Optional[Door]:
    """Where a daemon that speaks frames awaits this process, and the token for it; taken out of the environment."""
    version = environment.pop("MILLRACE_FRAMES", "")
    file = environment.pop("MILLRACE_SOCKET", "")
    token = environment.pop("MILLRACE_TOKEN", "")
    if not version.isdigit() or int(version) < VERSION or not file or not hasattr(socket, "AF_UNIX"):
        return None
    return file, token


def connect(file: str, token: str) -> Frames:
    """A connection that the daemon knows by its token; OSError where the socket cannot be reached."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(file)
    except OSError:
        connection.close()
        raise
    frames = Frames(connection, file)
    frames.send({"action": "hello", "frames": VERSION, "token": token})
    return frames
