"""Hooks of all sorts, an option of one's own, an interrupted run, a filter of the output."""
# $ with size=3 seed=1
# $ with size=3 seed=1 --banner=HELLO
# $ with stop=True seed=1
# $ with gpu=True seed=1

import sys

from sacred import SETTINGS, Experiment, Ingredient, cli_option
from sacred.observers import FileStorageObserver
from sacred.utils import apply_backspaces_and_linefeeds

SETTINGS.CAPTURE_MODE = "sys"


@cli_option("-B", "--banner")
def banner(args, run):
    """Print a banner."""
    run.info["banner"] = args


paths = Ingredient("paths")
paths.add_config(root="/data", cache=None)


@paths.config_hook
def place(config, command_name, logger):
    return {"cache": config["paths"]["root"] + "/cache/" + command_name}


@paths.pre_run_hook
def prepare(root):
    print("preparing", root)


ex = Experiment("hooked", ingredients=[paths], additional_cli_options=[banner], save_git_info=False)
ex.captured_out_filter = apply_backspaces_and_linefeeds
ex.observers.append(FileStorageObserver("runs"))


@ex.config
def config():
    size = 1
    gpu = False
    stop = False


@ex.config_hook
def device(config, command_name, logger):
    config.update(device="cuda" if config["gpu"] else "cpu")
    return config


@ex.pre_run_hook
def before(device):
    print("on", device)


@ex.post_run_hook
def after(_run):
    print("result is", _run.result)


@ex.automain
def main(size, stop, paths, _run):
    for i in range(size):
        sys.stdout.write("\rprogress %d" % i)
    print()
    if stop:
        raise KeyboardInterrupt
    print(paths["cache"], _run.info)
    return size
