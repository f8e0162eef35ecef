"""Summary of the calls: files that a program read and wrote, what it executed, its peers."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from sacred._base.masking import mask_passwords, mask_secret_values
from sacred.exec.tracing.strace_lines import (
    FORKS,
    Call,
    PathArgument,
    calls_in,
    path_arguments,
    texts_in,
)

__all__ = ["LOOKING_CALLS", "TRACED_CALLS", "Accesses", "FileUse"]

#: The calls that are traced; of those that an architecture does not have strace passes over.
TRACED_CALLS = (
    *("open", "openat", "openat2", "creat", "execve", "execveat", "chdir", "fchdir", "connect"),
    *("rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat"),
    *("unlink", "unlinkat", "mkdir", "mkdirat", "fork", "vfork", "clone", "clone3"),
)
#: The calls that look at files without opening them: frequent, and needed only for bundles.
LOOKING_CALLS = (
    *("stat", "stat64", "lstat", "lstat64", "newfstatat", "fstatat64", "statx"),
    *("access", "faccessat", "faccessat2", "readlink", "readlinkat"),
)
_WRITES = frozenset({"O_WRONLY", "O_RDWR", "O_TRUNC"})
_NO_FILES = frozenset({"O_DIRECTORY", "O_PATH", "O_TMPFILE"})
_MAX_PROGRAMS = 1000


class FileUse:
    """The use of a file.

    Attributes:
        was_read: before the program wrote it.
        is_written: whether the program has changed it.
        may_be_new: whether opening it for reading and writing may have created it.
    """

    __slots__ = ("is_written", "may_be_new", "was_read")

    def __init__(self, was_read: bool = False, is_written: bool = False) -> None:
        self.was_read = was_read
        self.is_written = is_written
        self.may_be_new = False


class _Directory:
    """A working directory; threads of a process share one."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path


class Accesses:
    """The accesses of a program and its children.

    Args:
        directory: the working directory of the program.

    Attributes:
        files: by absolute path.
        removed: files that existed before and are gone.
        links: symbolic links that were created, with their targets.
        aliases: paths that led to files through links, as the program named them.
        looked_at: directories that were opened, and what was looked at without being opened.
        made_directories: directories that were created.
        programs: executed programs with their arguments, each once.
        peers: network addresses and sockets.
        directories: working directories, the first one first.
        running: numbers of the processes that have not ended.
        calls: how many calls were traced.
        first_error: the error of the first program, if it could not be executed.
    """

    def __init__(self, directory: str) -> None:
        self._root = os.path.realpath(directory)
        self._at: dict[int, _Directory] = {}
        self._forking: list[int] = []
        self.files: dict[str, FileUse] = {}
        self.removed: set[str] = set()
        self.links: dict[str, str] = {}
        self.aliases: dict[str, None] = {}
        self.looked_at: dict[str, None] = {}
        self.made_directories: dict[str, None] = {}
        self.programs: dict[tuple[str, ...], None] = {}
        self.peers: dict[str, None] = {}
        self.directories: dict[str, None] = {self._root: None}
        self.running: set[int] = set()
        self.calls = 0
        self.first_error = ""

    def add(self, lines: Iterable[str]) -> None:
        """Add the lines of a trace."""
        for call in calls_in(lines):
            self._add(call)

    def _add(self, call: Call) -> None:
        if call.name == "exit":
            self.running.discard(call.process)
            return
        self.running.add(call.process)
        directory = self._directory(call.process)
        if call.name == "begin fork":
            self._forking.append(call.process)
            return
        self.calls += 1
        if call.name in FORKS:
            self._forked(call, directory)
        elif call.name == "connect":
            self._connected(call)
        elif call.result is not None:
            self._succeeded(call, directory)
        elif call.name.startswith("exec") and not self.programs and not self.first_error:
            self.first_error = call.error

    def _directory(self, process: int) -> _Directory:
        if process not in self._at:
            # Its parent has not returned from the fork yet; strace says whose it is only then.
            parent = self._at.get(self._forking[-1]) if self._forking else None
            self._at[process] = _Directory(parent.path if parent else self._root)
        return self._at[process]

    def _forked(self, call: Call, directory: _Directory) -> None:
        if call.process in self._forking:
            self._forking.remove(call.process)
        if not call.result:
            return
        self.running.add(call.result)
        if "CLONE_FS" in call.arguments:
            self._at[call.result] = directory
        elif call.result not in self._at:
            self._at[call.result] = _Directory(directory.path)

    def _succeeded(self, call: Call, directory: _Directory) -> None:
        paths = path_arguments(call.arguments)
        if call.name in LOOKING_CALLS:
            if paths and paths[0].path:
                self.looked_at[_asked(paths[0], directory)] = None
            return
        kind = call.name.rstrip("2")
        kind = kind.removesuffix("at") if kind != "creat" else kind
        if kind in ("open", "creat"):
            self._opened(call, paths, directory)
        elif kind == "execve" and paths:
            self._executed(call, paths, directory)
        elif kind in ("chdir", "fchdir"):
            found = re.match(r"\d+<([^<>]*)>", call.arguments)
            target = found[1] if found else paths[0].path if paths else ""
            directory.path = os.path.normpath(os.path.join(directory.path, target))
            self.directories[directory.path] = None
        elif kind in ("rename", "link", "symlink") and len(paths) > 1:
            source, target = (self._absolute(path, directory) for path in paths[:2])
            if kind == "rename":
                self._renamed(source, target, is_exchange="RENAME_EXCHANGE" in call.arguments)
            elif kind == "link":
                use = self._use(source)
                use.was_read = use.was_read or not use.is_written
                self._use(target).is_written = True
            else:
                self.links[target] = paths[0].path
        elif kind == "mkdir" and paths:
            self.made_directories[self._absolute(paths[0], directory)] = None
        elif kind == "unlink" and paths and "AT_REMOVEDIR" not in call.arguments:
            self._unlinked(self._absolute(paths[0], directory))

    def _absolute(self, argument: PathArgument, directory: _Directory) -> str:
        path = os.path.join(argument.base or directory.path, argument.path)
        # The last part may be a link itself, which these calls do not follow.
        head, tail = os.path.split(os.path.normpath(path))
        return os.path.join(os.path.realpath(head), tail)

    def _add_alias(self, asked: str, path: str) -> None:
        if os.path.normpath(asked) != path:
            self.aliases[asked] = None

    def _use(self, path: str) -> FileUse:
        return self.files.setdefault(path, FileUse())

    # ------------------------------------------------------------------ kinds of calls

    def _opened(self, call: Call, paths: list[PathArgument], directory: _Directory) -> None:
        flags = set(re.findall(r"O_\w+", call.arguments[paths[0].end :] if paths else ""))
        if paths and paths[0].base is not None and call.arguments.startswith("AT_FDCWD"):
            directory.path = paths[0].base
        path = call.path
        if path is None or not path.startswith("/"):
            return
        if flags & _NO_FILES:
            if paths and "O_TMPFILE" not in flags:
                self.looked_at[_asked(paths[0], directory)] = None
            return
        path = path.removesuffix(" (deleted)")
        if paths:
            self._add_alias(_asked(paths[0], directory), path)
        is_written = call.name == "creat" or bool(flags & _WRITES)
        is_read = "O_WRONLY" not in flags and "O_TRUNC" not in flags and call.name != "creat"
        is_new = {"O_CREAT", "O_EXCL"} <= flags
        use = self._use(path)
        if is_read and not use.is_written and not is_new:
            use.may_be_new = not use.was_read and "O_CREAT" in flags
            use.was_read = True
        use.is_written = use.is_written or is_written

    def _executed(self, call: Call, paths: list[PathArgument], directory: _Directory) -> None:
        asked = _asked(paths[0], directory)
        path = os.path.realpath(os.path.normpath(asked))
        self._add_alias(asked, path)
        words = [mask_secret_values(mask_passwords(w)) for w in texts_in(call.arguments)[1:]]
        if len(self.programs) < _MAX_PROGRAMS:
            self.programs[path, *words] = None
        use = self._use(path)
        use.was_read = use.was_read or not use.is_written

    def _connected(self, call: Call) -> None:
        port = re.search(r"port=htons\((\d+)\)", call.arguments)
        host = re.search(r'inet_(?:addr\("|pton\(AF_INET6, ")([^"]*)"', call.arguments)
        socket = re.search(r'sun_path=@?"([^"]*)"', call.arguments)
        if port and host:
            name = f"[{host[1]}]" if ":" in host[1] else host[1]
            self.peers[f"{name}:{port[1]}"] = None
        elif socket and call.result is not None:
            self.peers[f"unix:{socket[1]}"] = None

    def _renamed(self, source: str, target: str, is_exchange: bool) -> None:
        below = f"{source}{os.sep}"
        moved = [path for path in self.files if path == source or path.startswith(below)]
        if is_exchange:
            for path in (source, target):
                self._use(path).is_written = True
            return
        for path in moved:
            use = self.files.pop(path)
            if use.was_read:  # what was read is not there any more
                self.files[path] = FileUse(was_read=True, is_written=True)
            self._use(target + path[len(source) :]).is_written = True
        if source not in moved:
            self._use(target).is_written = True
            self.removed.add(source)
        self.removed.discard(target)

    def _unlinked(self, path: str) -> None:
        use = self.files.get(path)
        self.links.pop(path, None)
        if use is not None and use.was_read and not use.may_be_new:
            use.is_written = True
            self.removed.add(path)
        elif use is not None:
            del self.files[path]  # a file for the time of the run
        else:
            self.removed.add(path)


def _asked(argument: PathArgument, directory: _Directory) -> str:
    """Return the absolute path that a program named, with the links in it."""
    return os.path.join(argument.base or directory.path, argument.path)
