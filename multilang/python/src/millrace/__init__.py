"""Process the shards of a stream with Python handlers.

A handler is a function, plain or ``async``, that takes a :class:`Batch`, or a class with a method ``process(batch)``. Returning
means that the batch is processed; raising means that it is not, and the daemon's failure policy says what becomes of it. Handlers
run in child processes of ``millrace daemon``, one per shard; ``python -m millrace run MODULE:HANDLER`` starts it.

The same handlers run under the MultiLangDaemon of the Kinesis Client Library, where an exception ends the process, as that
daemon expects of its children.
"""

from ._model import Batch, Checkpointer, Record, Shard
from .errors import CheckpointError, CheckpointRefused, LeaseLost

__all__ = [
    "Batch",
    "CheckpointError",
    "CheckpointRefused",
    "Checkpointer",
    "LeaseLost",
    "Record",
    "Shard",
]
