"""What notebooks do: an interactive experiment whose cells are run twice."""
# $

import sys

from sacred import Experiment

sys.argv = ["ipykernel_launcher.py", "-f", "kernel.json"]


def cell():
    ex = Experiment("notebook", interactive=True, save_git_info=False)

    @ex.config
    def config():
        c, gamma = 1.0, 0.7
        kernel = "rbf"

    @ex.main
    def run(c, gamma, kernel):
        return "{} {} {}".format(c, gamma, kernel)

    return ex


for updates in ({}, {"c": 2.5}, {"kernel": "linear"}):
    updates["seed"] = 1
    done = cell().run(config_updates=updates, options={"--loglevel": "ERROR"})
    print(done.result, done.status, sorted(done.config))
ex = cell()
ex.add_config(seed=2)
print(ex.run(options={"--loglevel": "ERROR"}).result, ex.current_run.result, ex.path)
