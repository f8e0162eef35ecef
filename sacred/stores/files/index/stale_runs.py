"""Which runs have changed since the index was written.

What is seen at once:

* runs that were added or removed (the directory of all runs has changed);
* everything about runs that are not over, or that were written to a moment ago;
* changes of any run by this library (they are noted, see `sacred.stores.files.change_log`);
* any change at all in a store that is not large.

Everything else (somebody edits a file of a run that ended long ago) is seen a minute later at most:
by the first query after a minute without a look at all files.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator

from sacred._base.frozen import Frozen, factory
from sacred.stores.files.change_log import ChangeLog, logged_changes
from sacred.stores.files.fingerprints import is_unchanged, listed
from sacred.stores.files.index.conditions import FIRST_TEXT

__all__ = ["Look", "Stale", "has_been_complete", "save_state", "stale"]

#: With up to so many runs, all of them are looked at each time.
SMALL_STORE_RUNS = 5000
#: Seconds after which all files are looked at.
FULL_CHECK_SECONDS = 60.0
#: Nanoseconds: file systems do not tell two changes apart that are closer.
_CLOCK_GRAIN = 2 * 10**9

_Root = tuple[int, int, int, int]


class Look:
    """The state of the file system within one query, which reads it once.

    Args:
        root: the directory of runs.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        self.began = time.time()
        found = os.stat(root)
        self.state: _Root = (found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_nlink)
        newest = max(found.st_mtime_ns, found.st_ctime_ns)
        self.is_sure = newest + _CLOCK_GRAIN < self.began * 1e9
        self._listed: dict[str, int] | None = None
        self._same: dict[tuple[str, bytes], bool] = {}

    @property
    def age(self) -> float:
        """The age of this look in seconds."""
        return abs(time.time() - self.began)

    @property
    def listed(self) -> dict[str, int]:
        """Return the names of all directories with their inodes."""
        if self._listed is None:
            # As the index has them: with a sign.
            self._listed = {name: (i + 2**63) % 2**64 - 2**63 for name, i in listed(self.root)}
        return self._listed

    def is_unchanged(self, name: str, text: bytes) -> bool:
        """Return whether the fingerprint of a run is still the same.

        Args:
            name: of the run's directory.
            text: the text of the fingerprint.
        """
        key = name, text
        if key not in self._same:
            self._same[key] = is_unchanged(os.path.join(self.root, name), text)
        return self._same[key]

    def changed(self, known: Iterator[tuple[str, bytes]]) -> set[str]:
        """Return those of all runs whose fingerprint has changed.

        The result is not remembered: another process may have put an older reading of a run into
        the index since the last call.
        """
        return {
            name for name, text in known if not is_unchanged(os.path.join(self.root, name), text)
        }


class Stale(Frozen):
    """The differences between the store and the index.

    Args:
        names: those of runs to read again.
        noted: those of them that somebody may be about to change.
        gone: the keys of runs that no longer exist.
        state: new values for the table `state`.
    """

    names: set[str] = factory(factory=set)
    noted: set[str] = factory(factory=set)
    gone: list[int] = factory(factory=list)
    state: dict[str, str] = factory(factory=dict)

    def __bool__(self) -> bool:
        return bool(self.names or self.gone or self.state)


def stale(connection: sqlite3.Connection, look: Look) -> Stale:
    """Compare the index with the file system.

    Args:
        connection: to the index.
        look: at the directory of runs.
    """
    known = dict(connection.execute("SELECT key, value FROM state"))
    found = Stale()
    _compare_names(connection, look, known, found)
    changed, notes = logged_changes(look.root, _notes_of(known.get("notes", "")))
    if changed is None or notes != _notes_of(known.get("notes", "")):
        found.state["notes"] = f"{notes.inode} {notes.size}"
    found.noted.update(name for name in changed or () if _is_there(look, name))
    found.names.update(found.noted)
    last_check = float(known.get("looked", 0))
    if _is_small(connection):
        found.names.update(look.changed(_signatures(connection)))
    elif changed is None or not 0 <= look.began - last_check < FULL_CHECK_SECONDS:
        found.names.update(look.changed(_signatures(connection)))
        found.state["looked"] = repr(look.began)
    else:
        watched = _signatures(connection, f"WHERE watch_until > {int(look.began * 1e9)}")
        found.names.update(name for name, text in watched if not look.is_unchanged(name, text))
    return found


def has_been_complete(connection: sqlite3.Connection) -> bool:
    """Return whether the index has ever had all runs."""
    return connection.execute("SELECT 1 FROM state WHERE key = 'root'").fetchone() is not None


def save_state(connection: sqlite3.Connection, found: Stale) -> None:
    """Record the state up to which everything has been examined.

    Args:
        connection: to the index.
        found: what `stale` has found.
    """
    rows = found.state.items()
    connection.executemany("INSERT OR REPLACE INTO state VALUES (?, ?)", rows)


def _known_names(connection: sqlite3.Connection) -> Iterator[tuple[int, str, int]]:
    """Keys, names and inodes of all directories in the index."""
    for n, name, inode in connection.execute("SELECT n, name, inode FROM seen"):
        yield n, str(n) if n < FIRST_TEXT else name, inode


def _compare_names(
    connection: sqlite3.Connection, look: Look, known: dict[str, str], found: Stale
) -> None:
    state = repr((look.state, look.is_sure))
    if look.is_sure and known.get("root") == state:
        return
    if known.get("root") != state:
        found.state["root"] = state
    there = dict(look.listed)
    for n, name, inode in _known_names(connection):
        now = there.pop(name, None)
        if now is None:
            found.gone.append(n)
        elif now != inode:
            found.names.add(name)
    found.names.update(there)


def _signatures(connection: sqlite3.Connection, where: str = "") -> Iterator[tuple[str, bytes]]:
    query = f"SELECT n, name, signature FROM seen {where}"
    for n, name, text in connection.execute(query):
        yield str(n) if n < FIRST_TEXT else name, text


def _is_small(connection: sqlite3.Connection) -> bool:
    query = f"SELECT 1 FROM seen LIMIT 1 OFFSET {SMALL_STORE_RUNS}"
    return connection.execute(query).fetchone() is None


def _is_there(look: Look, name: str) -> bool:
    is_plain = bool(name) and not name.startswith(("_", ".")) and "/" not in name
    return is_plain and os.path.isdir(os.path.join(look.root, name))


def _notes_of(text: str) -> ChangeLog:
    inode, _, size = text.partition(" ")
    return ChangeLog(inode=int(inode or 0), size=int(size or 0))
