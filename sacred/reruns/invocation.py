"""Starting a stored run again."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from sacred._base.frozen import Frozen
from sacred.definition import RERUN_SEED, RERUN_STORE
from sacred.dependencies.environment import VARIABLES
from sacred.records import RunRecord
from sacred.reruns.program_invocation import program_call
from sacred.reruns.recorded_config import config_file_text
from sacred.restoring.errors import CannotRestoreError
from sacred.restoring.interpreter import Interpreter
from sacred.restoring.tree import RestoredTree
from sacred.runs.program_words import program_of
from sacred.runs.repeating import is_from_command_line, options_of, own_options

__all__ = ["Invocation", "invocation_of", "is_from_command_line"]

#: Options of a command line that change what a run prints or does.
_OPTIONS = ("--capture", "--loglevel", "--name")
_FLAGS = ("--force", "--debug", "--tape", "--trace")
#: Of the interpreter.
_PYTHON_FLAGS = frozenset({"-O", "-OO", "-u"})


class Invocation(Frozen):
    """The words, directory and variables that start a run again.

    Args:
        words: the words after the interpreter.
        directory: the working directory.
        variables: the environment, without ``PYTHONPATH``.
        restored_paths: the restored part of the run's ``PYTHONPATH``.
        present_paths: the present ``PYTHONPATH``, with the restored files in place of the run's
            own directories.
    """

    words: tuple[str, ...]
    directory: Path
    variables: dict[str, str]
    restored_paths: tuple[str, ...]
    present_paths: tuple[str, ...]

    def environment(self, interpreter: Interpreter) -> dict[str, str]:
        """Return the environment variables for an interpreter.

        An environment that was created for the run must not see the packages of the present one.
        """
        present = self.present_paths if interpreter.is_present else ()
        paths = dict.fromkeys((*self.restored_paths, *present))
        return {**self.variables, **({"PYTHONPATH": os.pathsep.join(paths)} if paths else {})}


def invocation_of(
    record: RunRecord, tree: RestoredTree, scratch: Path, updates: Iterable[str] = ()
) -> Invocation:
    """Return the words, directory and variables that start a run again.

    Args:
        record: the run.
        tree: the restored sources.
        scratch: the directory for its configuration, and for the store of its repetition.
        updates: words after ``with``, in addition to the recorded configuration.

    Raises:
        CannotRestoreError: the record does not say how the run was started.
    """
    if program_of(record) is not None:
        call, directory = program_call(record, tree, tuple(updates))
        return Invocation(
            words=tuple(call),
            directory=directory,
            variables=_variables(record, scratch),
            restored_paths=(),
            present_paths=tuple(_present_import_paths()),
        )
    program, module_root = _program(record, tree)
    words = [*_python_flags(record), *program]
    if is_from_command_line(record):
        words += _arguments(record, scratch, updates)
    else:
        if any(updates):
            raise CannotRestoreError("it was started by ex.run(...), which takes no updates here")
        words += _recorded_arguments(record)
    restored = [module_root, *_import_paths(record, tree)]
    present = [_moved(path, tree) for path in _present_import_paths()]
    return Invocation(
        words=tuple(words),
        directory=tree.work,
        variables=_variables(record, scratch),
        restored_paths=tuple(str(path) for path in restored if path is not None),
        present_paths=tuple(present),
    )


def _program(record: RunRecord, tree: RestoredTree) -> tuple[list[str], Path | None]:
    module = record.experiment.get("module")
    if not isinstance(module, str):
        return [str(tree.script)], None
    if not re.fullmatch(r"\w+(\.\w+)*", module):
        raise CannotRestoreError(f"{module!r} is no name of a module")
    levels = module.count(".") + (tree.script.name == "__main__.py")
    above = tree.script.parents
    root = above[min(levels, len(above) - 1)]
    if not root.is_relative_to(tree.root):
        raise CannotRestoreError(f"the module {module} is outside of the stored sources")
    return ["-m", module], root


def _python_flags(record: RunRecord) -> Iterator[str]:
    python = record.environment.get("python")
    options = python.get("options") if isinstance(python, Mapping) else ()
    yield from (word for word in options or () if word in _PYTHON_FLAGS)


def _arguments(record: RunRecord, scratch: Path, updates: Iterable[str]) -> list[str]:
    command = record.meta.get("command") or record.command
    if not isinstance(command, str) or not re.fullmatch(r"\w+(\.\w+)*", command):
        raise CannotRestoreError(f"{command!r} is no name of a command")
    options = options_of(record)
    chosen = [f"{name}={options[name]}" for name in _OPTIONS if options.get(name)]
    chosen += [name for name in _FLAGS if options.get(name) is True]
    for name, value in own_options(options).items():
        if "***" in str(value):
            raise CannotRestoreError(f"the secret of its option {name} is masked")
        chosen.append(name if value is True else f"{name}={value}")
    file = scratch / "config.json"
    file.write_text(config_file_text(record)[0], encoding="utf-8")
    # Old versions know no variable, so they are told, too.
    store = f"--file_storage={_store(scratch)}"
    return [command, store, *chosen, "with", str(file), *updates]


def _recorded_arguments(record: RunRecord) -> Sequence[str]:
    words = [str(word) for word in record.environment.get("arguments") or ()][1:]
    if any("***" in word for word in words):
        raise CannotRestoreError("a secret among its arguments is masked")
    return words


def _store(scratch: Path) -> Path:
    return scratch / "record"


def _variables(record: RunRecord, scratch: Path) -> dict[str, str]:
    recorded = record.environment.get("variables")
    # Without a record of them, nobody knows better than the present ones.
    variables = {k: v for k, v in os.environ.items() if not recorded or k not in VARIABLES}
    if isinstance(recorded, Mapping):
        variables |= {k: str(v) for k, v in recorded.items() if k in VARIABLES}
    variables.pop("PYTHONPATH", None)
    seed = record.config.get("seed")
    if not is_from_command_line(record) and type(seed) is int:
        variables[RERUN_SEED] = str(seed)
    return {**variables, RERUN_STORE: str(_store(scratch))}


def _present_import_paths() -> list[str]:
    paths = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    return [os.path.abspath(path) for path in paths]


def _moved(path: str, tree: RestoredTree) -> str:
    """What the run found in its own directories, it finds in the restored ones."""
    found = tree.moved(path)
    return str(found) if found is not None and found.is_dir() else path


def _import_paths(record: RunRecord, tree: RestoredTree) -> Iterator[Path | None]:
    """The recorded ``PYTHONPATH``, as far as it is restored; nothing else is imported from."""
    listed = record.environment.get("import_paths")
    for path in listed if isinstance(listed, list | tuple) else ():
        if isinstance(path, str):
            yield tree.moved(os.path.normpath(path))
