"""An observer derived from the one for files, and one of one's own, as many projects have them."""
# $ with lr=0.5 seed=1
# $ with fails=True seed=1

import json
import os

from sacred import SETTINGS, Experiment
from sacred.observers import FileStorageObserver, RunObserver

SETTINGS.CAPTURE_MODE = "sys"


class Summary(FileStorageObserver):
    def started_event(self, ex_info, command, host_info, start_time, config, meta_info, _id):
        _id = super().started_event(ex_info, command, host_info, start_time, config, meta_info, _id)
        self.save_json({"lr": config["lr"], "command": command}, "summary.json")
        return _id

    def completed_event(self, stop_time, result):
        self.run_entry["verdict"] = "good" if result > 1 else "bad"
        super().completed_event(stop_time, result)


class Log(RunObserver):
    priority = 100

    def __init__(self, path):
        self.path = path

    def write(self, *words):
        with open(self.path, "a") as file:
            print(*words, file=file)

    def started_event(self, ex_info, command, host_info, start_time, config, meta_info, _id):
        self.write("started", ex_info["name"], command, config["lr"], _id)

    def completed_event(self, stop_time, result):
        self.write("completed", result)

    def failed_event(self, fail_time, fail_trace):
        self.write("failed", fail_trace[-1].strip())


ex = Experiment("observed", save_git_info=False)
ex.observers.append(Summary("runs"))
ex.observers.append(Log("log.txt"))


@ex.config
def config():
    lr = 0.1
    fails = False


@ex.automain
def main(lr, fails, _run):
    print("directory", os.path.basename(_run.observers[1].dir))
    if fails:
        raise ValueError("as told")
    return lr * 4
