"""Reasons why a run cannot be repeated exactly."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from sacred._base.digest import sha256_of_file
from sacred._base.frozen import Frozen
from sacred.dependencies.distributions import find_distribution
from sacred.dependencies.loaded_packages import packages_of_files
from sacred.host_info.cpu import cpu_name
from sacred.records import RunRecord
from sacred.runs.comparison import content_digest, packages_of
from sacred.runs.program_words import program_of
from sacred.stores.local_files import md5_of_file

__all__ = ["CHECKS", "Finding"]

State = Literal["ok", "note", "reason"]


class Finding(Frozen):
    """A finding about one part of a run.

    Args:
        subject: the part.
        state: ``reason`` if it prevents an exact repetition, ``note`` if it may.
        text: the finding in words.
    """

    subject: str
    state: State
    text: str


Check = Callable[[RunRecord], Iterator[Finding]]


def _checker(subject: str) -> Callable[[Callable[[RunRecord], Any]], Check]:
    """A check from a function that yields pairs of state and text."""

    def decorator(function: Callable[[RunRecord], Any]) -> Check:
        def check(record: RunRecord) -> Iterator[Finding]:
            for state, text in function(record):
                yield Finding(subject=subject, state=state, text=text)

        return check

    return decorator


Pairs = Iterator[tuple[State, str]]


@_checker("run")
def _status(record: RunRecord) -> Pairs:
    if record.status != "COMPLETED":
        yield "note", f"it is {record.status}: there is no result to compare with"


@_checker("repository")
def _repository(record: RunRecord) -> Pairs:
    if not record.repositories:
        yield "note", "no commit is recorded; what counts are the stored sources"
    for entry in record.repositories:
        url, commit = entry.get("url"), str(entry.get("commit"))[:10]
        if entry.get("dirty") and _has_diff(record, url):
            yield "ok", f"{url} had changes since {commit}, which are stored"
        elif entry.get("dirty"):
            yield "reason", f"{url} had changes that are not in the commit {commit}"
        elif not entry.get("commit"):
            yield "reason", f"{url} had no commit"
        else:
            yield "ok", f"{url} was clean at {commit}"


def _has_diff(record: RunRecord, url: Any) -> bool:
    listed = record.environment.get("repositories")
    return any(
        isinstance(entry, Mapping) and entry.get("url") == url and entry.get("diff_is_whole")
        for entry in (listed if isinstance(listed, list | tuple) else ())
    )


@_checker("sources")
def _sources(record: RunRecord) -> Pairs:
    if not record.sources:
        yield "reason", "none are recorded"
        return
    base = str(record.experiment.get("base_dir") or "")
    good = 0
    for name, file in record.sources.items():
        digest = content_digest(file)
        if digest is None:
            yield "reason", f"{name} is not in the store"
        elif file.entry.md5 and digest != file.entry.md5:
            yield "reason", f"the stored {name} is not what the run used"
        else:
            good += 1
            yield from _here(name, os.path.join(base, name), digest)
    if good:
        yield "ok", f"{good} of {len(record.sources)} stored, as the run used them"


def _here(name: str, path: str, digest: str) -> Pairs:
    try:
        now = md5_of_file(path)
    except OSError:
        return  # another machine, or moved since: the stored copy is what counts
    if now != digest:
        yield "note", f"{path} has changed since; the store has what the run used"


@_checker("packages")
def _packages(record: RunRecord) -> Pairs:
    packages = packages_of(record)
    program = program_of(record)
    if not packages and program is not None:
        return  # a program that has loaded none of Python or R
    if not packages:
        yield "reason", "none are recorded"
    version_here = _installed_version if program is None else _loaded_versions(record).get
    same = 0
    for name, version in packages.items():
        found = version_here(name)
        if not version or version == "<unknown>":
            yield "reason", f"{name}: its version is not known"
        elif found is None:
            yield "reason", f"{name} {version} is not installed here"
        elif found != version:
            yield "reason", f"{name} was {version}, here it is {found}"
        else:
            same += 1
    if same:
        yield "ok", f"{same} of {len(packages)} have the same version here"


def _installed_version(name: str) -> str | None:
    found = find_distribution(name)
    return None if found is None else found.version


def _loaded_versions(record: RunRecord) -> dict[str, str]:
    """The versions that the packages of a program have now, where it has loaded them.

    They are those of its own interpreter, in Python or R, not those of this one.
    """
    trace = record.environment.get("trace") or {}
    paths = [*trace.get("system_files", ()), *(row["path"] for row in trace.get("read", ()))]
    pairs = (entry.partition("==") for entry in packages_of_files(map(str, paths)))
    return {name: version for name, _, version in pairs}


@_checker("python")
def _python(record: RunRecord) -> Pairs:
    if program_of(record) is not None:
        return  # what has executed it is no part of the run
    then, now = record.host.get("python_version"), platform.python_version()
    if not then:
        yield "reason", "its version is not recorded"
    elif then != now:
        yield "reason", f"it was {then}, here it is {now}"
    else:
        yield "ok", f"{now}"


@_checker("program")
def _program(record: RunRecord) -> Pairs:
    program = program_of(record)
    path, then = ((program or {}).get(name) for name in ("executable", "sha256"))
    base = str(record.experiment.get("base_dir") or "")
    stored = {*record.resources, *(os.path.join(base, name) for name in record.sources)}
    if not path or not then or path in stored:
        return  # a program of its own is stored with the run
    version = (program or {}).get("version") or "another one"
    try:
        now = sha256_of_file(str(path))
    except OSError as error:
        yield "reason", f"{path} was {version}, here it cannot be read: {error.strerror}"
        return
    if now == then:
        yield "ok", f"{path} is the same file"
    else:
        yield "reason", f"{path} has changed since; it was {version}"


@_checker("seed")
def _seed(record: RunRecord) -> Pairs:
    seed = record.config.get("seed")
    if seed is None:
        yield "reason", "none is recorded"
    else:
        yield "ok", f"{seed}"


@_checker("config")
def _config(record: RunRecord) -> Pairs:
    record.config.keys()  # restores it, which finds the problems
    for problem in record.problems:
        if problem.startswith("config:"):
            yield "reason", problem.removeprefix("config:").strip()


@_checker("resources")
def _resources(record: RunRecord) -> Pairs:
    good = 0
    for path, file in record.resources.items():
        stored = content_digest(file)
        digest = file.entry.md5 or stored
        try:
            now: str | None = md5_of_file(path)
        except OSError:
            now = None
        is_again = now is None and _is_checked_out_again(record, path)
        if digest is not None and digest in (now, stored if is_again else now):
            good += 1
        elif stored is not None and stored == digest:
            state = "is not here" if now is None else "has changed since"
            yield "reason", f"{path} {state}; the store has a copy (sacred files --save)"
        else:
            yield "reason", f"{path} has changed or is gone, and the store has no copy"
    if good:
        yield "ok", f"{good} of {len(record.resources)} are here, unchanged"


def _is_checked_out_again(record: RunRecord, path: str) -> bool:
    """Whether a file was in the scratch directory of ``--rev``, which a repetition makes again."""
    base = str(record.experiment.get("base_dir"))
    return bool((program_of(record) or {}).get("revision")) and path.startswith(f"{base}/")


@_checker("machine")
def _machine(record: RunRecord) -> Pairs:
    then = record.host.get("cpu")
    if then and then != (now := cpu_name()):
        yield "note", f"another processor: it was {then}, here it is {now}"
    gpus = record.host.get("gpus")
    cards = gpus.get("gpus") if isinstance(gpus, Mapping) else None
    if cards:
        models = ", ".join(str(card.get("model")) for card in cards if isinstance(card, Mapping))
        yield "note", f"it used the GPUs {models}, whose results may differ from run to run"


CHECKS: tuple[Check, ...] = (
    _status,
    _repository,
    _sources,
    _packages,
    _python,
    _program,
    _seed,
    _config,
    _resources,
    _machine,
)
