"""Captured calls in a run with a tape (``--tape``), and in one without."""

import _tools
import numpy

from sacred import Experiment
from sacred.lifecycle.tape import MAX_EVENTS

# Behind the last event that it keeps, a tape costs less; a call makes several.
CALLS = min(_tools.scaled(1_000), MAX_EVENTS // 16)
MEGABYTE = numpy.zeros(131_072)
seconds = {}

ex = _tools.quiet(Experiment("taped", save_git_info=False))
ex.add_config(a=1, b=2.5, c="text", seed=1)


@ex.capture
def plain(a, b, c):
    pass


@ex.capture
def random(a, _rnd):
    _rnd.random()


@ex.capture
def array(a, data):
    pass


@ex.main
def main():
    seconds["plain"] = _tools.per_call(plain, CALLS)
    seconds["random"] = _tools.per_call(random, CALLS)
    seconds["array"] = _tools.per_call(lambda: array(data=MEGABYTE), _tools.scaled(100))


ex.run(options={} if _tools.IS_LIMIT else {"--tape": True})
_tools.report(**seconds)
