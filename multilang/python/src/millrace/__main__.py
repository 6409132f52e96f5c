"""``python -m millrace run MODULE:HANDLER ...`` and, for the daemon, ``python -m millrace child MODULE:HANDLER``."""

from __future__ import annotations

import logging
import os
import sys
import threading
from typing import Any, Callable, Dict, List, NoReturn, Optional

from . import _frames, _lines, _run
from ._handler import Handler, HandlerError, load
from .errors import ProtocolError

_USAGE = """\
usage: python -m millrace run MODULE:HANDLER --stream NAME --app NAME [daemon options]
       python -m millrace child MODULE:HANDLER

run     starts the daemon, which runs the handler in a child process for each shard
child   is what the daemon starts; it speaks over the daemon's socket, or over standard input and output

Options after the handler are the daemon's: see `millrace daemon --help`. MILLRACE_TRACEBACKS=1 in the environment shows the
tracebacks of handlers, with their messages, which may hold what is in records.
"""


def main(arguments: Optional[List[str]] = None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    if not given or given[0] in ("-h", "--help"):
        print(_USAGE, end="", file=sys.stdout if given else sys.stderr)
        return 0 if given else 2
    if given[0] not in ("run", "child") or len(given) < 2 or (given[0] == "child" and len(given) > 2):
        print(_USAGE, end="", file=sys.stderr)
        return 2
    try:
        if given[0] == "child":
            return child(given[1])
        # A misspelt name is told here, and not in the daemon's log.
        load(given[1])
        os.environ["PYTHONPATH"] = os.pathsep.join(
            part for part in (os.environ.get("PYTHONPATH"), _run.pythonpath()) if part
        )
        return _run.run(given[1], given[2:])
    except HandlerError as refused:
        print(f"millrace: {refused}", file=sys.stderr)
        return 2
    except _run.RunError as refused:
        print(f"millrace: {refused}", file=sys.stderr)
        return 1


def child(name: str) -> int:
    """Processes one shard, or those that the daemon tells, until it closes the pipe or the socket."""
    frames = _connected()
    source, sink = (None, None) if frames else _lines.take_standard_streams()
    if frames:
        _lines.leave_standard_streams()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    return _guarded(lambda: _serve(load(name), frames or _lines.Pipe(source, sink)))


def _connected() -> Optional[_frames.Frames]:
    """The daemon's socket, where it has one: before the user's code can print, which would look like lines."""
    door = _frames.door()
    try:
        return None if door is None else _frames.connect(*door)
    except OSError:
        # A container may not have it.
        return None


def _serve(found: Any, pipe: _lines.Pipe) -> None:
    first = pipe.receive()
    if isinstance(pipe, _frames.Frames) and first is not None and first["action"] == "open":
        _Shards(found, pipe).serve(first)
    elif first is not None:
        _lines.Child(Handler(found), pipe).run(first)
    elif isinstance(pipe, _frames.Frames):
        raise ProtocolError("the daemon closed the socket at once")


class _Shards:
    """The shards of a process that serves several, each on a thread and a connection of its own. The end of one by a failure is
    the end of all."""

    def __init__(self, found: Any, control: _frames.Frames) -> None:
        self._found = found
        self._control = control
        self._threads: List[threading.Thread] = []

    def serve(self, first: Dict[str, Any]) -> None:
        message: Optional[Dict[str, Any]] = first
        while message is not None:
            if message["action"] != "open":
                raise ProtocolError("the daemon sent what belongs to a shard over the connection of none: " + message["action"])
            self._threads = [thread for thread in self._threads if thread.is_alive()]
            self._threads.append(threading.Thread(target=self._run, args=(message,), name="millrace-shard"))
            self._threads[-1].start()
            message = self._control.receive()
        for thread in self._threads:
            thread.join()

    def _run(self, told: Dict[str, Any]) -> None:
        try:
            code = _guarded(lambda: self._shard(told))
        except SystemExit as wish:
            _end(wish.code if isinstance(wish.code, int) else 0 if wish.code is None else 1)
        if code:
            _end(code)

    def _shard(self, told: Dict[str, Any]) -> None:
        environment = dict(os.environ, MILLRACE_STREAM=str(told.get("stream")))
        pipe = self._control.beside(str(told.get("token")))
        try:
            _lines.Child(Handler(self._found), pipe, environment).run()
        finally:
            pipe.close()


def _guarded(serve: Callable[[], None]) -> int:
    """The exit code that the outcome of ``serve`` means; failures are written to standard error."""
    try:
        serve()
    except (HandlerError, ProtocolError) as failure:
        print(f"ERROR millrace: {failure}", file=sys.stderr)
        return 1
    except (BrokenPipeError, ConnectionResetError):
        # The daemon is gone.
        return 1
    except SystemExit:
        raise
    except BaseException as failure:
        # The interpreter would show its message, and those of its causes.
        _lines.show(failure)
        return 1
    return 0


def _end(code: int) -> NoReturn:
    """Ends the process from one of its threads."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def command() -> None:
    """The process' whole life. Threads that the user's module has started do not keep the runner from ending."""
    code = main()
    if sys.argv[1:2] == ["run"]:
        _end(code)
    sys.exit(code)


if __name__ == "__main__":
    command()
