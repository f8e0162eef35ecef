"""Reading records that are files, on a disk or in a bucket."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Collection, Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any

from sacred.records import TIME_FIELDS, Document, FileEntry, Points, RunId, id_key, plain_id
from sacred.serializer.escaped_text import original_text
from sacred.stores.files.blobs import TRASH, Blobs
from sacred.stores.files.fingerprints import is_run
from sacred.stores.files.metrics_json_reader import read_all_points, read_points, stored_names
from sacred.stores.files.run_json import ABOUT, ANNOTATIONS, DETAIL_FILES
from sacred.stores.reader import LIST_FIELDS, Reader, timestamp_of
from sacred.stores.store import MALFORMED_DATA_ERRORS, DamagedRunError, RunNotFoundError

if TYPE_CHECKING:
    from sacred.stores.query_index import QueryIndex

__all__ = ["FileReader", "files_with"]

#: Fields that have files of their own.
_OWN_FILES = {"config": "config.json", "info": "info.json"}
_RECORD = "run.json"
#: Metrics of a run that are read one by one, each from the cache of long ones if it is there.
_MAX_CACHED_METRICS = 4


class FileReader(Reader):
    """Reads the file layout.

    Args:
        url: for messages.
        blobs: where the directories of the runs are.
        sources: where copies of sources are; None: they are recorded in place.
        resources: where copies of resources are.
    """

    def __init__(self, url: str, blobs: Blobs, sources: Blobs | None, resources: Blobs) -> None:
        self.url = url
        self.blobs = blobs
        self._stored = {"sources": sources, "resources": resources}

    @property
    def directory(self) -> str | None:
        """The directory that has those of the runs; None: they are not on this machine."""
        path = self.blobs.local_path("")
        return None if path is None else os.path.normpath(path)

    def index(self) -> QueryIndex | None:
        """See `Reader.index`; directories of many runs have one."""
        if self.directory is None:
            return None
        # It loads SQLite, which those who look at one run do without.
        from sacred.stores.files.index.side_index import index_of

        return index_of(self, self.directory)

    def ids(self) -> Iterator[RunId]:
        """See `Reader.ids`; ids that are numbers come first, in their order."""
        names = [name for name in self.blobs.folders() if not name.startswith(("_", "."))]
        if (root := self.directory) is not None:
            # People keep other things there as well. (In a bucket, each would be a request.)
            names = [name for name in names if is_run(os.path.join(root, name))]
        return iter(sorted(map(plain_id, names), key=id_key))

    def document(self, run_id: RunId, fields: Collection[str] | None = None) -> Document:
        """See `Reader.document`; only the files that are needed are read."""
        document: Document = {"_id": plain_id(str(run_id))}
        files = files_with(fields)
        for name, file in (*_OWN_FILES.items(), *DETAIL_FILES.items()):
            if file in files:
                document[name] = self._json(run_id, file, {})
        if _RECORD in files:
            document |= self._record(run_id)
        if ANNOTATIONS in files:
            annotated = document.get("meta", {}) | self._json(run_id, ANNOTATIONS, {})
            document["meta"] = {k: value for k, value in annotated.items() if value is not None}
        return document

    def output(self, run_id: RunId) -> str:
        """See `Reader.output`."""
        with self._noticing_damage(run_id, "cout.txt"):
            try:
                return self.blobs.read(f"{run_id}/cout.txt").decode(errors="replace")
            except FileNotFoundError:
                return ""

    def metric_names(self, run_id: RunId) -> Sequence[str]:
        """See `Reader.metric_names`."""
        with self._noticing_damage(run_id, "metrics.json"):
            return stored_names(self.blobs, str(run_id))

    def points(self, run_id: RunId, name: str) -> Points:
        """See `Reader.points`."""
        with self._noticing_damage(run_id, "metrics.json"):
            return read_points(self.blobs, str(run_id), name)

    def all_points(self, run_id: RunId) -> Iterator[tuple[str, Points]]:
        """See `Reader.all_points`; the file is read once."""
        if len(self.metric_names(run_id)) <= _MAX_CACHED_METRICS:
            yield from super().all_points(run_id)
            return
        with self._noticing_damage(run_id, "metrics.json"):
            yield from read_all_points(self.blobs, str(run_id))

    def discarded(self) -> Collection[RunId]:
        """See `Reader.discarded`."""
        return {plain_id(name) for name in self.blobs.folders(TRASH)}

    def open_file(self, run_id: RunId, entry: FileEntry) -> IO[bytes]:
        """See `Reader.open_file`."""
        kind, stored = entry.ref
        try:
            if kind == "artifacts":
                return self.blobs.open(f"{run_id}/{stored}")
            place = self._stored[kind]
            # The whole store may have been moved since, or its path was a relative one.
            name = _last_part(stored)
            if place is not None and name and place.exists(name):
                return place.open(name)
        except ValueError as error:  # a link
            raise FileNotFoundError(str(error)) from None
        if path := self._local(stored):
            return open(path, "rb")
        raise FileNotFoundError(f"{entry.name!r} of run {run_id!r} is not stored in {self.url}")

    def _record(self, run_id: RunId) -> Document:
        record = self._json(run_id, _RECORD, None)
        if record is None:
            if self.blobs.exists(f"{run_id}/config.json"):
                where = f"{self.blobs.root}/{run_id}"
                raise DamagedRunError(f"Run {run_id!r} is damaged: {where} has no run.json")
            raise RunNotFoundError(f"There is no run {run_id!r} in {self.url}")
        if not record:  # an id that is taken, and the run's first record is on its way
            raise RunNotFoundError(f"The run {run_id!r} in {self.url} has not been written yet")
        with self._noticing_damage(run_id, _RECORD):
            return self._canonical(run_id, record)

    def _canonical(self, run_id: RunId, record: dict[str, Any]) -> Document:
        document = {key: value for key, value in record.items() if key not in LIST_FIELDS}
        # The directory says which run it is: a record that says "../2" must not lead there.
        document.pop("_id", None)
        document |= {name: timestamp_of(record[name]) for name in TIME_FIELDS if name in record}
        experiment = dict(record.get("experiment") or {})
        document["sources"] = _pairs(
            "sources", _beside(run_id, experiment.pop("sources", None)), self._path
        )
        document["resources"] = _pairs("resources", record.get("resources"), self._path)
        about = document.pop(ABOUT, None) or {}
        document["artifacts"] = self._artifacts(run_id, record.get("artifacts"), about)
        if "meta" in document:
            document["meta"] = dict(document["meta"] or {})
        return {**document, "experiment": experiment}

    def _artifacts(self, run_id: RunId, names: Any, about: dict[str, Any]) -> list[FileEntry]:
        return [
            FileEntry(
                name=name,
                ref=("artifacts", name),
                path=self.blobs.local_path(f"{run_id}/{name}"),
                **about.get(name, {}),
            )
            for name in names or ()
            if isinstance(name, str) and _is_within(name)
        ]

    def _json(self, run_id: RunId, name: str, default: Any) -> Any:
        with self._noticing_damage(run_id, name):
            try:
                value = json.loads(self.blobs.read(f"{run_id}/{name}"))
            except (FileNotFoundError, NotADirectoryError):
                return default
            if not isinstance(value, dict) and name in (_RECORD, ANNOTATIONS):
                raise ValueError("it is no JSON object")
            return value

    @contextlib.contextmanager
    def _noticing_damage(self, run_id: RunId, name: str) -> Iterator[None]:
        try:
            yield
        except MALFORMED_DATA_ERRORS as error:
            where = f"{self.blobs.root}/{run_id}/{name}"
            raise DamagedRunError(f"Run {run_id!r} is damaged: {where}: {error}") from error

    def _path(self, kind: str, stored: str) -> str | None:
        place, name = self._stored[kind], _last_part(stored)
        if place is not None and name and (path := place.local_path(name)) and os.path.exists(path):
            return path
        return self._local(stored)

    def _local(self, stored: str) -> str | None:
        """A path in a record, relative to the store or to where the run was, or absolute.

        Only if it leads into the store: who writes a record must not
        be able to choose which files its readers open.
        """
        base = self.blobs.local_path("")
        if base is None or not stored:
            return None
        root = os.path.join(os.path.realpath(base), "")
        names = dict.fromkeys((stored, original_text(stored)))
        places = (place for name in names for place in (os.path.join(base, name), name))
        candidates = map(os.path.realpath, places)
        fitting = (path for path in candidates if path.startswith(root) and os.path.isfile(path))
        return next(fitting, None)


def files_with(fields: Collection[str] | None) -> tuple[str, ...]:
    """The files of a record that these fields are in; None: all but `DETAIL_FIELDS`.

    >>> files_with(["config", "status"])
    ('config.json', 'run.json')
    """
    files = [file for name, file in _OWN_FILES.items() if fields is None or name in fields]
    files += [file for name, file in DETAIL_FILES.items() if fields is not None and name in fields]
    if fields is None or not set(fields) <= _OWN_FILES.keys() | DETAIL_FILES.keys():
        files.append(_RECORD)
    if fields is None or "meta" in fields:
        files.append(ANNOTATIONS)
    return tuple(files)


def _beside(run_id: RunId, listed: Any) -> list[Any]:
    """Return a list of sources in which those of a run that 0.8 has queued are as those of others.

    It lists them as tuples of name and digest, and stores copies in the directory of the run.

    >>> _beside(7, [{"py/tuple": ["exp.py", "0f1"]}, ["a.py", "_sources/a_123.py"]])
    [['exp.py', '7/exp.py', '0f1'], ['a.py', '_sources/a_123.py']]
    """
    found = []
    for item in listed or ():
        pair = item.get("py/tuple") if isinstance(item, dict) else None
        if isinstance(pair, list) and len(pair) == 2 and all(isinstance(one, str) for one in pair):
            found.append([pair[0], f"{run_id}/{_last_part(pair[0])}", pair[1]])
        else:
            found.append(item)
    return found


def _pairs(kind: str, listed: Any, path_of: Any) -> list[FileEntry]:
    """Entries for a list of ``[name, where it is stored]``, perhaps with a digest."""
    entries = []
    for item in listed or ():
        name, stored, md5 = (
            (*item, None, None)[:3] if isinstance(item, list) else (item, None, None)
        )
        entries.append(
            FileEntry(
                name=str(name),
                ref=(kind, str(stored or "")),
                md5=md5 or _digest(stored),
                path=path_of(kind, str(stored)) if stored else None,
            )
        )
    return entries


def _last_part(stored: str) -> str:
    name = stored.replace("\\", "/").rpartition("/")[2]
    return "" if name in (".", "..") else name


def _is_within(name: str) -> bool:
    """Whether a name leads to something in the directory of the run.

    See `FileReader._local`.
    """
    parts = name.replace("\\", "/").split("/")
    return not os.path.isabs(name) and ".." not in parts and not os.path.splitdrive(name)[0]


def _digest(stored: Any) -> str | None:
    """The digest in the name ``NAME_MD5.EXT`` of a stored copy."""
    stem = os.path.splitext(os.path.basename(str(stored)))[0]
    digest = stem.rpartition("_")[2]
    is_digest = len(digest) == 32 and all(letter in "0123456789abcdef" for letter in digest)
    return digest if is_digest else None
