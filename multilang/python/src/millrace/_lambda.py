"""Runs a handler of AWS Lambda for Python, unmodified, as a child of ``millrace daemon``.

``python -m millrace._lambda HANDLER`` answers events until its input ends; with ``--check`` before the handler it looks for the
handler and ends. HANDLER is named as Lambda names it: ``module.function``, or ``folder/module.function``.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import sys
import time
import uuid
from typing import Any, Callable, Dict, List, Mapping, Optional

from . import _lines
from .errors import ProtocolError

# The largest answer of a function.
_MOST_ANSWER = 6 * 1024 * 1024


class HandlerError(Exception):
    """A handler cannot be had; the message is one line for the user."""


class Context:
    """What Lambda tells a handler of its invocation besides the event."""

    def __init__(self, environment: Mapping[str, str], deadline: float) -> None:
        self.aws_request_id = str(uuid.uuid4())
        self.log_group_name = environment.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = environment.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = environment.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = environment.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = environment.get("MILLRACE_LAMBDA_FUNCTION_ARN")
        self.tenant_id = None
        self.client_context = None
        self.identity = None
        self._deadline = deadline

    def get_remaining_time_in_millis(self) -> int:
        """How long the invocation may still take."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))

    def log(self, message: Any) -> None:
        """Writes to the log."""
        sys.stdout.write(str(message))


def load(name: str) -> Callable[[Any, Any], Any]:
    """The function that ``module.function`` names. The current folder, Lambda's task root, is searched first."""
    module_name, _, function = name.rpartition(".")
    if not module_name or not function:
        raise HandlerError(f"not a handler of Lambda (module.function): {name}")
    if os.getcwd() not in sys.path[:1]:
        sys.path.insert(0, os.getcwd())
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except BaseException as failure:
        if isinstance(failure, KeyboardInterrupt):
            raise
        text = (str(failure).splitlines() or [""])[0]
        raise HandlerError(f"module {module_name} cannot be imported: {type(failure).__name__}: {text}") from failure
    found = getattr(module, function, None)
    if not callable(found):
        raise HandlerError(f"module {module_name} has no function {function}")
    return found  # type: ignore[no-any-return]


class Child:
    """Answers the daemon's messages until the input ends."""

    def __init__(
        self,
        handler: Callable[[Any, Any], Any],
        pipe: _lines.Pipe,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._handler = handler
        self._pipe = pipe
        self._environment = environment
        self._timeout = float(environment.get("MILLRACE_LAMBDA_TIMEOUT", "3"))

    def run(self) -> None:
        for message in iter(self._pipe.receive, None):
            action = message["action"]
            status: Dict[str, Any] = {"action": "status", "responseFor": action}
            if action == "invoke":
                status.update(self._invoke(message["event"]))
            elif action != "initialize":
                raise ProtocolError("the daemon sent an action that this version does not know: " + action)
            self._pipe.send(status)

    def _invoke(self, event: Any) -> Dict[str, Any]:
        context = Context(self._environment, time.monotonic() + self._timeout)
        try:
            result = self._handler(event, context)
        except Exception as failure:
            if _shows_tracebacks():
                _lines.show(failure)
            return {"error": type(failure).__qualname__, "trace": _lines.frames(failure)}
        try:
            text = json.dumps(result, allow_nan=False)
        except (TypeError, ValueError, RecursionError):
            return {"error": "Runtime.MarshalError", "trace": "the handler returned something that is no JSON"}
        if len(text) > _MOST_ANSWER:
            return {"error": "Function.ResponseSizeTooLarge", "trace": f"the answer has {len(text)} bytes"}
        return {"answer": _said(result)}


def _said(result: Any) -> Any:
    """The parts of an answer that mean something for a stream."""
    if not isinstance(result, dict):
        return None
    return {key: result[key] for key in ("batchItemFailures", "state") if key in result}


def _shows_tracebacks() -> bool:
    return os.environ.get("MILLRACE_TRACEBACKS") == "1"


def main(arguments: List[str]) -> int:
    checks = arguments[:1] == ["--check"]
    name = arguments[1] if checks else arguments[0]
    source, sink = _lines.take_standard_streams()
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    for unused in ("MILLRACE_FRAMES", "MILLRACE_SOCKET", "MILLRACE_TOKEN"):
        os.environ.pop(unused, None)
    os.environ["_HANDLER"] = name
    os.environ["AWS_EXECUTION_ENV"] = f"AWS_Lambda_python{sys.version_info[0]}.{sys.version_info[1]}"
    try:
        os.chdir(os.environ.get("LAMBDA_TASK_ROOT") or ".")
        handler = load(name)
        if not checks:
            Child(handler, _lines.Pipe(source, sink)).run()
    except HandlerError as failure:
        print(f"{'' if checks else 'ERROR '}millrace: {failure}", file=sys.stderr)
        return 2
    except ProtocolError as failure:
        print(f"ERROR millrace: {failure}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The daemon is gone.
        return 1
    except SystemExit:
        raise
    except BaseException as failure:
        _lines.show(failure)
        return 1
    return 0


def command(arguments: Optional[List[str]] = None) -> None:
    """The process' whole life. Threads that the handler has started do not keep it from ending."""
    code = main(sys.argv[1:] if arguments is None else arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    command()
