"""The observer that stores runs as files, and its command-line option."""

from __future__ import annotations

import json
import os
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from sacred._base.cli_option import cli_option
from sacred._base.extras import require
from sacred._base.run_ids import RunId
from sacred.observers.base import JsonDict
from sacred.observers.record_files import RecordFiles, StoredView
from sacred.observers.store_observer import OldConstructors
from sacred.serializer.escaped_text import original_text
from sacred.stores.files.blobs import LocalBlobs
from sacred.stores.files.store import local_file_store, store_once

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["DEFAULT_FILE_STORAGE_PRIORITY", "FileStorageObserver", "file_storage_option"]

DEFAULT_FILE_STORAGE_PRIORITY = 20

PathLike = str | bytes | os.PathLike[str] | os.PathLike[bytes]


class FileStorageObserver(OldConstructors, RecordFiles):
    """Stores each run in a directory of its own.

    Args:
        basedir: parent directory of the run directories; created when a run starts.
        resource_dir: directory for copies of resources (default: ``basedir/_resources``).
        source_dir: directory for copies of sources (default: ``basedir/_sources``).
        template: a mako file, rendered into a report at the end of a run
            (default: ``basedir/template.html`` if that exists).
        priority: observers with a higher priority receive events first.
        copy_artifacts: also copy resources that are below `basedir` already.
        copy_sources: copy the sources; if False, their paths are recorded.
        failure_dir: directory for records that could not be stored (default:
            ``~/.local/share/sacred/spool``).

    Raises:
        FileNotFoundError: `template` does not exist.
        MissingExtraError: `template` is given and mako is not installed.
    """

    VERSION = "FileStorageObserver-0.7.0"
    # Unlike a lost connection, a full disk rarely recovers within seconds.
    closing_attempts: ClassVar[Mapping[str, int]] = {"COMPLETED": 3, "FAILED": 1}

    def __init__(
        self,
        basedir: PathLike,
        resource_dir: PathLike | None = None,
        source_dir: PathLike | None = None,
        template: PathLike | None = None,
        priority: int = DEFAULT_FILE_STORAGE_PRIORITY,
        copy_artifacts: bool = True,
        copy_sources: bool = True,
        failure_dir: PathLike | None = None,
    ) -> None:
        self.basedir = os.fsdecode(basedir)
        self.resource_dir = self._directory(resource_dir, "_resources")
        self.source_dir = self._directory(source_dir, "_sources")
        self.template = None if template is None else os.path.abspath(os.fsdecode(template))
        self.copy_artifacts = copy_artifacts
        self.copy_sources = copy_sources
        if self.template is not None:
            if not os.path.exists(self.template):
                raise FileNotFoundError(f"Couldn't find template file {self.template!r}")
            require("mako", extra="template", purpose="The template of a FileStorageObserver")
        spools = None if failure_dir is None else os.fsdecode(failure_dir)
        self._opened = self._places()
        super().__init__(local_file_store(*self._opened), priority, spools)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FileStorageObserver) and self.writes_to == other.writes_to

    def __hash__(self) -> int:
        return hash(self.writes_to)

    def __repr__(self) -> str:
        return f"FileStorageObserver({self.basedir!r})"

    @property
    def writes_to(self) -> Hashable:
        """See `StoreObserver.writes_to`: the directory."""
        return "files", os.path.realpath(os.fsdecode(self.basedir))

    def started_event(self, *args: Any, **kwargs: Any) -> RunId:
        """Store the start of a run; see `StoreObserver.started_event`."""
        self._follow_attributes()
        return super().started_event(*args, **kwargs)

    def queued_event(self, *args: Any, **kwargs: Any) -> RunId:
        """Store a queued run; see `StoreObserver.queued_event`."""
        self._follow_attributes()
        return super().queued_event(*args, **kwargs)

    @StoredView
    def dir(self) -> str | None:
        """The directory of the run; None until it is started or queued."""
        return None if self._run_id is None else os.path.join(self.basedir, str(self._run_id))

    # The stored record, as scripts and subclasses read it.

    @StoredView
    def config(self) -> JsonDict | None:
        """The content of ``config.json``."""
        return self._json("config.json")

    @StoredView
    def info(self) -> JsonDict | None:
        """The content of ``info.json``; None while there is no info."""
        return self._json("info.json")

    @StoredView
    def saved_metrics(self) -> dict[str, dict[str, list[Any]]]:
        """The stored points: ``{name: {"steps", "values", "timestamps"}}``."""
        # Here, because runs without metrics do not load it.
        from sacred.stores.files.metrics_json import read_metrics

        return {} if self.dir is None else read_metrics(self.dir)

    @StoredView
    def cout(self) -> str:
        """The content of ``cout.txt``."""
        if self.dir is None:
            return ""
        try:
            with open(os.path.join(self.dir, "cout.txt"), encoding="utf-8", newline="") as file:
                return original_text(file.read())
        except FileNotFoundError:
            return ""

    @StoredView
    def cout_write_cursor(self) -> int:
        """The length of the recorded output, in characters."""
        return self._writer.output_length

    def find_or_save(self, filename: PathLike, store_dir: PathLike) -> Path:
        """Store a copy of a file under its name and digest, unless it is stored already.

        Args:
            filename: path of the file.
            store_dir: directory of the copies, such as `resource_dir`; created if missing.

        Returns:
            the path of the copy; `filename` itself if it is below `basedir` and
            `copy_artifacts` is off.

        Raises:
            OSError: the file cannot be read, or the copy cannot be written.
        """
        # Not at the top: it loads a tenth of what an import of this class does.
        from pathlib import Path

        path, target = Path(os.fsdecode(filename)), Path(os.fsdecode(store_dir))
        if not self.copy_artifacts and path.resolve().is_relative_to(Path(self.basedir).resolve()):
            return path
        return target / store_once(LocalBlobs(target), os.fspath(path))

    def render_template(self) -> None:
        """Render the template, if there is one, into ``report.EXT``.

        Raises:
            MissingExtraError: mako is not installed.
        """
        template = self.template
        if template is None:
            template = os.path.join(self.basedir, "template.html")
            if not os.path.exists(template):
                return
        if self.dir is None:
            raise RuntimeError("There is no run to report on")
        mako = require(
            "mako.template", extra="template", purpose="The template of a FileStorageObserver"
        )
        report = mako.Template(filename=template).render(
            run=self.run_entry, config=self.config, info=self.info, cout=self.cout, savedir=self.dir
        )
        name = "report" + os.path.splitext(template)[1]
        LocalBlobs(self.dir).write(name, report.encode())

    def _after_close(self, spool: str | None) -> None:
        if spool is None:
            self.render_template()

    def _places(self) -> tuple[str, str, str | None, bool]:
        sources = self.source_dir if self.copy_sources else None
        return self.basedir, self.resource_dir, sources, self.copy_artifacts

    def _follow_attributes(self) -> None:
        # Scripts assign `basedir` and the like between the constructor and the start of a run.
        self.basedir = os.fsdecode(self.basedir)
        if self._places() != self._opened:
            self._opened = self._places()
            self.store = local_file_store(*self._opened)

    def _directory(self, given: PathLike | None, default: str) -> str:
        return os.path.join(self.basedir, default) if given is None else os.fsdecode(given)

    def _json(self, name: str) -> JsonDict | None:
        text = self._record_text(name)
        content: JsonDict | None = None if text is None else json.loads(text)
        return content


@cli_option("-F", "--file_storage")
def file_storage_option(args: str, run: Any) -> None:
    """Add a `FileStorageObserver` to the run.

    Args:
        args: its directory.
        run: the run that is about to start.
    """
    run.observers.append(FileStorageObserver(args))


file_storage_option.arg = "BASEDIR"
file_storage_option.arg_description = "Base-directory to write the runs to"
