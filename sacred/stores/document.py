"""The only writer of run documents: events in, a document and its changes out.

The canonical document (fields of ``runs`` in MongoDB)::

    experiment command host start_time|queue_time config meta status
    resources artifacts captured_out info heartbeat

Later changes add ``environment``, ``result``, ``stop_time`` and ``fail_trace``. Values are plain
(`sacred.serializer.flatten`), times are datetimes; each store has its own way of writing them.
"""

from __future__ import annotations

import datetime
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sacred._base.timestamps import Timestamps
from sacred.serializer import flatten
from sacred.serializer.escaped_text import ANNOTATIONS, map_texts, storable_text
from sacred.status import COMPLETED, FAILED, QUEUED, RUNNING
from sacred.stores.changes import (
    AddFile,
    AddPoints,
    Annotate,
    Change,
    DropPoints,
    SetExperiment,
    SetFields,
    SourceFile,
    WriteOutput,
    common_prefix_length,
)
from sacred.stores.local_files import md5_of_file
from sacred.stores.output_positions import OutputPositions

__all__ = ["RunChangeTracker", "source_files"]

_UNSET = object()


def source_files(ex_info: Mapping[str, Any]) -> list[SourceFile]:
    """Return the sources listed in a description of an experiment, with absolute paths.

    >>> [file] = source_files({"base_dir": "/work", "sources": [("a.py", "12ab")]})
    >>> file.path, file.md5
    ('/work/a.py', '12ab')
    """
    base_dir = str(ex_info.get("base_dir") or "")
    return [
        SourceFile(
            name=storable_text(name),
            path=os.path.abspath(os.path.join(base_dir, name)),
            md5=md5,
        )
        for name, md5 in ex_info.get("sources") or ()
    ]


class RunChangeTracker:
    """Turns the events of one run into its document and changes to it.

    >>> writer = RunChangeTracker()
    >>> when = datetime.datetime(2026, 1, 2)
    >>> document, files = writer.started({"name": "ex"}, "main", {}, when, {"a": 1}, {})
    >>> document["status"], document["config"]
    ('RUNNING', {'a': 1})
    >>> writer.heartbeat({}, "hello", when, None)[0]
    WriteOutput(start=0, offset=0, text='hello')
    >>> writer.heartbeat({}, "hello world", when, None)[0]
    WriteOutput(start=5, offset=5, text=' world')
    """

    def __init__(self) -> None:
        #: In characters.
        self.output_length = 0
        # The whole text, as far as it was received in that form.
        self._output = ""
        self._output_bytes = 0
        self._positions = OutputPositions()
        self._counts: dict[str, int] = {}
        self._files: Counter[tuple[str, str]] = Counter()
        self._last: dict[str, Any] = {"info": {}, "meta": {}}
        # Of earlier attempts: characters and bytes of output, steps of points.
        self._before = (0, 0)
        self._earlier_steps: dict[str, Sequence[Any]] = {}

    def queued(
        self,
        ex_info: Mapping[str, Any],
        command: str,
        host_info: Mapping[str, Any],
        queue_time: datetime.datetime,
        config: Mapping[str, Any],
        meta_info: Mapping[str, Any],
    ) -> tuple[dict[str, Any], list[SourceFile]]:
        """Return the document of a queued run, and the sources to store with it.

        Args:
            ex_info: name, base directory, sources, dependencies and repositories of the
                experiment.
            command: name of the command.
            host_info: description of the machine.
            config: the final configuration.
            meta_info: command line, options, comment and other annotations.
            queue_time: naive UTC.
        """
        document = _beginning(ex_info, command, host_info, config, meta_info)
        document |= {"status": QUEUED, "queue_time": queue_time}
        return document, source_files(ex_info)

    def started(
        self,
        ex_info: Mapping[str, Any],
        command: str,
        host_info: Mapping[str, Any],
        start_time: datetime.datetime,
        config: Mapping[str, Any],
        meta_info: Mapping[str, Any],
    ) -> tuple[dict[str, Any], list[SourceFile]]:
        """Return the document of a run that starts, and the sources to store with it.

        Args:
            ex_info: the experiment: name, sources, dependencies.
            command: the name of the command.
            host_info: description of the machine.
            start_time: naive UTC.
            config: the configuration.
            meta_info: comment, options and the like.
        """
        document = _beginning(ex_info, command, host_info, config, meta_info)
        self._last["meta"] = document["meta"]
        document |= {
            "status": RUNNING,
            "start_time": start_time,
            "heartbeat": None,
            "resources": [],
            "artifacts": [],
            "captured_out": "",
            "info": {},
        }
        return document, source_files(ex_info)

    def resume(self, output: str, steps: Mapping[str, Sequence[Any]]) -> None:
        """Continue a record that an earlier attempt has begun.

        Args:
            output: what that attempt has printed, as stored.
            steps: the steps of the points of each metric.
        """
        self._before = len(output), len(output.encode())
        self._earlier_steps = dict(steps)

    def experiment_info(self, ex_info: Mapping[str, Any]) -> list[Change]:
        """Return the change for sources and packages that were discovered after the start."""
        info = _stored_experiment(ex_info)
        return [SetExperiment(info=info, files=tuple(source_files(ex_info)))]

    def meta_info(self, meta_info: Mapping[str, Any]) -> list[Change]:
        """Return the changes for new annotations by the run itself.

        >>> RunChangeTracker().meta_info({"tags": ["a"], "group": "B"})
        [Annotate(fields={'group': 'B'}, add_tags=('a',), remove_tags=())]
        """
        before, new = self._last["meta"], _stored_meta(meta_info)
        self._last["meta"] = new
        had, has = _tags_of(before), _tags_of(new)
        change = Annotate(
            fields={
                name: new.get(name)
                for name in {**before, **new}
                if name != "tags" and before.get(name) != new.get(name)
            },
            add_tags=tuple(tag for tag in has if tag not in had),
            remove_tags=tuple(tag for tag in had if tag not in has),
        )
        return [] if change == Annotate() else [change]

    def details(self, name: str, value: Mapping[str, Any]) -> list[Change]:
        """Return the change for a field of `sacred.events.DETAIL_FIELDS`.

        Args:
            name: of the field.
            value: its complete value.
        """
        fields = self._if_changed(name, flatten(_with_lists(value)))
        return [SetFields(fields=fields)] if fields else []

    def info(self, info: Mapping[str, Any]) -> list[Change]:
        """Return the changes for a new `info` outside of a heartbeat."""
        fields = self._if_changed("info", flatten(info))
        return [SetFields(fields=fields)] if fields else []

    def heartbeat(
        self,
        info: Mapping[str, Any],
        captured_out: str | None,
        beat_time: datetime.datetime,
        result: Any,
    ) -> list[Change]:
        """Return the changes of a heartbeat.

        Args:
            info: ``run.info``.
            captured_out: the whole output; None: nothing is known about it.
            beat_time: naive UTC.
            result: ``run.result``, which may be set before the end.
        """
        fields = {"heartbeat": beat_time}
        fields |= self._if_changed("info", flatten(info))
        fields |= self._if_changed("result", flatten(result))
        if captured_out is None:
            return [SetFields(fields=fields)]
        return [*self._new_output(captured_out), SetFields(fields=fields)]

    def output(self, start: int, offset: int, text: str) -> list[Change]:
        """Return the change to the output ``output[:start] + text``.

        Args:
            start: number of characters that stay.
            offset: the same in bytes of UTF-8.
            text: what follows them.
        """
        # Should the whole be received again, it counts as new from its start.
        self._output, self._output_bytes = "", 0
        start, offset, text = self._positions.write(start, offset, text)
        start, offset = start + self._before[0], offset + self._before[1]
        self.output_length = start + len(text)
        return [WriteOutput(start=start, offset=offset, text=text)]

    def metrics(self, metrics_by_name: Mapping[str, Mapping[str, Any]]) -> list[Change]:
        """Return the changes for new points, in the form of the event ``log_metrics``."""
        given = {name: points for name, points in metrics_by_name.items() if points["values"]}
        dropped = [self._drop_repeated(name, points) for name, points in given.items()]
        changes: list[Change] = [change for change in dropped if change is not None]
        return [*changes, *(self._new_points(name, points) for name, points in given.items())]

    def resource(self, filename: str) -> list[Change]:
        """Return the change for a file that the run has read.

        Raises:
            OSError: it cannot be read.
        """
        path = os.path.abspath(filename)
        md5 = md5_of_file(path)
        count = self._count("resource", f"{md5} {filename}")
        name = storable_text(filename)
        return [AddFile(kind="resource", name=name, path=path, md5=md5, count=count)]

    def artifact(
        self,
        name: str,
        filename: str,
        metadata: Mapping[str, Any] | None = None,
        content_type: str | None = None,
    ) -> list[Change]:
        """Return the change for a file that the run has written.

        Args:
            name: the name to store it under.
            filename: path of its content; for a copy, its attribute `original` may be the path of
                the user's file.
            metadata: any plain data about it.
            content_type: MIME type.
        """
        return [
            AddFile(
                kind="artifact",
                name=storable_text(name),
                path=os.path.abspath(filename),
                metadata=None if metadata is None else flatten(metadata),
                content_type=content_type,
                origin=getattr(filename, "original", filename),
                count=self._count("artifact", name),
            )
        ]

    def completed(self, stop_time: datetime.datetime, result: Any) -> list[Change]:
        """Return the change for the end of a run.

        Args:
            stop_time: naive UTC.
            result: what the main function has returned.
        """
        fields = {"stop_time": stop_time, "result": flatten(result), "status": COMPLETED}
        return [SetFields(fields=fields)]

    def interrupted(self, interrupt_time: datetime.datetime, status: str) -> list[Change]:
        """Return the change for a run that was stopped.

        Args:
            interrupt_time: naive UTC.
            status: ``INTERRUPTED``, ``TIMEOUT``, etc.
        """
        return [SetFields(fields={"stop_time": interrupt_time, "status": status})]

    def failed(self, fail_time: datetime.datetime, fail_trace: Sequence[str]) -> list[Change]:
        """Return the change for a run that ended with an exception.

        Args:
            fail_time: naive UTC.
            fail_trace: the lines of the traceback; a single string is stored as it is.
        """
        if isinstance(fail_trace, str):
            trace: str | list[str] = storable_text(fail_trace)
        else:
            trace = [storable_text(line) for line in fail_trace]
        fields = {"stop_time": fail_time, "status": FAILED, "fail_trace": trace}
        return [SetFields(fields=fields)]

    def _count(self, kind: str, file: str) -> int:
        self._files[kind, file] += 1
        return self._files[kind, file]

    def _if_changed(self, field: str, value: Any) -> dict[str, Any]:
        if self._last.get(field, _UNSET) == value:
            return {}
        self._last[field] = value
        return {field: value}

    def _new_output(self, captured_out: str) -> list[Change]:
        text, before = storable_text(captured_out), self._output
        if text == before:
            return []
        start, offset = len(before), self._output_bytes
        if not text.startswith(before):  # a filter has rewritten the end
            start = common_prefix_length(before, text)
            offset = len(before[:start].encode())
        self._output, new = text, text[start:]
        self.output_length = len(text)
        self._output_bytes = offset + len(new.encode())
        return [WriteOutput(start=start, offset=offset, text=new)]

    def _drop_repeated(self, name: str, points: Mapping[str, Any]) -> DropPoints | None:
        """What an earlier attempt has logged from the first step of this one on is dropped."""
        steps = self._earlier_steps.pop(name, None)
        if steps is None:
            return None
        first = points["steps"][0]
        kept = next((index for index, step in enumerate(steps) if step >= first), len(steps))
        self._counts[name] = kept
        return DropPoints(name=storable_text(name), start=kept) if kept < len(steps) else None

    def _new_points(self, name: str, points: Mapping[str, Any]) -> AddPoints:
        start = self._counts.get(name, 0)
        times = points["timestamps"]
        self._counts[name] = start + len(points["values"])
        return AddPoints(
            name=storable_text(str(name)),
            start=start,
            steps=list(points["steps"]),
            values=list(points["values"]),
            timestamps=times if isinstance(times, Timestamps) else list(times),
        )


def _beginning(
    ex_info: Mapping[str, Any],
    command: str,
    host_info: Mapping[str, Any],
    config: Mapping[str, Any],
    meta_info: Mapping[str, Any],
) -> dict[str, Any]:
    return {
        "experiment": _stored_experiment(ex_info),
        "command": command,
        "host": flatten(_with_lists(dict(host_info))),
        "config": flatten(config),
        "meta": _stored_meta(meta_info),
    }


def _stored_experiment(ex_info: Mapping[str, Any]) -> Any:
    info = map_texts(_with_lists(dict(ex_info)), ("name",), storable_text)
    if info.get("sources"):
        info["sources"] = [[storable_text(name), *rest] for name, *rest in info["sources"]]
    return flatten(info)


def _stored_meta(meta_info: Mapping[str, Any]) -> Any:
    return flatten(map_texts(meta_info, ANNOTATIONS, storable_text))


def _tags_of(meta: Mapping[str, Any]) -> list[str]:
    tags = meta.get("tags")
    return list(map(str, tags)) if isinstance(tags, list) else []


def _with_lists(value: Any) -> Any:
    """Tuples as lists: what the library itself reports has never been tagged as tuples."""
    if isinstance(value, dict):
        return {key: _with_lists(item) for key, item in value.items()}
    return [_with_lists(item) for item in value] if isinstance(value, (list, tuple)) else value
