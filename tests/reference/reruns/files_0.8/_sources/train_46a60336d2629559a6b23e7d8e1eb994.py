"""A script as many projects have it."""
import os
from sacred import Experiment
from sacred.observers import FileStorageObserver
from model import Model

ex = Experiment("old project")
ex.observers.append(FileStorageObserver("runs"))


@ex.config
def config():
    lr = 0.5
    layers = (8, 16)
    opt = {"name": "adam", "betas": [0.9, 0.999]}
    steps = 3


@ex.named_config
def long():
    steps = 5


@ex.capture(prefix="opt")
def describe(name, betas):
    return "%s %s" % (name, betas[0])


@ex.automain
def main(_run, _rnd, _seed, lr, layers, steps):
    with ex.open_resource("data.csv") as file:
        scale = float(file.read())
    model = Model(layers)
    for step in range(steps):
        _run.log_scalar("loss", lr * scale / (step + 1) + float(_rnd.random()), step * 10)
    print("trained", describe(), _seed)
    with open("model.txt", "w") as file:
        file.write(str(model.size()))
    _run.add_artifact("model.txt")
    _run.info["place"] = os.path.basename(_run.observers[0].dir)
    if steps > 6:
        raise ValueError("diverged")
    return float(lr * _rnd.random())
