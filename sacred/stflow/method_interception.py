"""Noting the log directories of TensorFlow's and TensorBoard's writers in ``info``."""

from __future__ import annotations

import contextlib
import functools
import inspect
import os
import threading
from collections.abc import Callable
from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING, Any

from sacred.stflow.internal import ContextMethodDecorator
from sacred.stflow.loading import LoadWatch, loaded

if TYPE_CHECKING:
    from sacred.experiment import Experiment

__all__ = ["LogFileWriter"]

#: Classes and functions that write logs, by the module that users import to reach them.
WRITERS: dict[str, tuple[str, ...]] = {
    "tensorflow": (
        "summary.create_file_writer",
        "summary.FileWriter",
        "compat.v1.summary.FileWriter",
    ),
    "tensorflow.compat.v1": ("summary.FileWriter",),
    "tensorboardX": ("SummaryWriter",),
    "torch.utils.tensorboard": ("SummaryWriter",),
}


class LogFileWriter:
    """While active, ``ex.info["tensorflow"]["logdirs"]`` gets the directories of new writers.

    Writers are ``tensorflow.summary.create_file_writer(...)``, TensorFlow 1's
    ``FileWriter`` (``tf.summary``, ``tf.compat.v1.summary``), and the ``SummaryWriter`` of
    tensorboardX and of PyTorch. This package imports none of them; those that
    are imported while a `LogFileWriter` is active are covered as well.

    Use it as a context manager or as a decorator, also of ``async`` functions. Several may be
    nested, or active in several threads. A new writer is noted by each `LogFileWriter` that is
    active in its thread, or by all if none is (in the thread of a data loader, say).

    Args:
        experiment: the experiment; a writer that is made while none of its runs is active
            goes into the ``info`` of the last one.

    Raises:
        NoRunError: when a writer is made before the experiment has had any run.

    ::

        @ex.automain
        def main(logdir):
            with LogFileWriter(ex):
                writer = SummaryWriter(logdir)
    """

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment

    def __enter__(self) -> LogFileWriter:
        _interception.add(self)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _interception.remove(self)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, with the `LogFileWriter` active during each of its calls."""
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def with_coroutine(*args: Any, **kwargs: Any) -> Any:
                with self:
                    return await function(*args, **kwargs)

            return with_coroutine

        @functools.wraps(function)
        def with_function(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return with_function

    def note(self, logdir: str) -> None:
        """Append a directory to the list in ``info``.

        Raises:
            NoRunError: the experiment has not had any run.
        """
        noted = self.experiment.info.setdefault("tensorflow", {})
        noted.setdefault("logdirs", []).append(logdir)


# Those that are active in this thread or task.
_here: ContextVar[tuple[LogFileWriter, ...]] = ContextVar("sacred_log_file_writers", default=())


class _Interception:
    """Replaces the writers while at least one `LogFileWriter` is active."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._active: list[LogFileWriter] = []
        self._patches = contextlib.ExitStack()
        self._patched: set[tuple[int, str]] = set()

    def add(self, user: LogFileWriter) -> None:
        with self._lock:
            self._active.append(user)
            if len(self._active) == 1:
                self._start()
        _here.set((*_here.get(), user))

    def remove(self, user: LogFileWriter) -> None:
        _here.set(_without(_here.get(), user))
        with self._lock:
            self._active = list(_without(tuple(self._active), user))
            if not self._active:
                self._patches.close()
                self._patched.clear()

    def _start(self) -> None:
        self._patches.enter_context(LoadWatch(WRITERS, self._patch_module))
        for name in WRITERS:
            self._patch_module(name)

    def _patch_module(self, name: str) -> None:
        with self._lock:
            module = loaded(name)
            if module is None or not self._active:
                return
            for path in WRITERS[name]:
                self._patch(module, path)

    def _patch(self, module: Any, path: str) -> None:
        *parents, name = path.split(".")
        owner = module
        for parent in parents:
            owner = getattr(owner, parent, None)
        target = getattr(owner, name, None)
        # One class has several names, and would be noted as often.
        key = (id(target), "") if isinstance(target, type) else (id(owner), name)
        if target is None or key in self._patched:
            return
        self._patched.add(key)
        if isinstance(target, type):
            self._patches.enter_context(ContextMethodDecorator(target, "__init__", self._init))
        else:
            replacement = self._noting(target)
            setattr(owner, name, replacement)
            self._patches.callback(_put_back, owner, name, target, replacement)

    def _init(
        self, instance: Any, original: Callable[..., Any], args: Any, kwargs: dict[str, Any]
    ) -> None:
        original(instance, *args, **kwargs)
        # The constructor may have made up the directory.
        made = getattr(instance, "logdir", None) or getattr(instance, "log_dir", None)
        self._note(made if _is_path(made) else _argument(args, kwargs))

    def _noting(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def create_file_writer(*args: Any, **kwargs: Any) -> Any:
            writer = function(*args, **kwargs)
            self._note(_argument(args, kwargs))
            return writer

        return create_file_writer

    def _note(self, logdir: Any) -> None:
        if not _is_path(logdir):
            return
        with self._lock:
            users = _here.get() or tuple(self._active)
        # Nested use for one experiment is still one writer.
        for user in {id(user.experiment): user for user in users}.values():
            user.note(os.fsdecode(logdir))


def _without(users: tuple[LogFileWriter, ...], user: LogFileWriter) -> tuple[LogFileWriter, ...]:
    """The tuple without the last occurrence of `user`; the others by identity."""
    for index in reversed(range(len(users))):
        if users[index] is user:
            return users[:index] + users[index + 1 :]
    return users


def _put_back(owner: Any, name: str, original: Any, replacement: Any) -> None:
    # A replacement by others meanwhile stays.
    if getattr(owner, name, None) is replacement:
        setattr(owner, name, original)


def _argument(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return args[0] if args else kwargs.get("logdir", kwargs.get("log_dir"))


def _is_path(value: Any) -> bool:
    return isinstance(value, str | bytes | os.PathLike)


_interception = _Interception()
