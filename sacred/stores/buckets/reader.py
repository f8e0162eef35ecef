"""Reading records in a bucket: many requests at once, and none for what has not changed."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from sacred._base.deferred_thread import block_signals
from sacred.records import Document, RunId
from sacred.stores.buckets.bucket_blobs import BucketBlobs
from sacred.stores.buckets.object_cache import ObjectCache
from sacred.stores.files.reader import FileReader, files_with
from sacred.stores.reader import Report

__all__ = ["BucketReader"]

#: Runs that are read ahead; requests at once, as many as the clients have connections.
_RUNS, _REQUESTS = 50, 8
#: The list of everything is worth its requests (one for a thousand objects) only if the runs
#: have few files besides their records.
LISTED_OBJECTS_PER_RUN, MIN_LISTED_OBJECTS = 200, 1000


class BucketReader(FileReader):
    """Reads the file layout in a bucket.

    To read all runs, it asks the bucket for the list of its objects and their versions. What this
    machine has in the same version is not fetched again.

    Args:
        url: for messages.
        blobs: where the directories of the runs are.
        sources: where copies of sources are.
        resources: where copies of resources are.
    """

    def __init__(
        self, url: str, blobs: BucketBlobs, sources: BucketBlobs, resources: BucketBlobs
    ) -> None:
        super().__init__(url, blobs, sources, resources)
        self._objects = blobs
        self._copies = (sources, resources)
        self._kept = ObjectCache(blobs.root)

    def documents(
        self,
        ids: Iterable[RunId] | None = None,
        fields: Collection[str] | None = None,
        report: Report | None = None,
        where: object = None,
    ) -> Iterator[Document]:
        """See `Reader.documents`."""
        versions = None
        if ids is None:
            ids = list(self.ids())
            versions = self._versions(len(ids))
        remaining, files = iter(ids), files_with(fields)
        pool = ThreadPoolExecutor(_REQUESTS, "sacred-bucket", initializer=block_signals)
        try:
            while some := list(itertools.islice(remaining, _RUNS)):
                names = [f"{run_id}/{file}" for run_id in some for file in files]
                fetched = _Fetched(self._objects, self._contents(names, versions, pool))
                reader = FileReader(self.url, fetched, *self._copies)
                yield from reader.documents(some, fields, report)
        finally:
            # Also if nobody wants the rest, or Ctrl-C came.
            pool.shutdown(wait=False, cancel_futures=True)

    def _versions(self, runs: int) -> dict[str, str] | None:
        """The files of all records, by name, and their versions; None: to ask takes too long."""
        files = frozenset(files_with(None))
        versions: dict[str, str] = {}
        for number, blob in enumerate(self._objects.entries()):
            if number >= MIN_LISTED_OBJECTS + LISTED_OBJECTS_PER_RUN * runs:
                return None
            if blob.name.partition("/")[2] in files:
                versions[blob.name] = blob.version
        self._kept.keep_only(versions)
        return versions

    def _contents(
        self, names: Sequence[str], versions: Mapping[str, str] | None, pool: ThreadPoolExecutor
    ) -> dict[str, bytes | None]:
        """The contents of objects; None for those that are not there."""
        fetch = self._objects.content
        if versions is None:
            return dict(zip(names, pool.map(fetch, names), strict=True))
        wanted = {name: versions[name] for name in names if name in versions}
        found = self._kept.find(wanted)
        missing = [name for name in wanted if name not in found]
        answers = pool.map(fetch, missing, map(wanted.get, missing))
        new = {n: c for n, c in zip(missing, answers, strict=True) if c is not None}
        self._kept.keep(new, wanted)
        # What was not there in the version that was listed has been replaced, or removed.
        late = [name for name in missing if name not in new]
        replaced = dict(zip(late, pool.map(fetch, late), strict=True))
        return {**dict.fromkeys(names), **found, **new, **replaced}


class _Fetched(BucketBlobs):
    """The same place, with the contents of some objects at hand.

    Args:
        place: where all others are.
        contents: by name; None for those that are not there.
    """

    def __init__(self, place: BucketBlobs, contents: Mapping[str, bytes | None]) -> None:
        super().__init__(place.bucket, place.prefix)
        self._contents = contents

    def read(self, name: str) -> bytes:
        """See `Blobs.read`."""
        if name not in self._contents:
            return super().read(name)
        content = self._contents[name]
        if content is None:
            raise FileNotFoundError(f"There is no {self.root}/{name}")
        return content
