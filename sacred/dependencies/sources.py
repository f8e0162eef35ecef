"""Source files: selection, digests and repositories."""

from __future__ import annotations

import os
from typing import Any

from sacred._base.digest import chunks_of, md5_of
from sacred.dependencies.git import GitInfo, Repositories

PathLike = str | os.PathLike[str]


class Source:
    """A source file as it was when a run was prepared.

    `filename` becomes absolute. `repo`, `commit` and `isdirty` (kept as `is_dirty`) are those of
    its git repository, or None. Sources are equal when the files are the same.

    >>> Source("a.py", "0cc1", None, None, None) == Source("a.py", "77fe", None, None, None)
    True
    """

    def __init__(
        self,
        filename: PathLike,
        digest: str,
        repo: str | None,
        commit: str | None,
        isdirty: bool | None,
    ) -> None:
        self.filename = os.path.realpath(filename)
        self.digest = digest
        self.repo = repo
        self.commit = commit
        self.is_dirty = isdirty

    @staticmethod
    def create(
        filename: PathLike, save_git_info: bool = True, repositories: Repositories | None = None
    ) -> Source:
        """Describe a file; a ``.pyc`` counts as its ``.py`` if that exists.

        Args:
            filename: the file.
            save_git_info: whether to look up its git repository.
            repositories: cache of repositories, shared between calls.

        Raises:
            ValueError: there is no such file.
        """
        path = get_py_file_if_possible(filename) if filename else ""
        if not os.path.isfile(path):
            raise ValueError(f'invalid filename or file not found "{os.fspath(filename)}"')
        digest = get_digest(path)  # first, while git looks
        git = (repositories or Repositories()).info(path) if save_git_info else GitInfo()
        return Source(path, digest, git.repo, git.commit, git.is_dirty)

    def to_json(self, base_dir: PathLike | None = None) -> tuple[str, str]:
        """Return (path, md5), with the path relative to `base_dir` if that is given."""
        if base_dir:
            return os.path.relpath(self.filename, os.path.realpath(base_dir)), self.digest
        return self.filename, self.digest

    def __hash__(self) -> int:
        return hash(self.filename)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Source) and self.filename == other.filename

    def __lt__(self, other: Any) -> bool:
        return self.filename < other.filename if isinstance(other, Source) else NotImplemented

    def __le__(self, other: Any) -> bool:
        return self.filename <= other.filename if isinstance(other, Source) else NotImplemented

    def __repr__(self) -> str:
        return f"<Source: {self.filename}>"


def get_digest(filename: PathLike) -> str:
    """Return the MD5 of a file in hexadecimal; raises `OSError` if it cannot be read.

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     get_digest(file.name)
    'd41d8cd98f00b204e9800998ecf8427e'
    """
    with open(filename, "rb") as file:
        return md5_of(chunks_of(file))


def get_py_file_if_possible(pyc_name: PathLike) -> str:
    """Return the source of a compiled file if that source exists, else the name itself.

    >>> get_py_file_if_possible("no_such_file.pyc")
    'no_such_file.pyc'
    """
    name = os.fspath(pyc_name)
    source = _source_of(name)
    return source if os.path.exists(source) else name


def _source_of(name: str) -> str:
    """Return the name that the source of a compiled file would have.

    >>> _source_of("a/b.pyc"), _source_of("a/b.py")
    ('a/b.py', 'a/b.py')
    """
    if not name.endswith((".pyc", ".pyo")):
        return name
    directory, base = os.path.split(name)
    if os.path.basename(directory) == "__pycache__":
        # b.cpython-311.opt-1.pyc
        return os.path.join(os.path.dirname(directory), base.split(".")[0] + ".py")
    return name[:-1]


def is_local_source(filename: PathLike, modname: str, experiment_path: PathLike) -> bool:
    """Whether a module is part of the experiment and not of an installed package.

    It is local if its file lies below `experiment_path`, where a module of that name would be
    relative to `experiment_path` or one of its parents.

    Args:
        filename: the module's file.
        modname: the module's full name.
        experiment_path: root of the experiment's sources.

    >>> is_local_source("/exp/models/net.py", "models.net", "/exp")
    True
    >>> is_local_source("/exp/venv/lib/numpy/core.py", "numpy.core", "/exp")
    False
    """
    name = _source_of(os.fspath(filename))
    return any(
        _lies_right(resolve(name), modname, resolve(experiment_path))
        for resolve in (os.path.abspath, os.path.realpath)  # base_dir or module may be a link
    )


def _lies_right(filename: str, modname: str, base: str) -> bool:
    filename, base = os.path.normcase(filename), os.path.normcase(base)
    base = base.rstrip(os.sep) + os.sep
    if not filename.startswith(base):
        return False
    above, below = base.split(os.sep)[:-1], filename[len(base) :].split(os.sep)
    below[-1] = below[-1].split(".")[0]
    if below[-1] == "__init__":
        below.pop()
    wanted = os.path.normcase(modname).split(".")
    return len(wanted) >= len(below) and (above + below)[-len(wanted) :] == wanted
