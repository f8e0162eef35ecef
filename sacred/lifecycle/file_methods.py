"""The methods of a run that record files as artifacts and resources."""

from __future__ import annotations

import json
import os
from typing import IO, Any

from sacred.definition import RERUN_FILES
from sacred.events import ArtifactAdded, ResourceAdded
from sacred.lifecycle.artifact_files import ArtifactFiles
from sacred.lifecycle.dispatcher import Dispatcher
from sacred.lifecycle.file_arguments import existing_file, valid_artifact_name
from sacred.lifecycle.forked import RunOwner

__all__ = ["FileMethods"]

PathLike = str | os.PathLike[str]


class FileMethods:
    """Recording of files; observers are notified at once."""

    #: Both are set by the class that has these methods.
    _dispatcher: Dispatcher
    _owner: RunOwner

    def __init__(self) -> None:
        super().__init__()
        self._artifact_files = ArtifactFiles()
        #: Paths of the files that were recorded, with the names of artifacts, if somebody asks.
        self.recorded_files: dict[str, str] | None = None

    def open_resource(self, filename: PathLike, mode: str = "r") -> IO[Any]:
        """Open a file and record it as a resource of this run.

        Args:
            filename: the path of the file.
            mode: the mode, as for `open`.

        Raises:
            OSError: the file cannot be opened; nothing is recorded then.
        """
        self._owner.check("open_resource()")
        path = os.path.abspath(filename)
        if os.path.exists(path):
            existing_file(filename, "resource")  # opening a FIFO would wait for its other end
        elif mode.startswith("r") and (copies := os.environ.get(RERUN_FILES)):
            path = str(json.loads(copies).get(path, path))
        # The user closes it, as with the built-in open().
        file = open(path, mode)  # noqa: SIM115
        self.add_resource(path)
        return file

    def add_resource(self, filename: PathLike) -> None:
        """Record a file that the run reads.

        Raises:
            FileNotFoundError: there is no such file.
            OSError: it is a directory, a FIFO or a device.
            RuntimeError: this is a forked worker.
        """
        self._owner.check("add_resource()")
        path = existing_file(filename, "resource")
        self._dispatcher.emit(ResourceAdded(filename=path))
        if self.recorded_files is not None:
            self.recorded_files[os.path.realpath(path)] = ""

    def add_artifact(
        self,
        filename: Any,
        name: str | None = None,
        metadata: dict[str, Any] | None = None,
        content_type: str | None = None,
    ) -> None:
        """Store a file that the run has written.

        Args:
            filename: the path of the file, which is copied immediately; or bytes, or a matplotlib
                figure.
            name: the name in the stores (default: the base name); ``/`` creates
                sub-directories. Bytes and figures need a name.
            metadata: data to store with the file.
            content_type: the media type (default: guessed from the name).

        Raises:
            FileNotFoundError: there is no such file.
            OSError: it is a directory, a FIFO or a device.
            RuntimeError: this is a forked worker.
            ValueError: the name is missing, or leads outside of the run's directory.
            FileExistsError: an observer uses that name for its own files.
        """
        self._owner.check("add_artifact()")
        written = self._artifact_files.write(filename, name)
        path, name = written or (existing_file(filename, "artifact"), name)
        name = valid_artifact_name(name or os.path.basename(path))
        self._dispatcher.emit(
            ArtifactAdded(name=name, filename=path, metadata=metadata, content_type=content_type)
        )
        if self.recorded_files is not None:
            self.recorded_files[os.path.realpath(path)] = name
