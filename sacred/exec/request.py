"""The request of ``sacred exec``, as a frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from sacred._base.frozen import Frozen
from sacred.exec.metric_lines import MetricPattern
from sacred.exec.tracing.strace import Tracer

__all__ = ["ARG_STYLES", "ArgStyle", "ExecRequest"]

ArgStyle = Literal["double", "single", "plain", "equals"]
ARG_STYLES: tuple[ArgStyle, ...] = ("double", "single", "plain", "equals")

_NOTHING: Mapping[str, Any] = {}


class ExecRequest(Frozen):
    """A program to run, and what to record of it.

    Args:
        words: the program and its arguments, with ``{parameters}`` in them.
        name: of the experiment.
        defaults: values of parameters for which no other value is given; nested.
        updates: values that were given for this run, as `sacred.cli.updates.parse_updates`
            returns them.
        update_words: the same as they were typed.
        arg_style: how parameters are added to the arguments; None: not at all.
        config_file: a parameter file; the program gets the path of a copy with the values of
            the run.
        metrics: patterns of metrics in the output.
        metrics_files: CSV files, event files or directories of them that the program writes.
        inputs: files that are recorded as resources.
        outputs: patterns of the names of files that become artifacts.
        directory: the working directory of the program.
        options: of the run, by the long flags of the command line of an experiment.
        seed: of the run; `arg_style` does not pass it to the program. None: it is drawn, or is
            one of the parameters.
        revision: the commit that the directory is a checkout of, in a scratch directory; empty:
            it is the user's own directory.
        checkout_of: the user's directory that such a checkout stands for.
        tracer: traces the files that it uses; None: they are not traced.
        quiet: whether only the program prints.
    """

    words: tuple[str, ...]
    name: str
    directory: str
    defaults: Mapping[str, Any] = _NOTHING
    updates: Mapping[str, Any] = _NOTHING
    update_words: tuple[str, ...] = ()
    arg_style: ArgStyle | None = None
    config_file: str | None = None
    metrics: tuple[MetricPattern, ...] = ()
    metrics_files: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    options: Mapping[str, Any] = _NOTHING
    seed: int | None = None
    revision: str = ""
    checkout_of: str = ""
    tracer: Tracer | None = None
    quiet: bool = False
