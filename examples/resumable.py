"""A training that saves its state, and goes on from there after it was asked to end.

The first attempt gets SIGTERM in its fourth epoch, as from Slurm or a cloud. The second one goes
on with the fifth::

    $ python resumable.py -F runs -l ERROR
    epoch 1 of 8: loss 0.5000
    epoch 2 of 8: loss 0.2500
    epoch 3 of 8: loss 0.1250
    epoch 4 of 8: loss 0.0625
    asked to end; the state is saved
    $ python resumable.py -F runs -l ERROR --resume 1
    going on with epoch 5
    epoch 5 of 8: loss 0.0312
    epoch 6 of 8: loss 0.0156
    epoch 7 of 8: loss 0.0078
    epoch 8 of 8: loss 0.0039

docs/guides/preemption.rst explains it.
"""

import json
import os
import signal

from sacred import Experiment

ex = Experiment("resumable")


@ex.config
def settings():
    epochs = 8
    preempted_in = 4  # epoch in which the first attempt is asked to end


@ex.automain
def main(epochs, preempted_in, _run):
    state = {"epoch": 0, "loss": 1.0}
    if path := _run.last_artifact("checkpoint.json"):
        with open(path, encoding="utf-8") as file:
            state = json.load(file)
        print(f"going on with epoch {state['epoch'] + 1}")

    while state["epoch"] < epochs:
        epoch = state["epoch"] + 1
        state = {"epoch": epoch, "loss": state["loss"] / 2}  # in place of a training
        print(f"epoch {epoch} of {epochs}: loss {state['loss']:.4f}")
        _run.log_scalar("loss", state["loss"], epoch)
        if epoch == preempted_in and not _run.resumed:
            os.kill(os.getpid(), signal.SIGTERM)  # as Slurm does, or the cloud
        _run.add_artifact(json.dumps(state).encode(), "checkpoint.json")
        if _run.should_stop():
            print("asked to end; the state is saved")
            return None
    return state["loss"]
