"""Programs with and without strace around them: processor time of program and tracer."""

import os
import resource
import subprocess
import sys
import time

from _tools import IS_LIMIT, report, scaled

COMPUTING = f"for i in range({scaled(20_000_000)}): pass"
OPENING = f"""
import os
for i in range({scaled(20_000)}):
    os.close(os.open("file", os.O_RDONLY))
"""
IMPORTING = "import numpy"
#: The least that strace can do to see which files are opened.
BARE_STRACE = ["strace", "-f", "--seccomp-bpf", "-e", "trace=openat", "-o", "trace", "--"]


def seconds_of(words):
    """CPU, as another one who uses the machine changes the time on the clock by far more."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(words, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def program(text, *options):
    return [sys.executable, *options, "-c", text]


PROGRAMS = {
    "computing": program(COMPUTING, "-S", "-E"),
    "importing": program(IMPORTING),
    "opening": program(OPENING, "-S", "-E"),
}
with open("file", "w"):
    pass
if IS_LIMIT:
    measures = {name: seconds_of(words) for name, words in PROGRAMS.items()}
    measures["beside"] = seconds_of([*BARE_STRACE, *PROGRAMS["opening"]])
    report(**measures)
else:
    from sacred.exec.tracing.strace import Tracer, read_trace, tracer_for

    tracer = tracer_for(sys.executable)
    if not isinstance(tracer, Tracer):
        sys.exit(f"strace is needed: {tracer}")
    # Not as a grandchild: nobody would know how much time it takes.
    tracing = [word for word in tracer.words_for("trace") if word != "-DDD"]
    measures = {name: seconds_of([*tracing, *words]) for name, words in PROGRAMS.items()}
    began = time.process_time()
    read_trace("trace", os.getcwd())
    reading = time.process_time() - began
    report(**measures, beside=measures["opening"], reading=reading)
