"""Experiments whose runs print, measure, store files, and end in every way; and observers."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.differential.model import Experiment, Function, Ingredient, Source
from tests.differential.values import plain_values, value_text

__all__ = ["RECORDER", "observed_experiments", "run_options"]

#: An observer that writes down what it is called with, as real projects write them.
RECORDER = """
class Recorder(RunObserver):
    def __init__(self, priority=0):
        self.priority = priority

    def note(self, event, known):
        if "host_info" in known:
            known = {**known, "host_info": sorted(known["host_info"])}
        PROBE(f"{event} @{self.priority}", dict(sorted(known.items())))

    def queued_event(self, **known):
        self.note("queued", known)
        return known["_id"] or "recorded"

    def started_event(self, **known):
        self.note("started", known)
        return known["_id"] or "recorded"

    def heartbeat_event(self, **known):
        self.note("heartbeat", known)

    def log_metrics(self, metrics_by_name, info):
        for name, metric in metrics_by_name.items():
            points = metric["steps"], metric["values"], len(metric["timestamps"])
            PROBE(f"metric @{self.priority}", name, *points)

    def resource_event(self, filename):
        PROBE(f"resource @{self.priority}", filename)

    def artifact_event(self, **known):
        self.note("artifact", known)

    def completed_event(self, **known):
        self.note("completed", known)

    def interrupted_event(self, **known):
        self.note("interrupted", known)

    def failed_event(self, fail_time, fail_trace):
        PROBE(f"failed @{self.priority}", type(fail_trace), fail_trace[-1])

    def join(self):
        PROBE(f"join @{self.priority}")
"""

_FILES = (("data.txt", "one\ntwo\n"), ("more.csv", "a,b\n1,2\n"))

_LINES = st.sampled_from(
    [
        "print('hello')",
        "print('ünïcode')",
        "sys.stdout.write('no newline')",
        "print('to stderr', file=sys.stderr)",
        "print('a\\rb\\x08c')",
        "_log.info('logged')",
        "_log.warning('warned %s', 1)",
        "ex.log_scalar('loss', 0.5)",
        "_run.log_scalar('loss', 1, 10)",
        "_run.log_scalar('acc', np.float32(0.25), step=3)",
        "_run.log_scalar('a.b', np.int64(2))",
        "for i in range(3): _run.log_scalar('loop', i * 2)",
        "ex.open_resource('data.txt').close()",
        "_run.open_resource('data.txt', 'rb').close()",
        "ex.add_resource('more.csv')",
        "open('out.txt', 'w').write('made'); ex.add_artifact('out.txt')",
        "open('out.txt', 'w').write('made'); _run.add_artifact('out.txt', name='other.bin')",
        "open('out.json', 'w').write('{}'); ex.add_artifact('out.json', metadata={'k': 1})",
        "ex.add_artifact('data.txt', content_type='text/csv')",
        "_run.add_artifact(filename='data.txt', name='first')",
        "PROBE('state', _run.status, _run._id, ex.current_run is _run)",
        "ex.add_artifact('absent.txt')",
        "ex.add_resource('absent.txt')",
        "_run.meta_info['mine'] = 1",
        "PROBE('observers', [type(one).__name__ for one in _run.observers])",
    ]
)
_INFO = st.one_of(
    plain_values.map(lambda value: f"_run.info['k'] = {value_text(value)}"),
    st.sampled_from(
        [
            "ex.info['n'] = np.arange(2)",
            "ex.info['f'] = np.float64(1.5)",
            "_run.info.setdefault('losses', []).append(0.5)",
            "_run.info['t'] = (1, 2)",
            "_run.info['d'] = {1: 'int key'}",
            "_run.info['a.b'] = {'$c': 1}",
        ]
    ),
)
_ENDINGS = st.one_of(
    plain_values.map(lambda value: f"return {value_text(value)}"),
    st.sampled_from(
        [
            "return (1, 'b')",
            "return {'acc': 0.5, 'list': [1, 2]}",
            "pass",
            "pass",
            "raise ValueError('broken')",
            "raise KeyboardInterrupt",
            "raise Stopped('by hand')",
            "raise TimeoutInterrupt()",
            "raise SacredInterrupt()",
            "sys.exit(3)",
            "sys.exit('a text')",
            "1 / 0",
            "{}['key']",
            "helper()",
            "assert False, 'no'",
        ]
    ),
)
_OBSERVERS = {
    "recorder": "Recorder()",
    "late recorder": "Recorder(priority=50)",
    "files": "FileStorageObserver('runs')",
    "mongo": "MongoObserver(url=os.environ['MONGO_URL'], db_name=os.environ['MONGO_DB'])",
    "tinydb": "TinyDbObserver('tiny')",
    "sql": "SqlObserver('sqlite:///runs.db')",
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
    all_lines = draw(st.lists(_LINES, max_size=5, unique=True))
    number = draw(st.sampled_from([0, 0, 1, 2]))
    hooks = [draw(_hooks(n, line)) for n, line in enumerate(all_lines[:number])]
    lines = [*all_lines[number:], *draw(st.lists(_INFO, max_size=2))]
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
        lines=(*lines, draw(_ENDINGS)),
    )
    entries = draw(st.dictionaries(st.sampled_from(["b", "c"]), plain_values, max_size=2))
    inside = ", ".join(f"{name!r}: {value_text(value)}" for name, value in entries.items())
    config = Source(form="dict", text=f"{{'a': 1, {inside}}}")
    filters = ["", "", "ex.captured_out_filter = apply_backspaces_and_linefeeds"]
    tail: tuple[str, ...] = (draw(st.sampled_from(filters)),)
    if main.decorator == "main":
        tail += ("if __name__ == '__main__':", "    ex.run_commandline()")
        functions = (*hooks, helper, main)
        made_tail = tail
    else:
        functions, made_tail = (*hooks, helper), ()
    experiment = Experiment(
        ingredients=(),
        experiment=Ingredient(
            variable="ex", path="exp", sources=(config,), functions=functions, made_by="Experiment"
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
def _hooks(draw: st.DrawFn, number: int, line: str) -> Function:
    ends = ["pass", "pass", "pass", "raise ValueError('from a hook')"]
    return Function(
        name=f"hook_{number}",
        decorator=draw(st.sampled_from(["pre_run_hook", "post_run_hook"])),
        parameters="_run, a, _log",
        lines=("PROBE('hook', a, _run.status)", line, draw(st.sampled_from(ends))),
    )


def run_options(kinds: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    """Options of a run."""
    options = [["-u"], ["-c", "a comment"], ["-P", "3"], ["--name=named"], ["-b", "20"], ["-d"],
               ["-i", "7"], ["-q"], ["-Cno"], ["-Csys"], ["-p"], ["-F", "others"]]  # fmt: skip
    if "mongo" in kinds:
        options.remove(["-i", "7"])
    return st.lists(st.sampled_from(options), max_size=2, unique_by=lambda one: one[0][:2]).map(
        lambda chosen: [word for words in chosen for word in words]
    )
