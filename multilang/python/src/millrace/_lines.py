"""The child's side of the line protocol: a JSON object a line, on standard input and output."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
import time
import traceback
from typing import Any, BinaryIO, Dict, List, Mapping, Optional, Sequence, TextIO, Tuple

from ._handler import Handler
from ._model import Batch, Channel, Checkpointer, Record, Shard, record_of
from .errors import LeaseLost, ProtocolError, checkpoint_error

# Between two checkpoints that are saved because a handler has returned, in seconds; only where the daemon does not do it itself.
_CHECKPOINT_SECONDS = 1.0

_MOST_FRAMES = 20

# Made once: json.dumps makes one for each message.
_encoded = json.JSONEncoder(separators=(",", ":")).encode


def line_of(message: Mapping[str, Any]) -> bytes:
    """The bytes of a message."""
    # The line feed before it ends whatever somebody else has written to the same file.
    return b"\n" + _encoded(message).encode("ascii") + b"\n"


# The answer to most batches, and its bytes.
_DONE = {"processed": True}
_PROCESSED = line_of({"action": "status", "responseFor": "processRecords", **_DONE})


class Pipe(Channel):
    """Messages over two streams of bytes."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._source = source
        self._sink = sink
        self.lease_lost = False

    def receive(self) -> Optional[Dict[str, Any]]:
        """The next message; None at the end of the input."""
        line = self._source.readline()
        if not line:
            return None
        return parsed(line)

    def send(self, message: Mapping[str, Any]) -> None:
        self.write(line_of(message))

    def write(self, line: bytes) -> None:
        """Sends a message's bytes."""
        self._sink.write(line)
        self._sink.flush()

    def checkpoint(self, sequence_number: Optional[str], sub_sequence_number: Optional[int]) -> None:
        self.send(
            {
                "action": "checkpoint",
                "sequenceNumber": sequence_number,
                "subSequenceNumber": sub_sequence_number,
            }
        )
        answer = self._answer()
        if answer is None:
            raise ProtocolError("the daemon has closed the pipe instead of answering a checkpoint")
        if answer["action"] != "checkpoint":
            raise ProtocolError("the daemon answered a checkpoint with " + answer["action"])
        name = answer.get("error")
        if name is not None:
            error = checkpoint_error(str(name))
            self.lease_lost = self.lease_lost or isinstance(error, LeaseLost)
            raise error


    def _answer(self) -> Optional[Dict[str, Any]]:
        """The next message, which is the answer to a checkpoint."""
        return self.receive()


def parsed(line: bytes) -> Dict[str, Any]:
    """The message of a line."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        raise ProtocolError(f"the daemon sent a line of {len(line)} bytes that is no JSON") from None
    if not isinstance(message, dict) or not isinstance(message.get("action"), str):
        raise ProtocolError("the daemon sent a message without an action")
    return message


class Child:
    """Answers the daemon's messages with the handler's deeds, until the input ends."""

    def __init__(self, handler: Handler, pipe: Pipe, environment: Mapping[str, str] = os.environ) -> None:
        self._handler = handler
        self._pipe = pipe
        self._environment = environment
        self._checkpointer = Checkpointer(pipe)
        # Millrace's daemon checkpoints by itself what is said to be processed, and bears to hear of failures. Any other one,
        # Amazon's for instance, must see nothing but its own protocol.
        self._is_millrace = environment.get("MILLRACE_PROTOCOL") == "1"
        self._shard = Shard("")
        self._unsaved: Optional[Record] = None
        self._saved_at = time.monotonic()

    def run(self, first: Optional[Dict[str, Any]] = None) -> None:
        """Answers ``first``, if it is there, and all that follows."""
        if first is not None:
            self._answer(first)
        for message in iter(self._pipe.receive, None):
            self._answer(message)

    def _answer(self, message: Dict[str, Any]) -> None:
        action = message["action"]
        status: Dict[str, Any] = {"action": "status", "responseFor": action}
        if action == "initialize":
            self._shard = Shard(
                message["shardId"],
                message.get("sequenceNumber"),
                message.get("subSequenceNumber") or 0,
                self._environment.get("MILLRACE_STREAM"),
                self._environment.get("MILLRACE_APPLICATION"),
            )
            self._handler.start(self._shard)
        elif action == "processRecords":
            answer = self._process(message)
            if answer is _DONE:
                self._pipe.write(_PROCESSED)
                return
            status.update(answer)
        elif action == "leaseLost":
            self._pipe.lease_lost = True
            self._handler.lease_lost()
        elif action == "shardEnded":
            self._handler.shard_ended(self._checkpointer)
            self._checkpointer.checkpoint()
        elif action == "shutdownRequested":
            self._handler.shutdown_requested(self._checkpointer)
            self._save()
        else:
            raise ProtocolError("the daemon sent an action that this version does not know: " + action)
        self._pipe.send(status)

    def _process(self, message: Dict[str, Any]) -> Dict[str, Any]:
        records = message.get("records")
        if not isinstance(records, Sequence):
            raise ProtocolError("the daemon sent no records to process")
        if isinstance(records, list):
            records = _decoded(records)
        batch = Batch(self._shard, records, message.get("millisBehindLatest"), self._checkpointer)
        if not self._is_millrace:
            self._handler.process(batch)
            self._unsaved = records[-1] if records else self._unsaved
            if time.monotonic() - self._saved_at >= _CHECKPOINT_SECONDS:
                self._save()
            return {}
        try:
            self._handler.process(batch)
        except ProtocolError:
            raise
        except (Exception, asyncio.CancelledError) as failure:
            if _shows_tracebacks():
                show(failure)
            return {"error": type(failure).__qualname__, "trace": frames(failure)}
        return _DONE

    def _save(self) -> None:
        """Saves what the handler has returned from, where the daemon does not. A lost lease is told by the daemon."""
        last = self._unsaved
        if last is not None:
            self._unsaved = None
            self._saved_at = time.monotonic()
            try:
                self._checkpointer.checkpoint(last)
            except LeaseLost:
                pass


def _decoded(records: List[Any]) -> List[Record]:
    try:
        return [record_of(fields, base64.b64decode(fields["data"] or "")) for fields in records]
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        raise ProtocolError("the daemon sent a record that is none") from None


def show(failure: BaseException) -> None:
    """Writes a failure to standard error: its message, which may hold payload, only where that is asked for."""
    if _shows_tracebacks():
        traceback.print_exception(type(failure), failure, failure.__traceback__)
    else:
        print(f"ERROR millrace: {type(failure).__qualname__} {frames(failure)}", file=sys.stderr)


def _shows_tracebacks() -> bool:
    return os.environ.get("MILLRACE_TRACEBACKS") == "1"


def frames(failure: BaseException) -> str:
    """The user's frames of a failure and of its causes, innermost first, without messages: they may hold payload."""
    parts: List[str] = []
    seen: List[BaseException] = []
    cause: Optional[BaseException] = failure
    while cause is not None and cause not in seen:
        seen.append(cause)
        own = os.path.dirname(__file__)
        stack = [
            f"{os.path.basename(frame.filename)}:{frame.lineno} {frame.name}"
            for frame in reversed(traceback.extract_tb(cause.__traceback__))
            if os.path.dirname(frame.filename) != own
        ]
        head = "" if cause is failure else f"caused by {type(cause).__qualname__} "
        parts.append(head + "at " + " < ".join(stack[:_MOST_FRAMES]) if stack else head)
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return "; ".join(part for part in parts if part)


def take_standard_streams() -> Tuple[BinaryIO, BinaryIO]:
    """Keeps the pipes for the protocol; what the user's code prints goes to standard error, and reading gives nothing."""
    sink = os.fdopen(os.dup(1), "wb", buffering=1 << 16)
    os.dup2(2, 1)
    return os.fdopen(leave_standard_streams(), "rb", buffering=1 << 16), sink


def leave_standard_streams() -> int:
    """Lets the user's code print line by line and read nothing; returns the standard input that was."""
    source = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    sys.stdin = open(0, encoding="utf-8", closefd=False)
    sys.stdout = _unbuffered(1)
    return source


def _unbuffered(descriptor: int) -> TextIO:
    return open(descriptor, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)
