"""The commands that come with the program, in the order of ``sacred --help``."""

from __future__ import annotations

from sacred.app.command import Command

_RUN = "Run programs"
_FIND, _LOOK, _COMPARE = "Find runs", "Look at a run", "Compare and report"
_ORGANIZE, _QUEUE, _SETUP = "Organize runs", "Run what is queued", "Set up"
_MODULES = "sacred.app.commands"
_SELECTS = {"--sort": "fields", "--columns": "fields"}

ls = Command(
    module=f"{_MODULES}.ls",
    group=_FIND,
    usage="[QUERY]",
    summary="list runs",
    arguments="fields",
    option_values=_SELECTS,
)
fields = Command(
    module=f"{_MODULES}.fields",
    group=_FIND,
    usage="[QUERY]",
    summary="list the fields that queries can use",
    arguments="fields",
    option_values={"--match": "fields"},
)
top = Command(
    module=f"{_MODULES}.top",
    group=_FIND,
    usage="[QUERY]",
    summary="show runs in the terminal, live",
    arguments="fields",
    option_values=_SELECTS,
)
board = Command(
    module=f"{_MODULES}.board",
    group=_FIND,
    usage="[STORE...]",
    summary="show runs in a browser, live",
    arguments="stores",
)
stores = Command(
    module=f"{_MODULES}.stores", group=_FIND, summary="list the stores of this project"
)

show = Command(
    module=f"{_MODULES}.show",
    group=_LOOK,
    usage="ID",
    summary="show everything about a run",
    arguments="ids",
)
config = Command(
    module=f"{_MODULES}.config",
    group=_LOOK,
    usage="ID [PATH]",
    summary="print its configuration as JSON or YAML",
    arguments="ids",
)
logs = Command(
    module=f"{_MODULES}.logs",
    group=_LOOK,
    usage="ID [-f]",
    summary="print its output; -f follows it until the run ends",
    arguments="ids",
)
metrics = Command(
    module=f"{_MODULES}.metrics",
    group=_LOOK,
    usage="ID [NAME]",
    summary="print its metrics as numbers or curves",
    arguments="metrics",
)
files = Command(
    module=f"{_MODULES}.files",
    group=_LOOK,
    usage="ID",
    summary="list its artifacts, resources and sources",
    arguments="ids",
)
cat = Command(
    module=f"{_MODULES}.cat",
    group=_LOOK,
    usage="ID:NAME",
    summary="print one of these files",
    arguments="ids",
)

diff = Command(
    module=f"{_MODULES}.diff",
    group=_COMPARE,
    usage="ID ID...",
    summary="show how runs differ",
    arguments="ids",
)
divergence = Command(
    module=f"{_MODULES}.divergence",
    group=_COMPARE,
    usage="A B",
    summary="show where two runs begin to differ: cause, then first effect",
    arguments="ids",
)
rerun = Command(
    module=f"{_MODULES}.rerun",
    group=_COMPARE,
    usage="ID",
    summary="repeat a run, and say whether the result is the same",
    arguments="ids",
    option_values={"--into": "stores"},
)
bundle = Command(
    module=f"{_MODULES}.bundle",
    group=_COMPARE,
    usage="ID",
    summary="pack a run into one file that repeats it elsewhere",
    arguments="ids",
)
compare = Command(
    module=f"{_MODULES}.compare",
    group=_COMPARE,
    usage="A B",
    summary="test whether two groups of runs differ by more than seeds explain",
    arguments="ids",
    option_values={"--metric": "fields", "--by": "fields"},
)
judge = Command(
    module=f"{_MODULES}.judge",
    group=_COMPARE,
    usage="CANDIDATE",
    summary="decide whether a candidate is better: KEEP, NOISE or WORSE",
    arguments="ids",
    option_values={"--metric": "fields", "--against": "ids"},
)
table = Command(
    module=f"{_MODULES}.table",
    group=_COMPARE,
    usage="[QUERY]",
    summary="make a table of results, with intervals and the significantly best",
    arguments="fields",
    option_values={"--rows": "fields", "--columns": "fields"},
)
doctor = Command(
    module=f"{_MODULES}.doctor",
    group=_COMPARE,
    usage="ID",
    summary="explain why a run may not be reproducible",
    arguments="ids",
)
cite = Command(
    module=f"{_MODULES}.cite",
    group=_COMPARE,
    usage="ID:NAME...",
    summary="print LaTeX macros that name files of runs, with digests",
    arguments="ids",
)
lineage = Command(
    module=f"{_MODULES}.lineage",
    group=_COMPARE,
    usage="ID|FILE",
    summary="show which runs made the files that a run has read",
    arguments="ids",
)
export = Command(
    module=f"{_MODULES}.export",
    group=_COMPARE,
    usage="[QUERY]",
    summary="write a report of runs as one HTML file",
    arguments="fields",
    option_values={"--sort": "fields", "--run": "ids"},
)

tag = Command(
    module=f"{_MODULES}.tag",
    group=_ORGANIZE,
    usage="ID... +TAG -TAG",
    summary="add tags to runs, or remove them",
    arguments="ids",
)
note = Command(
    module=f"{_MODULES}.note",
    group=_ORGANIZE,
    usage="ID [TEXT]",
    summary="write notes on a run",
    arguments="ids",
)
star = Command(
    module=f"{_MODULES}.star",
    group=_ORGANIZE,
    usage="ID...",
    summary="star runs",
    arguments="ids",
)
unstar = Command(
    module=f"{_MODULES}.unstar",
    group=_ORGANIZE,
    usage="ID...",
    summary="remove the star from runs",
    arguments="ids",
)
rm = Command(
    module=f"{_MODULES}.rm",
    group=_ORGANIZE,
    usage="ID...",
    summary="move runs to the trash; --undo restores them",
    arguments="ids",
)
trash = Command(
    module=f"{_MODULES}.trash",
    group=_ORGANIZE,
    usage="[ls|empty]",
    summary="list the trash, or empty it",
    arguments="ids",
)
gc = Command(
    module=f"{_MODULES}.gc",
    group=_ORGANIZE,
    usage="[--dry-run]",
    summary="empty the trash, and delete files that no run uses",
)
copy = Command(
    module=f"{_MODULES}.copy",
    group=_ORGANIZE,
    usage="FROM TO [QUERY]",
    summary="copy runs from one store to another",
    arguments="stores",
)
sync = Command(
    module=f"{_MODULES}.sync",
    group=_ORGANIZE,
    usage="[DIRECTORY]",
    summary="upload records that a store could not take earlier",
)

exec = Command(
    module=f"{_MODULES}.exec",
    group=_RUN,
    usage="-- PROGRAM",
    summary="run a program in any language, and record the run",
    arguments="programs",
)

worker = Command(
    module=f"{_MODULES}.worker",
    group=_QUEUE,
    usage="[QUERY]",
    summary="run queued runs",
    arguments="fields",
)
queue = Command(
    module=f"{_MODULES}.queue",
    group=_QUEUE,
    usage="[ls|add|hold|release|cancel|requeue|priority] [QUERY]",
    summary="show the queue, and change what is in it",
    arguments="fields",
)
sweep = Command(
    module=f"{_MODULES}.sweep",
    group=_QUEUE,
    usage="[ls|show|importance|pause|resume|retry] [NAME]",
    summary="show sweeps, and pause, resume or retry one",
)

completion = Command(
    module=f"{_MODULES}.completion",
    group=_SETUP,
    usage="SHELL",
    summary="print a completion script for bash, zsh or fish",
)
index = Command(
    module=f"{_MODULES}.index",
    group=_SETUP,
    usage="[ls|rebuild]",
    summary="show or rebuild the search indices of stores",
)
