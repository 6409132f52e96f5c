"""The values that a handler is given."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import datetime, timezone
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Dict, Iterator, Optional, Protocol, Sequence, Tuple, Union

if sys.version_info >= (3, 10):
    _slotted = dataclass(frozen=True, slots=True)
else:
    _slotted = dataclass(frozen=True)


class Fields(Protocol):
    """Where a record has everything but its data from, by its index there."""

    def partition_key(self, index: int) -> str: ...

    def sequence_number(self, index: int) -> str: ...

    def sub_sequence_number(self, index: int) -> int: ...

    def arrived(self, index: int) -> Optional[datetime]: ...


class _Given:
    """The fields of one record, as they were given."""

    __slots__ = ("_arrived", "_key", "_number", "_sub")

    def __init__(self, key: str, number: str, sub: int, arrived: Optional[datetime]) -> None:
        self._key = key
        self._number = number
        self._sub = sub
        self._arrived = arrived

    def partition_key(self, index: int) -> str:
        return self._key

    def sequence_number(self, index: int) -> str:
        return self._number

    def sub_sequence_number(self, index: int) -> int:
        return self._sub

    def arrived(self, index: int) -> Optional[datetime]:
        return self._arrived


class Record:
    """A record of a shard. It cannot be changed, and is equal to one with the same fields.

    ``sub_sequence_number`` is its place within an aggregate of the Kinesis Producer Library, 0 for others. ``arrived`` is when the
    stream took it, in UTC; None where the daemon does not say.
    """

    # A dataclass that is frozen takes twice as long to make, and most handlers look at the data alone.
    __slots__ = ("_data", "_fields", "_index")

    __match_args__ = ("data", "partition_key", "sequence_number", "sub_sequence_number", "arrived")

    def __init__(
        self,
        data: bytes,
        partition_key: str,
        sequence_number: str,
        sub_sequence_number: int = 0,
        arrived: Optional[datetime] = None,
    ) -> None:
        self._data = data
        self._fields: Fields = _Given(partition_key, sequence_number, sub_sequence_number, arrived)
        self._index = 0

    if TYPE_CHECKING:

        @property
        def data(self) -> bytes: ...

    else:
        data = property(attrgetter("_data"))

    @property
    def partition_key(self) -> str:
        return self._fields.partition_key(self._index)

    @property
    def sequence_number(self) -> str:
        return self._fields.sequence_number(self._index)

    @property
    def sub_sequence_number(self) -> int:
        return self._fields.sub_sequence_number(self._index)

    @property
    def arrived(self) -> Optional[datetime]:
        return self._fields.arrived(self._index)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Record):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __reduce__(self) -> Any:
        return Record, self._values()

    def _values(self) -> Tuple[Any, ...]:
        return self.data, self.partition_key, self.sequence_number, self.sub_sequence_number, self.arrived

    def __repr__(self) -> str:
        """Without data and key, so that a log of records leaks neither."""
        return f"Record({self.sequence_number}/{self.sub_sequence_number}, {len(self.data)} bytes)"


@_slotted
class Shard:
    """The shard that a handler processes, and where it begins: after ``sequence_number``, which may be ``TRIM_HORIZON``."""

    id: str
    sequence_number: Optional[str] = None
    sub_sequence_number: int = 0
    stream: Optional[str] = None
    application: Optional[str] = None


class Checkpointer:
    """Saves how far the shard is processed. Belongs to one shard; not for several threads at once."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    @property
    def lease_lost(self) -> bool:
        """True once another worker is known to have the shard."""
        return self._channel.lease_lost

    def checkpoint(self, at: Union[Record, str, None] = None, sub_sequence_number: Optional[int] = None) -> None:
        """Saves that everything up to ``at`` is processed: a record, a sequence number, or by default all that was given out.

        Blocks until the table has it. Raises :class:`LeaseLost`, :class:`CheckpointRefused`, or :class:`CheckpointError` where
        it is not known whether it was saved.
        """
        if isinstance(at, Record):
            self._channel.checkpoint(at.sequence_number, at.sub_sequence_number)
        else:
            self._channel.checkpoint(at, sub_sequence_number)


class Batch(Sequence[Record]):
    """Records of one shard, in their order: a sequence of :class:`Record`."""

    __slots__ = ("_checkpointer", "_records", "millis_behind_latest", "shard")

    def __init__(
        self,
        shard: Shard,
        records: Sequence[Record],
        millis_behind_latest: Optional[int],
        checkpointer: Checkpointer,
    ) -> None:
        self.shard = shard
        self.millis_behind_latest = millis_behind_latest
        self._records = records
        self._checkpointer = checkpointer

    @property
    def lease_lost(self) -> bool:
        """True once another worker is known to have the shard; a long batch may stop then."""
        return self._checkpointer.lease_lost

    def checkpoint(self, at: Union[Record, str, None] = None) -> None:
        """Saves progress within the batch; see :meth:`Checkpointer.checkpoint`. Returning from the handler does it for all."""
        self._checkpointer.checkpoint(self._records[-1] if at is None and self._records else at)

    def __len__(self) -> int:
        return len(self._records)

    def __getitem__(self, index: Any) -> Any:
        return self._records[index]

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records)

    def __repr__(self) -> str:
        return f"Batch({self.shard.id}, {len(self._records)} records)"


class Channel:
    """The way of a checkpoint to the daemon. One implementation speaks to a pipe, one to a test."""

    lease_lost: bool = False

    def checkpoint(self, sequence_number: Optional[str], sub_sequence_number: Optional[int]) -> None:
        """Saves a checkpoint, or raises a :class:`CheckpointError`."""
        raise NotImplementedError


def record_of(fields: Dict[str, Any], data: bytes) -> Record:
    """The record of a message's object; unknown fields are ignored."""
    millis = fields.get("approximateArrivalTimestamp")
    return Record(
        data,
        fields["partitionKey"],
        fields["sequenceNumber"],
        fields.get("subSequenceNumber") or 0,
        None if millis is None else datetime.fromtimestamp(millis / 1000, timezone.utc),
    )
