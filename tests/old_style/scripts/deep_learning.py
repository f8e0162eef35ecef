"""Training with ingredients for data and model, metrics per epoch, a checkpoint as artifact."""
# $ with model.hidden=8 data.noise=0.5 seed=3 -F runs
# $ train with small optimizer.lr=0.1 seed=3
# $ print_config with small seed=3

import json

import numpy as np
from sacred import Experiment, Ingredient

data = Ingredient("data")
model = Ingredient("model", ingredients=[data])


@data.config
def data_config():
    n = 20  # number of samples
    noise = 0.1
    shape = (n, 2)


@data.capture
def load(n, noise, _rnd):
    x = _rnd.normal(size=(n, 2))
    return x, x.sum(axis=1) + noise * _rnd.normal(size=n)


@model.config
def model_config(data):
    hidden = 4
    inputs = data["shape"][1]
    layers = [inputs, hidden, 1]


@model.named_config
def wide():
    hidden = 64


@model.capture
def build(layers, _seed):
    rng = np.random.default_rng(_seed)
    return [rng.normal(size=pair) for pair in zip(layers, layers[1:])]


ex = Experiment("deep", ingredients=[data, model], save_git_info=False)


@ex.config
def config(model):
    """All settings of the training."""
    epochs = 3
    optimizer = {"name": "sgd", "lr": 0.01}
    steps = epochs * 2
    name = "net_{}".format(model["hidden"])


@ex.named_config
def small():
    epochs = 1
    model = {"hidden": 2}


@ex.capture(prefix="optimizer")
def step(weights, lr, name):
    return [w * (1 - lr) for w in weights], name


@ex.command
def train(epochs, name, _run):
    x, y = load()
    weights = build()
    for epoch in range(epochs):
        weights, _ = step(weights)
        loss = float(np.mean((x @ weights[0] @ weights[1] - y[:, None]) ** 2))
        _run.log_scalar("train.loss", loss, epoch)
        print("epoch", epoch, "loss %.6f" % loss)
    with open("weights.json", "w") as file:
        json.dump([w.tolist() for w in weights], file)
    _run.add_artifact("weights.json", name=name + ".json")
    return round(loss, 6)


@ex.automain
def main():
    return train()
