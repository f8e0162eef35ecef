"""Programs with and without strace around them."""

import os
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


def seconds_of(words):
    began = time.perf_counter()
    subprocess.run(words, check=True)
    return time.perf_counter() - began


def program(text):
    return [sys.executable, "-S", "-E", "-c", text]


with open("file", "w"):
    pass
if IS_LIMIT:
    report(computing=seconds_of(program(COMPUTING)), opening=seconds_of(program(OPENING)))
else:
    from sacred.exec.tracing.strace import Tracer, read_trace, tracer_for

    tracer = tracer_for(sys.executable)
    if not isinstance(tracer, Tracer):
        sys.exit(f"strace is needed: {tracer}")
    computing = seconds_of([*tracer.words_for("trace"), *program(COMPUTING)])
    opening = seconds_of([*tracer.words_for("trace"), *program(OPENING)])
    began = time.process_time()
    read_trace("trace", os.getcwd())
    report(computing=computing, opening=opening, reading=time.process_time() - began)
