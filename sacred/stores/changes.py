"""What can change in the record of a run, as frozen values.

Every change says where it belongs (the ``start`` in a text or in a list of points), so that
applying it twice is the same as applying it once: after a lost connection nobody knows
whether the last attempt got through.
"""

from __future__ import annotations

import datetime
import functools
import operator
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from sacred._base.frozen import Frozen, replace
from sacred._base.text import common_prefix_length
from sacred._base.timestamps import Timestamps

__all__ = [
    "OF_THE_END",
    "AddFile",
    "AddPoints",
    "Annotate",
    "Change",
    "DropPoints",
    "Reopen",
    "SetExperiment",
    "SetFields",
    "SourceFile",
    "WriteOutput",
    "common_prefix_length",
    "joined_times",
    "merge",
    "split_fields",
]

_NOTHING: Mapping[str, Any] = {}


class SourceFile(Frozen):
    """A source file of the experiment.

    Args:
        name: in the record.
        path: where it is; the file may be gone if it was imported and deleted since.
        md5: its digest.
        origin: where it was on the machine of the run, if that is another place.
    """

    name: str
    path: str
    md5: str
    origin: str | None = None


class SetFields(Frozen):
    """New values of whole fields of the document."""

    fields: Mapping[str, Any]

    @property
    def closes(self) -> bool:
        """Whether the run is over with this change.

        >>> SetFields(fields={"status": "COMPLETED", "stop_time": None}).closes
        True
        """
        return "stop_time" in self.fields


class Annotate(Frozen):
    """Changes some entries of the field ``meta``, and leaves all others as they are.

    Unlike `SetFields`, it does not undo what others have annotated meanwhile: a run and the people
    who look at it may annotate it at the same time.

    Args:
        fields: new values; None removes an entry.
        add_tags: tags to append, unless they are present.
        remove_tags: tags to remove first.

    >>> change = Annotate(fields={"group": "A"}, add_tags=("b", "a"))
    >>> change.applied_to({"priority": 1, "tags": ["a"]})
    {'priority': 1, 'tags': ['a', 'b'], 'group': 'A'}
    """

    fields: Mapping[str, Any] = _NOTHING
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()

    def applied_to(self, meta: Mapping[str, Any]) -> dict[str, Any]:
        """Return ``meta`` as it is after the change."""
        new = {**meta, **self.fields}
        if self.add_tags or self.remove_tags:
            before = new.get("tags")
            kept = list(before) if isinstance(before, list) else []
            kept = [tag for tag in kept if tag not in self.remove_tags]
            new["tags"] = kept + [tag for tag in self.add_tags if tag not in kept]
            if not new["tags"]:
                new["tags"] = None
        return {name: value for name, value in new.items() if value is not None}

    def then(self, later: Annotate) -> Annotate:
        """Return both changes as one."""
        tags, removed = self.add_tags, self.remove_tags
        if "tags" in later.fields:
            tags = removed = ()
        tags = tuple(tag for tag in tags if tag not in later.remove_tags)
        removed = tuple(tag for tag in removed if tag not in later.add_tags)
        return Annotate(
            fields={**self.fields, **later.fields},
            add_tags=tuple(dict.fromkeys((*tags, *later.add_tags))),
            remove_tags=tuple(dict.fromkeys((*removed, *later.remove_tags))),
        )


class Reopen(Frozen):
    """A run that was over, or seemed to be, continues: the fields of its end are removed."""

    status: str


#: Fields that a run gets at its end.
OF_THE_END = ("stop_time", "fail_trace")


class SetExperiment(Frozen):
    """The description of the experiment, with all its sources, has changed."""

    info: Mapping[str, Any]
    files: tuple[SourceFile, ...]


class WriteOutput(Frozen):
    """The output is now ``output[:start] + text``.

    `offset` is the same position as `start`, in bytes of UTF-8.
    """

    start: int
    offset: int
    text: str

    @property
    def stop(self) -> int:
        """The length of the output after this change."""
        return self.start + len(self.text)

    def then(self, later: WriteOutput) -> WriteOutput:
        """Return both changes as one.

        >>> WriteOutput(start=0, offset=0, text="ab").then(WriteOutput(start=1, offset=1, text="c"))
        WriteOutput(start=0, offset=0, text='ac')
        """
        if later.start < self.start:
            return later
        text = self.text[: later.start - self.start] + later.text
        return WriteOutput(start=self.start, offset=self.offset, text=text)


class AddPoints(Frozen):
    """The points of a metric from index `start` on."""

    name: str
    start: int
    steps: Sequence[Any]
    values: Sequence[Any]
    timestamps: Sequence[datetime.datetime]

    def __len__(self) -> int:
        return len(self.values)

    @property
    def stop(self) -> int:
        """The index after the last point."""
        return self.start + len(self)

    def part(self, start: int, stop: int | None = None) -> AddPoints:
        """Return a range of the points.

        Args:
            start: index of the first one.
            stop: index after the last one.

        >>> t = datetime.datetime(2026, 1, 1)
        >>> points = AddPoints(name="a", start=5, steps=[0, 1], values=[2, 3], timestamps=[t, t])
        >>> points.part(6).values
        [3]
        """
        first = max(start, self.start)
        cut = slice(first - self.start, None if stop is None else max(stop - self.start, 0))
        return AddPoints(
            name=self.name,
            start=first,
            steps=self.steps[cut],
            values=self.values[cut],
            timestamps=self.timestamps[cut],
        )

    def at(self, start: int) -> AddPoints:
        """Return the same points with another index of the first one."""
        return replace(self, start=start)

    def then(self, later: AddPoints) -> AddPoints:
        """Return both as one; `later` starts where these end, or overlaps them."""
        new = later.part(self.stop)
        return AddPoints(
            name=self.name,
            start=self.start,
            steps=[*self.steps, *new.steps],
            values=[*self.values, *new.values],
            timestamps=joined_times([self.timestamps, new.timestamps]),
        )


def joined_times(parts: Sequence[Sequence[Any]]) -> Sequence[Any]:
    """Join the times of several parts into one sequence.

    >>> joined_times([Timestamps([0.0]), Timestamps([1.5])])
    <Timestamps: 2>
    """
    if parts and all(isinstance(part, Timestamps) for part in parts):
        return functools.reduce(operator.add, parts)
    return [time for part in parts for time in part]


class DropPoints(Frozen):
    """The points of a metric from index `start` on are removed."""

    name: str
    start: int


class AddFile(Frozen):
    """A file that the run has read (``resource``) or written (``artifact``).

    Args:
        kind: which of the two.
        name: the name of an artifact, the absolute path of a resource.
        path: where its content can be read; not always where the user's file is.
        md5: of a resource.
        metadata: of an artifact.
        content_type: of an artifact.
        origin: the path of an artifact as the user gave it.
        count: how often the run has added it so far, and so how often a record lists it.
    """

    kind: Literal["resource", "artifact"]
    name: str
    path: str
    md5: str | None = None
    metadata: Mapping[str, Any] | None = None
    content_type: str | None = None
    origin: str | None = None
    count: int = 1


# Fields that say that the run is over; they are stored together.
_ENDING = frozenset({"status", "stop_time"})

Change = (
    SetFields | Reopen | Annotate | SetExperiment | WriteOutput | AddPoints | DropPoints | AddFile
)


def split_fields(change: Change) -> list[Change]:
    """Give each field a change of its own; the end of the run comes last.

    >>> split_fields(SetFields(fields={"status": "COMPLETED", "stop_time": None, "result": 1}))
    [SetFields(fields={'result': 1}), SetFields(fields={'status': 'COMPLETED', 'stop_time': None})]
    """
    if not isinstance(change, SetFields):
        return [change]
    ending = {name: value for name, value in change.fields.items() if name in _ENDING}
    parts = [SetFields(fields={k: v}) for k, v in change.fields.items() if k not in _ENDING]
    return [*parts, SetFields(fields=ending)] if ending else [*parts]


def merge(changes: Iterable[Change]) -> list[Change]:
    """Merge changes into as few as possible; fields come last.

    A reader that sees a closed run must see all of it, so nothing may come after the
    closing fields.

    >>> merge([SetFields(fields={"a": 1, "b": 2}), SetFields(fields={"a": 3})])
    [SetFields(fields={'a': 3, 'b': 2})]
    """
    files: list[Change] = []
    points: dict[str, AddPoints] = {}
    experiment: SetExperiment | None = None
    outputs: list[WriteOutput] = []
    fields: dict[str, Any] = {}
    notes: Annotate | None = None
    first: list[Change] = []
    for change in changes:
        match change:
            case AddFile():
                if change not in files[-1:]:
                    files.append(change)
            case DropPoints():
                first.append(change)
                points.pop(change.name, None)
            case AddPoints():
                before = points.get(change.name)
                points[change.name] = change if before is None else before.then(change)
            case WriteOutput():
                outputs.append(change)
            case SetExperiment():
                experiment = change
            case Annotate() if "meta" in fields:
                fields["meta"] = change.applied_to(fields["meta"])
            case Annotate():
                notes = change if notes is None else notes.then(change)
            case SetFields():
                fields.update(change.fields)
            case Reopen():
                first.append(change)
                fields = {k: v for k, v in fields.items() if k not in OF_THE_END}
                fields.pop("status", None)
    merged: list[Change] = [*first, *files, *points.values()]
    merged += [_joined(outputs)] if outputs else []
    merged += [change for change in (experiment, notes) if change is not None]
    return merged + ([SetFields(fields=fields)] if fields else [])


def _joined(outputs: Sequence[WriteOutput]) -> WriteOutput:
    """All in one; the many that only append are put together at once."""
    joined, texts, end = outputs[0], [outputs[0].text], outputs[0].stop
    for output in outputs[1:]:
        if output.start != end:  # something is rewritten
            whole = WriteOutput(start=joined.start, offset=joined.offset, text="".join(texts))
            joined = whole.then(output)
            texts = [joined.text]
        else:
            texts.append(output.text)
        end = output.stop
    return WriteOutput(start=joined.start, offset=joined.offset, text="".join(texts))
