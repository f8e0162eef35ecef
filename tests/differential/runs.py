"""Experiments whose runs print, measure, store files, and end in every way; and observers."""

from __future__ import annotations

import dataclasses

from hypothesis import strategies as st

from tests.differential.bodies import ENDINGS, INFO, blocks
from tests.differential.model import Experiment, Function, Ingredient, Source
from tests.differential.values import plain_values, value_text

__all__ = ["RECORDER", "observed_experiments", "run_options"]

#: An observer that writes down what it is called with, as real projects write them.
RECORDER = """
import logging
logging.getLogger("botocore").setLevel(logging.WARNING)

class Recorder(RunObserver):
    def __init__(self, priority=0):
        self.priority = priority

    def note(self, event, known):
        known = {name: value for name, value in known.items() if name != "self"}
        if "host_info" in known:
            known = {**known, "host_info": sorted(known["host_info"])}
        PROBE(f"{event} @{self.priority}", dict(sorted(known.items())))

    def queued_event(self, **known):
        self.note("queued", known)
        return known["_id"] or "recorded"

    def started_event(self, **known):
        self.note("started", known)
        return known["_id"] or "recorded"

    def heartbeat_event(self, info, captured_out, beat_time, result):
        self.note("heartbeat", locals())

    def log_metrics(self, metrics_by_name, info):
        for name, metric in metrics_by_name.items():
            points = metric["steps"], metric["values"], len(metric["timestamps"])
            PROBE(f"metric @{self.priority}", name, *points)

    def resource_event(self, filename):
        PROBE(f"resource @{self.priority}", filename)

    def artifact_event(self, name, filename, metadata=None, content_type=None):
        self.note("artifact", locals())

    def completed_event(self, stop_time, result):
        self.note("completed", locals())

    def interrupted_event(self, interrupt_time, status):
        self.note("interrupted", locals())

    def failed_event(self, fail_time, fail_trace):
        PROBE(f"failed @{self.priority}", type(fail_trace), fail_trace[-1])

    def join(self):
        PROBE(f"join @{self.priority}")


class Delivered(Recorder):
    # Covered by a queue, another thread calls it: it says at the end what it was called with.


    delivered = None

    def note(self, event, known):
        self.delivered = [*(self.delivered or []), (event, sorted(known))]

    def log_metrics(self, metric_name, metric_values, info):
        self.note(f"{metric_name} {metric_values['steps']} {metric_values['values']}", {})

    def resource_event(self, filename):
        self.note("resource " + filename, {})

    def completed_event(self, stop_time, result):
        self.note("completed", {"result": result})
        self.end()

    def interrupted_event(self, interrupt_time, status):
        self.note("interrupted " + status, {})
        self.end()

    def failed_event(self, fail_time, fail_trace):
        self.note("failed " + fail_trace[-1], {})
        self.end()

    def end(self):
        PROBE(f"delivered @{self.priority}", self.delivered)

    def join(self):
        pass


class Keeping(FileStorageObserver):
    def save_file(self, filename, target_name=None):
        PROBE(f"save_file @{self.priority}", os.path.basename(filename), target_name)
        super().save_file(filename, target_name)

    def find_or_save(self, filename, store_dir):
        found = super().find_or_save(filename, store_dir)
        PROBE(f"find_or_save @{self.priority}", str(found))
        return found

    def save_json(self, obj, filename):
        if filename != "metrics.json":  # here only if there are any
            PROBE(f"save_json @{self.priority}", filename)
        if filename == "info.json":
            obj = {**obj, "kept": True}
        super().save_json(obj, filename)

    def artifact_event(self, name, filename, metadata=None, content_type=None):
        super().artifact_event("kept_" + name, filename, metadata, content_type)


class Annotated(MongoObserver):
    def started_event(self, ex_info, command, host_info, start_time, config, meta_info, _id):
        found = super().started_event(
            ex_info, command, host_info, start_time, {**config, "extra": 1}, meta_info, _id
        )
        self.run_entry["job"] = {"id": 7}
        self.save()
        return found

    def heartbeat_event(self, info, captured_out, beat_time, result):
        super().heartbeat_event({**info, "seen": True}, captured_out, beat_time, result)
"""

_FILES = (("data.txt", "one\ntwo\n"), ("more.csv", "a,b\n1,2\n"))

_OBSERVERS = {
    "recorder": "Recorder()",
    "late recorder": "Recorder(priority=50)",
    "files": "FileStorageObserver('runs')",
    "keeping": "Keeping('kept')",
    "annotated": (
        "Annotated(url=os.environ['MONGO_URL'], db_name=os.environ['MONGO_DB'],"
        " collection_prefix='own')"
    ),
    "mongo": "MongoObserver(url=os.environ['MONGO_URL'], db_name=os.environ['MONGO_DB'])",
    "tinydb": "TinyDbObserver('tiny')",
    "sql": "SqlObserver('sqlite:///runs.db')",
    "queued": "QueueObserver(Delivered(priority=7), interval=0.05, retry_interval=0.05)",
    "s3": "S3Observer(os.environ['BUCKET'], 'runs', region='eu-central-1')",
}
_HEAD = (
    "from sacred.utils import SacredInterrupt, TimeoutInterrupt, apply_backspaces_and_linefeeds",
    "",
    "class Stopped(SacredInterrupt):",
    "    STATUS = 'STOPPED'",
    "",
)


@st.composite
def observed_experiments(draw: st.DrawFn, kinds: tuple[str, ...]) -> Experiment:
    """An experiment with one to three observers of these kinds."""
    chosen = draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=3, unique=True))
    hooks = [draw(_hooks(n, draw(blocks(1)))) for n in range(draw(st.sampled_from([0, 0, 1, 2])))]
    lines = [*draw(blocks()), *draw(st.lists(INFO, max_size=2))]
    helper = Function(
        name="helper",
        decorator="capture",
        parameters="a, missing" if draw(st.booleans()) else "a, _log",
        lines=("PROBE('helper', a)", "raise RuntimeError('from helper')"),
    )
    main = Function(
        name="main",
        decorator="automain" if draw(st.booleans()) else "main",
        parameters="_run, _log, a",
        lines=(*lines, draw(ENDINGS)),
    )
    below = tuple(draw(st.lists(_ingredients(), max_size=1)))
    lines += ["PROBE('load', load())"] * len(below)
    other = Function(
        name="other",
        decorator=draw(st.sampled_from(["command", "command(unobserved=True)"])),
        parameters="_run, _log, a",
        lines=(*draw(blocks(2)), draw(ENDINGS)),
    )
    entries = draw(st.dictionaries(st.sampled_from(["b", "c"]), plain_values, max_size=2))
    inside = ", ".join(f"{name!r}: {value_text(value)}" for name, value in entries.items())
    config = Source(form="dict", text=f"{{'a': 1, {inside}}}")
    filters = ["", "", "ex.captured_out_filter = apply_backspaces_and_linefeeds"]
    tail: tuple[str, ...] = (draw(st.sampled_from(filters)),)
    if main.decorator == "main":
        tail += ("if __name__ == '__main__':", "    ex.run_commandline()")
        functions = (*hooks, helper, other, main)
        made_tail = tail
    else:
        functions, made_tail = (*hooks, helper, other), ()
    experiment = Experiment(
        ingredients=below,
        experiment=Ingredient(
            variable="ex",
            path="exp",
            sources=(config,),
            functions=functions,
            made_by="Experiment",
            uses=tuple(one.variable for one in below),
        ),
        head=(*_HEAD, *RECORDER.splitlines()),
        observers=tuple(_OBSERVERS[kind] for kind in chosen),
        tail=made_tail,
        files=_FILES,
    )
    return experiment if main.decorator == "main" else _with_automain(experiment, tail, main)


def _with_automain(experiment: Experiment, tail: tuple[str, ...], main: Function) -> Experiment:
    # It runs at once, so it comes last.
    text = [f"@ex.automain\ndef main({main.parameters}):", *(f"    {one}" for one in main.lines)]
    return Experiment(
        ingredients=experiment.ingredients,
        experiment=experiment.experiment,
        head=experiment.head,
        observers=experiment.observers,
        tail=(*tail, *text),
        files=experiment.files,
    )


@st.composite
def _ingredients(draw: st.DrawFn) -> Ingredient:
    """An ingredient with a function that main calls, and perhaps with a hook and a command."""
    functions = [
        Function(
            name="load", decorator="capture", parameters="_run, _log, _seed, size",
            lines=("PROBE('loading', size, _seed, _log.name)", *draw(blocks(1)), "return size"),
        ),
        Function(
            name="look", decorator="command", parameters="_run, a='default', size=0",
            lines=("PROBE('look', a, size)", "return load()"),
        ),
    ]  # fmt: skip
    hook = draw(_hooks(9, ["PROBE('hook of data', size)"]))
    functions += [dataclasses.replace(hook, parameters="_run, size, a=0, _log=None")] * draw(
        st.integers(0, 1)
    )
    source = Source(form="dict", text="{'size': 3}")
    return Ingredient(variable="data", path="data", sources=(source,), functions=tuple(functions))


@st.composite
def _hooks(draw: st.DrawFn, number: int, lines: list[str]) -> Function:
    ends = ["pass", "pass", "pass", "raise ValueError('from a hook')"]
    return Function(
        name=f"hook_{number}",
        decorator=draw(st.sampled_from(["pre_run_hook", "post_run_hook"])),
        parameters="_run, a, _log",
        lines=("PROBE('hook', a, _run.status)", *lines, draw(st.sampled_from(ends))),
    )


def run_options(kinds: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    """Options of a run."""
    options = [["-u"], ["-c", "a comment"], ["-P", "3"], ["--name=named"], ["-b", "20"], ["-d"],
               ["-i", "7"], ["-q"], ["-Cno"], ["-Csys"], ["-p"], ["-F", "others"],
               ["-Cfd"], ["-f"]]  # fmt: skip
    if {"mongo", "annotated"} & {*kinds}:
        options.remove(["-i", "7"])
    return st.lists(st.sampled_from(options), max_size=2, unique_by=lambda one: one[0][:2]).map(
        lambda chosen: [word for words in chosen for word in words]
    )
