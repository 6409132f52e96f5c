"""``python -m millrace run MODULE:HANDLER ...`` and, for the daemon, ``python -m millrace child MODULE:HANDLER``."""

from __future__ import annotations

import logging
import os
import sys
from typing import List, Optional

from . import _lines, _run
from ._handler import Handler, HandlerError, load
from .errors import ProtocolError

_USAGE = """\
usage: python -m millrace run MODULE:HANDLER --stream NAME --app NAME [daemon options]
       python -m millrace child MODULE:HANDLER

run     starts the daemon, which runs the handler in a child process for each shard
child   is what the daemon starts; it speaks over standard input and output

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
    """Processes one shard until the daemon closes the pipe."""
    source, sink = _lines.take_standard_streams()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    try:
        handler = Handler(load(name))
        _lines.Child(handler, _lines.Pipe(source, sink)).run()
    except (HandlerError, ProtocolError) as failure:
        print(f"ERROR millrace: {failure}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The daemon is gone.
        return 1
    except SystemExit:
        raise
    except BaseException as failure:
        # The interpreter would show its message, and those of its causes.
        _lines.show(failure)
        return 1
    return 0


def command() -> None:
    """The process' whole life. Threads that the user's module has started do not keep the runner from ending."""
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    if sys.argv[1:2] == ["run"]:
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    command()
