"""Images, tables, sounds and similar values of a run, as series by step.

They are artifacts whose names say what they are, so every store can keep them and every reader
can find them: ``media/NAME/STEP.KIND.SUFFIX``, such as ``media/samples/00000100.image.png``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sacred._base.frozen import Frozen
from sacred.records.stored_files import StoredFile

__all__ = ["KINDS", "MediaName", "MediaSeries", "series_of"]

#: What can be logged with a step.
KINDS = ("image", "figure", "table", "histogram", "audio", "text")
_NAME = re.compile(rf"media/(.+)/(-\d{{7,}}|\d{{8,}})\.({'|'.join(KINDS)})\.(\w+)", re.DOTALL)


class MediaName(Frozen):
    """What the name of a media artifact says: series, step, kind and suffix.

    Args:
        name: the name of the series.
        step: the step of this file.
        kind: one of `KINDS`.
        suffix: the suffix of the file, without the dot.

    >>> str(MediaName(name="samples", step=100, kind="image", suffix="png"))
    'media/samples/00000100.image.png'
    >>> MediaName.parse("media/samples/00000100.image.png").step
    100
    >>> MediaName.parse("model.pt") is None
    True
    """

    name: str
    step: int
    kind: str
    suffix: str

    def __str__(self) -> str:
        return f"media/{self.name}/{self.step:08d}.{self.kind}.{self.suffix}"

    @classmethod
    def parse(cls, artifact: str) -> MediaName | None:
        """Parse the name of an artifact; return None if it is not media.

        Args:
            artifact: its name.
        """
        found = _NAME.fullmatch(artifact)
        if found is None:
            return None
        name, step, kind, suffix = found.groups()
        return cls(name=name, step=int(step), kind=kind, suffix=suffix)


class MediaSeries(Mapping[int, StoredFile]):
    """The files of one series of media, in the order of their steps. Notebooks show the last one.

    Args:
        name: the name of the series.
        kind: one of `KINDS`.
        files: the files by step.
    """

    def __init__(self, name: str, kind: str, files: Mapping[int, StoredFile]) -> None:
        self.name = name
        self.kind = kind
        self._files = dict(sorted(files.items()))

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps, in order."""
        return tuple(self._files)

    @property
    def last(self) -> StoredFile:
        """The file of the last step."""
        return self._files[self.steps[-1]]

    def at(self, step: float) -> StoredFile:
        """Return the latest file at a step; before the first step, the first file.

        Args:
            step: any number.
        """
        earlier = [known for known in self._files if known <= step]
        return self._files[earlier[-1] if earlier else self.steps[0]]

    def __getitem__(self, step: int) -> StoredFile:
        return self._files[step]

    def __iter__(self) -> Iterator[int]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def __repr__(self) -> str:
        first, last = self.steps[0], self.steps[-1]
        return f"<{self.kind} {self.name!r}: {len(self)} steps, {first} to {last}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any] | None:
        return self.last._repr_mimebundle_(include, exclude)


def series_of(artifacts: Mapping[str, StoredFile]) -> dict[str, MediaSeries]:
    """Return the series of media among the artifacts of a run, by name.

    Args:
        artifacts: the artifacts by name. If a series has files of several kinds, the kind at the
            last step counts.
    """
    found: dict[str, dict[int, StoredFile]] = {}
    kinds: dict[tuple[str, int], str] = {}
    for artifact, file in artifacts.items():
        if (said := MediaName.parse(artifact)) is not None:
            found.setdefault(said.name, {})[said.step] = file
            kinds[said.name, said.step] = said.kind
    return {
        name: MediaSeries(name, kinds[name, max(files)], files)
        for name, files in sorted(found.items())
    }
