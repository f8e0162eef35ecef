"""Main functions and hooks that are coroutines."""

from __future__ import annotations

import contextvars
import types
from collections.abc import Coroutine
from typing import Any

from sacred._base.deferred_thread import helper_thread

__all__ = ["finish"]


def finish(result: Any) -> Any:
    """Return the result of a function; a coroutine is awaited."""
    if not isinstance(result, types.CoroutineType):
        return result
    import asyncio  # here: takes 20 ms, and few runs need it

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(result)
    return _finish_beside_a_loop(result)  # a notebook runs a loop in this thread


def _finish_beside_a_loop(coroutine: Coroutine[Any, Any, Any]) -> Any:
    import asyncio

    outcome: list[Any] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            outcome.append(asyncio.run(coroutine))
        except BaseException as error:
            errors.append(error)

    context = contextvars.copy_context()
    thread = helper_thread(lambda: context.run(work), "sacred-main", starts_processes=True)
    thread.daemon = False  # it runs the user's main function
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return outcome[0]
