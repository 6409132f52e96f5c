"""The errors that a handler may see or raise."""


class CheckpointError(Exception):
    """A checkpoint was not saved. ``name`` is the daemon's name for the reason."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class LeaseLost(CheckpointError):
    """Another worker has the shard: whatever this handler still does with it, the other one does as well."""


class CheckpointRefused(CheckpointError):
    """The record is none that this handler was given since it began, or it lies before the last checkpoint."""


class ProtocolError(Exception):
    """The other side of the pipe says something that makes no sense; the process ends."""


def checkpoint_error(name: str) -> CheckpointError:
    """The exception for a name of the protocol."""
    if name == "ShutdownException":
        return LeaseLost(name)
    if name in ("IllegalArgumentException", "InvalidStateException"):
        return CheckpointRefused(name)
    return CheckpointError(name)
