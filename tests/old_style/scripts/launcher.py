"""A launcher that runs one experiment again and again, catching what goes wrong."""
# $

import itertools

from sacred import Experiment
from sacred.utils import ConfigAddedError, SacredInterrupt

ex = Experiment("job", save_git_info=False)


class Pruned(SacredInterrupt):
    STATUS = "PRUNED"


@ex.config
def config():
    depth = 2
    width = depth * 4
    solver = {"name": "adam", "beta": 0.9}


@ex.named_config
def deep():
    depth = 8


@ex.main
def main(depth, width, solver, _seed, _run):
    if solver["name"] == "broken":
        raise ZeroDivisionError("broken solver")
    if width > 30:
        raise Pruned("too wide")
    return depth * width


quiet = {"--loglevel": "CRITICAL"}
for depth, name in itertools.product((1, 3, 8), ("adam", "broken")):
    updates = {"depth": depth, "solver": {"name": name}, "seed": depth}
    try:
        run = ex.run(config_updates=updates, options=quiet)
        print(depth, name, run.result, run.status, run.config["solver"])
    except ZeroDivisionError as error:
        print(depth, name, "error", error, ex.current_run.status)
    except Pruned as error:
        print(depth, name, "pruned", ex.current_run.status)
print(ex.run(named_configs=["deep"], config_updates={"width": 1}, options=quiet).config["depth"])
print(ex.run("print_config", config_updates={"seed": 2}, options=quiet).status)
try:
    ex.run(config_updates={"dpeth": 3}, options=quiet)
except ConfigAddedError:
    print("no such entry")
