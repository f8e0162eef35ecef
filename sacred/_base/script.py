"""The script that defines an experiment: found by its stack frame, and loaded only once."""

from __future__ import annotations

import os
import sys
from types import FrameType, ModuleType
from typing import TYPE_CHECKING, Any

from sacred._base.tracebacks import is_own_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec

__all__ = [
    "calling_globals",
    "calling_place",
    "file_or_archive",
    "main_file_of",
    "module_run_as_script",
    "unite_script_and_module",
]


def calling_globals(made: Any) -> dict[str, Any]:
    """Return the globals of the user's code that is creating ``made``.

    Frames of this package are skipped, and so are the methods of users' subclasses
    (``__init__``, what it calls, class methods): the script is what calls those.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_back is not None:
        if not is_own_file(frame.f_code.co_filename) and not _is_method_of(made, frame):
            return frame.f_globals
        frame = frame.f_back
    return frame.f_globals if frame is not None else {}


def calling_place() -> str:
    """Return file and line of the user's code that calls this package."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and is_own_file(frame.f_code.co_filename):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}, line {frame.f_lineno}" if frame is not None else "?"


def _is_method_of(made: Any, frame: FrameType) -> bool:
    code = frame.f_code
    # Of a module there is none: its variables may be the class, or an earlier object.
    first = frame.f_locals.get(code.co_varnames[0]) if code.co_varnames else None
    if not code.co_argcount and isinstance(first, tuple) and first:
        first = first[0]  # `def __init__(*args, **kwargs)`
    return first is made or first is type(made)


def main_file_of(script_globals: dict[str, Any]) -> str | None:
    """Return the path of the script with these globals, or None in a REPL or a notebook.

    For a zip application, this is the path of the archive.
    """
    filename = script_globals.get("__file__")
    return file_or_archive(os.path.realpath(filename)) if filename else None


def file_or_archive(filename: str) -> str:
    """Return the archive that contains a file, or the file name itself if there is no archive.

    >>> file_or_archive("/no/such/app.pyz/__main__.py")
    '/no/such/app.pyz/__main__.py'
    """
    above = filename
    while not os.path.exists(above) and os.path.dirname(above) != above:
        above = os.path.dirname(above)
    return above if os.path.isfile(above) else filename


def module_run_as_script(script_globals: dict[str, Any]) -> str | None:
    """Return the module's name if the script was started by ``python -m MODULE``, else None."""
    spec = script_globals.get("__spec__")
    if script_globals.get("__name__") != "__main__" or spec is None:
        return None
    name = str(spec.name).removesuffix(".__main__")
    return None if name == "__main__" else name  # of a directory or a zip file


def unite_script_and_module(script_globals: dict[str, Any]) -> None:
    """Make an import of the running script return the script itself, not a second copy of it.

    A module that the script imports may import the script's experiment in turn. It would get
    a separate experiment, and what it adds to that one would be missing from the run.

    Args:
        script_globals: the globals of the script that defines an experiment.
    """
    main = sys.modules.get("__main__")
    filename = main_file_of(script_globals)
    if main is None or filename is None or vars(main) is not script_globals:
        return
    if not any(isinstance(finder, _ScriptFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _ScriptFinder(main, filename))


class _ScriptFinder:
    """A meta path finder for the one module whose file is the running script."""

    def __init__(self, main: ModuleType, filename: str) -> None:
        self._main = main
        self._filename = filename
        self._name = os.path.splitext(os.path.basename(filename))[0]

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """See `importlib.abc.MetaPathFinder`."""
        if fullname.rpartition(".")[2] != self._name or sys.modules.get("__main__") != self._main:
            return None
        from importlib.machinery import PathFinder  # most scripts are not imported again

        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin is None or os.path.realpath(spec.origin) != self._filename:
            return None
        loader: Any = _ScriptLoader(self._main, spec.loader)
        spec.loader = loader
        return spec


class _ScriptLoader:
    """Makes a module that has the variables of the script."""

    def __init__(self, main: ModuleType, loader: Any) -> None:
        self._main = main
        self._loader = loader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)  # `get_source` and what else loaders may have

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """A module with the variables that the script has, now or later."""
        return _ScriptModule(spec.name, self._main, self._loader)

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: the script is already being executed."""


class _ScriptModule(ModuleType):
    """The running script, under the name by which it is imported."""

    def __init__(self, name: str, main: ModuleType, loader: Any) -> None:
        super().__init__(name, main.__doc__)
        self.__dict__["_sacred_script"] = main, loader

    def __getattr__(self, name: str) -> Any:
        main, loader = self.__dict__["_sacred_script"]
        if name in vars(main):
            return vars(main)[name]
        if name == "__all__":  # for `from script import *`
            return [name for name in dir(main) if not name.startswith("_")]
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        copy = self.__dict__.get("_sacred_copy")
        if copy is None:
            # Not defined yet. A copy of the script, as Python makes it, may have the name.
            copy = self.__dict__["_sacred_copy"] = ModuleType(self.__name__, self.__doc__)
            copy.__dict__.update(__file__=self.__file__, __spec__=self.__spec__)
            loader.exec_module(copy)
        return getattr(copy, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("__") and name.endswith("__"):
            super().__setattr__(name, value)  # what the import sets
        else:
            setattr(self.__dict__["_sacred_script"][0], name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *dir(self.__dict__["_sacred_script"][0])})
