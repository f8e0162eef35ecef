"""Sources that are not in a file: the cells of a notebook, the input of a session."""

from __future__ import annotations

import atexit
import inspect
import linecache
import os
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Protocol

from sacred.dependencies.sources import Source

__all__ = ["sources_of_cells"]

#: The separator of cells that editors and jupytext know.
_SEPARATOR = "# %%\n"


class Definition(Protocol):
    """The part of `sacred.definition.IngredientDef` (in a higher layer) that is needed here."""

    @property
    def configurations(self) -> Sequence[Any]: ...
    @property
    def named_configs(self) -> Mapping[str, Any]: ...
    @property
    def config_hooks(self) -> Sequence[Any]: ...
    @property
    def captured_functions(self) -> Sequence[Any]: ...


def sources_of_cells(name: str, definition: Definition) -> set[Source]:
    """Return the cells that define functions and scopes, as one source file.

    Args:
        name: the name of the experiment or ingredient, which gives the file its name.
        definition: its definition.

    Returns:
        the file; empty if everything is defined in files, or if the source is unknown.
    """
    defined: list[object] = [*definition.configurations, *definition.named_configs.values()]
    defined += [*definition.config_hooks, *definition.captured_functions]
    cells = dict.fromkeys(filter(None, map(_cell_of, defined)))
    texts = ["".join(linecache.getlines(cell)) for cell in cells]
    text = "\n".join(_SEPARATOR + text.rstrip() + "\n" for text in texts if text.strip())
    if not text:
        return set()
    path = os.path.join(_directory(os.getpid()), re.sub(r"\W", "_", name) + "_cells.py")
    with open(path, "w", encoding="utf-8", errors="surrogatepass") as file:
        file.write(text)
    return {Source.create(path, save_git_info=False)}


def _cell_of(defined: object) -> str | None:
    code = getattr(inspect.unwrap(defined), "__code__", None)  # type: ignore[arg-type]
    filename: str | None = getattr(code, "co_filename", None)
    return None if filename is None or os.path.isfile(filename) else filename


@cache
def _directory(pid: int) -> str:
    """A directory for the files of this process, which stores read when a run starts."""
    directory = tempfile.mkdtemp(prefix="sacred-cells-")
    # A child of this process that ends must leave it alone.
    atexit.register(lambda: shutil.rmtree(directory, True) if os.getpid() == pid else None)
    return directory
