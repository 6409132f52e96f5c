"""Drives a handler in a test, without Java and without a daemon.

    from millrace.testing import TestShard

    shard = TestShard(my_handler)
    shard.put(b"one", key="a")
    shard.process()
    assert shard.checkpointed == 1
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any, List, Optional, Union

from ._handler import Handler
from ._model import Batch, Channel, Checkpointer, Record, Shard
from .errors import CheckpointRefused, LeaseLost

_FIRST_ARRIVAL = datetime(2020, 1, 1, tzinfo=timezone.utc)


class TestShard(Channel):
    """A shard in memory, and the handler that processes it.

    What :meth:`put` adds is given to the handler by :meth:`process`. A handler that raises lets :meth:`process` raise the same,
    and gets its records again with the next one, as from the daemon.
    """

    # Not a test class of pytest, whatever its name says.
    __test__ = False

    def __init__(self, handler: Any, shard_id: str = "shardId-000000000000") -> None:
        self.shard = Shard(shard_id, "TRIM_HORIZON", 0, "test-stream", "test-application")
        #: How many records lie behind the checkpoint.
        self.checkpointed = 0
        self.ended = False
        self.lease_lost = False
        self._records: List[Record] = []
        self._delivered = 0
        self._may_checkpoint = False
        self._checkpointer = Checkpointer(self)
        self._handler = Handler(handler)
        self._handler.start(self.shard)

    def put(self, *data: Union[bytes, str], key: str = "key") -> List[Record]:
        """Adds records, and returns them. Each arrives a second after the one before."""
        added = []
        for payload in data:
            number = len(self._records)
            content = payload.encode("utf-8") if isinstance(payload, str) else payload
            added.append(Record(content, key, str(number + 1), 0, _FIRST_ARRIVAL + timedelta(seconds=number)))
            self._records.append(added[-1])
        return added

    def process(self, most: Optional[int] = None) -> int:
        """Gives the handler what is not processed yet, at most ``most`` records, and returns how many those were."""
        if self.ended or self.lease_lost:
            raise AssertionError("the shard is over for this handler")
        begin = self.checkpointed
        end = len(self._records) if most is None else min(len(self._records), begin + most)
        records = self._records[begin:end]
        self._delivered = max(self._delivered, end)
        self._may_checkpoint = True
        try:
            self._handler.process(Batch(self.shard, records, 0, self._checkpointer))
        finally:
            self._may_checkpoint = False
        if not self.lease_lost:
            self.checkpointed = max(self.checkpointed, end)
        return len(records)

    def lose(self) -> None:
        """Another worker takes the shard: checkpoints fail from now on, and the handler is told."""
        self.lose_silently()
        self._handler.lease_lost()

    def lose_silently(self) -> None:
        """Another worker takes the shard, and the handler has not heard of it yet; can be called from within it."""
        self.lease_lost = True

    def shutdown(self) -> None:
        """The worker stops: the handler may save its progress, and is told that the shard goes."""
        self._may_checkpoint = True
        self._handler.shutdown_requested(self._checkpointer)
        self._may_checkpoint = False
        self.lose()

    def end(self) -> None:
        """The shard is read out."""
        self.process()
        self._may_checkpoint = True
        self._handler.shard_ended(self._checkpointer)
        self._may_checkpoint = False
        self.ended = True

    def checkpoint(self, sequence_number: Optional[str], sub_sequence_number: Optional[int]) -> None:
        """Called by the handler's checkpointer."""
        if self.lease_lost:
            raise LeaseLost("ShutdownException")
        if not self._may_checkpoint:
            raise CheckpointRefused("InvalidStateException")
        wanted = self._delivered if sequence_number is None else int(sequence_number)
        if wanted < self.checkpointed or wanted > self._delivered or (sub_sequence_number or 0) < 0:
            raise CheckpointRefused("IllegalArgumentException")
        self.checkpointed = wanted
