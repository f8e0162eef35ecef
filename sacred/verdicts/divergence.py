"""Where two runs begin to differ, in the order of cause and effect."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from sacred._base.frozen import Frozen
from sacred.provenance.taped_calls import KINDS, first_difference, taped_events
from sacred.records import RunRecord
from sacred.runs.columns import entries_of
from sacred.runs.comparison import digest_of, packages_of
from sacred.serializer import dumps
from sacred.verdicts.error_text import last_error_in
from sacred.verdicts.numbers import metric_deviations, result_deviations
from sacred.verdicts.output_masks import differing_lines, mask_output
from sacred.verdicts.run_paths import relative_path

__all__ = ["CALLS", "CAUSES", "EFFECTS", "Divergence", "divergences"]

_DIGEST_CHARS = 8


class Divergence(Frozen):
    """The first difference of two runs in one respect.

    Args:
        kind: the respect, from `CAUSES`, `CALLS` or `EFFECTS`.
        place: what differs, in words.
        values: the values of the first and the second run; None if a run has none.
    """

    kind: str
    place: str
    values: tuple[Any, Any]

    def __str__(self) -> str:
        one, other = ("nothing" if value is None else value for value in self.values)
        return f"{self.place}: {one}, then {other}"


_Found = Iterator[tuple[str, tuple[Any, Any]]]


def divergences(
    first: RunRecord,
    second: RunRecord,
    *,
    kinds: Collection[str] | None = None,
    ignored: Collection[str] = (),
) -> Iterator[Divergence]:
    """Yield the first difference in each respect: causes first, then effects.

    Args:
        first: the first run.
        second: the second run.
        kinds: the respects to compare; None for all.
        ignored: patterns for names of metrics to ignore.
    """
    for kind, find in {**CAUSES, **CALLS, **EFFECTS}.items():
        if kinds is not None and kind not in kinds:
            continue
        found = _metrics(first, second, ignored) if find is _metrics else find(first, second)
        for place, values in found:
            yield Divergence(kind=kind, place=place, values=values)
            break


def _entries(kind: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> _Found:
    for name in dict.fromkeys((*one, *other)):
        pair = one.get(name), other.get(name)
        if dumps(pair[0]) != dumps(pair[1]) or (name in one) != (name in other):
            yield f"{kind} {name}", pair


def _config(first: RunRecord, second: RunRecord) -> _Found:
    return _entries("entry", *(_settings(record, seeds=False) for record in (first, second)))


def _seeds(first: RunRecord, second: RunRecord) -> _Found:
    return _entries("entry", *(_settings(record, seeds=True) for record in (first, second)))


def _settings(record: RunRecord, seeds: bool) -> dict[str, Any]:
    # A path that is one key may be no text.
    entries = ((str(path), value) for path, value in entries_of(record.config).items())
    return {p: value for p, value in entries if (p.rpartition(".")[2] == "seed") is seeds}


def _sources(first: RunRecord, second: RunRecord) -> _Found:
    def digests(record: RunRecord) -> dict[str, str]:
        return {name: digest_of(file)[:_DIGEST_CHARS] for name, file in record.sources.items()}

    ones, others = digests(first), digests(second)
    for place, values in _entries("source", ones, others):
        name = place.removeprefix("source ")
        line = _first_changed_line(first, second, name) if None not in values else None
        yield (f"{place}, line {line[0]}", line[1]) if line else (place, values)


def _first_changed_line(
    first: RunRecord, second: RunRecord, name: str
) -> tuple[int, tuple[str, str]] | None:
    try:
        texts = [record.sources[name].text().splitlines() for record in (first, second)]
    except (FileNotFoundError, UnicodeDecodeError):
        return None  # only its digest is known
    longest = max(map(len, texts))
    pairs = zip(*(lines + [""] * (longest - len(lines)) for lines in texts), strict=True)
    for number, (one, other) in enumerate(pairs, 1):
        if one != other:
            return number, (one.strip(), other.strip())
    return None


def _packages(first: RunRecord, second: RunRecord) -> _Found:
    # What the sources import comes first; it is the likelier cause.
    yield from _entries("package", packages_of(first), packages_of(second))
    ones, others = (_installed(record) for record in (first, second))
    # An environment that was made for the run has no more than it needs.
    shared = ones.keys() & others.keys()
    both = ({name: own[name] for name in own if name in shared} for own in (ones, others))
    yield from _entries("package", *both)


def _installed(record: RunRecord) -> dict[str, str]:
    listed = record.environment.get("packages")
    pairs = (str(entry).partition("==") for entry in listed or ())
    return {name: version for name, _, version in pairs}


def _resources(first: RunRecord, second: RunRecord) -> _Found:
    def digests(record: RunRecord) -> dict[str, str]:
        return {
            relative_path(name, first, second): digest_of(file)[:_DIGEST_CHARS]
            for name, file in record.resources.items()
        }

    ones, others = digests(first), digests(second)
    # What is not where it was, and has the same content, is the same.
    moved = {ones[name] for name in ones.keys() - others.keys()}
    moved &= {others[name] for name in others.keys() - ones.keys()}
    both = [
        {name: digest for name, digest in own.items() if name in other or digest not in moved}
        for own, other in ((ones, others), (others, ones))
    ]
    return _entries("resource", both[0], both[1])


def _environment(first: RunRecord, second: RunRecord) -> _Found:
    then, now = first.host.get("python_version"), second.host.get("python_version")
    if then and now and then != now:
        yield "Python", (then, now)
    ones, others = first.environment, second.environment
    if not ones or not others:
        return
    yield from _entries("variable", *(_dict(env.get("variables")) for env in (ones, others)))
    if ones.get("hash_seed") != others.get("hash_seed"):
        yield "PYTHONHASHSEED", (ones.get("hash_seed"), others.get("hash_seed"))
    libraries = (entries_of(_dict(env.get("libraries"))) for env in (ones, others))
    yield from _entries("library", *libraries)
    for name, words in (("cpus", "number of processors"), ("cpu_flags", "instruction sets")):
        pair = _plain(ones.get(name)), _plain(others.get(name))
        if pair[0] != pair[1]:
            yield words, pair


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _plain(value: Any) -> Any:
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else value


def _metrics(first: RunRecord, second: RunRecord, ignored: Collection[str] = ()) -> _Found:
    for deviation in metric_deviations(first, second, ignored):
        yield deviation.place, deviation.values


def _status(first: RunRecord, second: RunRecord) -> _Found:
    if first.status != second.status:
        yield "status", (first.status, second.status)
        return
    raised = _raised(first, first, second), _raised(second, first, second)
    if raised[0] != raised[1]:
        yield "error", raised


def _raised(record: RunRecord, *compared: RunRecord) -> str | None:
    """The error that has ended a run, without what is another each time."""
    error = last_error_in(record.fail_trace or "")
    return mask_output(error, *compared) if error else None


def _result(first: RunRecord, second: RunRecord) -> _Found:
    for deviation in result_deviations(first, second):
        yield deviation.place, deviation.values


def _output(first: RunRecord, second: RunRecord) -> _Found:
    found = differing_lines(first, second)
    if found is not None:
        number, *lines = found
        yield f"line {number} of the output", (lines[0], lines[1])


def _artifacts(first: RunRecord, second: RunRecord) -> _Found:
    def digests(record: RunRecord) -> dict[str, str]:
        return {name: digest_of(file)[:_DIGEST_CHARS] for name, file in record.artifacts.items()}

    return _entries("artifact", digests(first), digests(second))


def _calls(first: RunRecord, second: RunRecord) -> _Found:
    tapes = [taped_events(record.stored("provenance")) for record in (first, second)]
    if tapes[0] is None or tapes[1] is None:
        return
    found = first_difference(tapes[0], tapes[1])
    if found is not None:
        number, one, other = found
        where = f"call {number} of {one.function} ({one.place}, called in {one.caller})"
        if (one.kind, one.function) == (other.kind, other.function):
            yield f"{where} {KINDS.get(one.kind)}", (one.digest, other.digest)
        else:
            did = [f"{event.function} {KINDS.get(event.kind)}" for event in (one, other)]
            yield where, (did[0], did[1])


_Finder = Callable[[RunRecord, RunRecord], _Found]

#: What a run was made of.
CAUSES: Mapping[str, _Finder] = {
    "config": _config,
    "seeds": _seeds,
    "sources": _sources,
    "packages": _packages,
    "resources": _resources,
    "environment": _environment,
}
#: What its functions did, if both runs have a tape.
CALLS: Mapping[str, _Finder] = {"calls": _calls}
#: What came of it.
EFFECTS: Mapping[str, _Finder] = {
    "metrics": _metrics,
    "result": _result,
    "status": _status,
    "output": _output,
    "artifacts": _artifacts,
}
