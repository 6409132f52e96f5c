"""Finds the user's handler and calls it, whatever its form."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import os
import sys
from typing import Any, Callable, Optional

from ._model import Batch, Checkpointer, Shard


class HandlerError(Exception):
    """A handler cannot be had; the message is one line for the user."""


def load(name: str) -> Any:
    """The object that ``module:name`` names, or ``module.name``. The current folder is searched first."""
    module_name, colon, attribute = name.partition(":")
    if not colon:
        module_name, _, attribute = name.rpartition(".")
    if not module_name or not attribute:
        raise HandlerError(f"not a handler (MODULE:NAME): {name}")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        found: Any = importlib.import_module(module_name)
    except BaseException as failure:
        if isinstance(failure, KeyboardInterrupt):
            raise
        text = (str(failure).splitlines() or [""])[0]
        raise HandlerError(f"module {module_name} cannot be imported: {type(failure).__name__}: {text}") from failure
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise HandlerError(f"module {module_name} has no {attribute}")
        found = getattr(found, part)
    if not callable(found) and not hasattr(found, "process"):
        raise HandlerError(f"{name} is neither a function nor a class or object with a method process(batch)")
    if inspect.isclass(found) and not callable(getattr(found, "process", None)):
        raise HandlerError(f"class {name} has no method process(batch)")
    process = getattr(found, "process", found)
    if inspect.isgeneratorfunction(process) or inspect.isasyncgenfunction(process):
        raise HandlerError(f"{name} has a yield in it, so calling it processes nothing; handle the batch and return")
    return found


class Handler:
    """A handler at work on one shard.

    A class is instantiated for the shard: with it, if its constructor requires an argument or has one called ``shard``. Besides ``process(batch)`` it may have
    ``start(shard)``, ``lease_lost()``, ``shard_ended()`` and ``shutdown_requested()``. All may be ``async``; they run one after
    the other on one event loop.
    """

    def __init__(self, handler: Any) -> None:
        self._given = handler
        self._target: Any = None
        self._loop: Optional[asyncio.AbstractEventLoop] = None

    def start(self, shard: Shard) -> None:
        if inspect.isclass(self._given):
            self._target = self._given(shard) if _takes_shard(self._given) else self._given()
        else:
            self._target = self._given
        self._call("start", shard)

    def process(self, batch: Batch) -> None:
        method = getattr(self._target, "process", None)
        result = self._finish((method or self._target)(batch))
        if result is not None:
            # A generator, a future of a pool, a list of coroutines: nothing says that the work is done.
            raise TypeError(
                f"the handler returned a {type(result).__qualname__}; it must return None once the batch is processed"
            )

    def lease_lost(self) -> None:
        self._call("lease_lost")
        self._close()

    def shard_ended(self, checkpointer: Checkpointer) -> None:
        self._call("shard_ended", checkpointer)

    def shutdown_requested(self, checkpointer: Checkpointer) -> None:
        self._call("shutdown_requested", checkpointer)

    def _call(self, name: str, *arguments: Any) -> None:
        method: Optional[Callable[..., Any]] = getattr(self._target, name, None)
        if method is not None and not inspect.isfunction(self._target):
            self._finish(method(*arguments[: _arity(method)]))

    def _finish(self, result: Any) -> Any:
        """What the user's code has come to in the end."""
        if result is None or not inspect.isawaitable(result):
            return result
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self._loop)
        return self._loop.run_until_complete(_awaited(result))

    def _close(self) -> None:
        if self._loop is not None:
            self._loop.close()
            self._loop = None


async def _awaited(result: Any) -> Any:
    return await result


def _arity(method: Callable[..., Any]) -> int:
    try:
        parameters = inspect.signature(method).parameters.values()
    except (TypeError, ValueError):
        return 1
    if any(one.kind is one.VAR_POSITIONAL for one in parameters):
        return 1
    return sum(one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD) for one in parameters)


def _takes_shard(cls: type) -> bool:
    """True if the constructor asks for one argument, or for one called ``shard``; others with defaults are the user's own."""
    if cls.__init__ is object.__init__:  # type: ignore[misc]
        return False
    own = list(inspect.signature(cls.__init__).parameters.values())[1:]  # type: ignore[misc]
    positional = [one for one in own if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    return bool(positional) and (positional[0].default is inspect.Parameter.empty or positional[0].name == "shard")
