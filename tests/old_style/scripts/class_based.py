"""An experiment that is a class, with captured methods."""
# $ with units=3 seed=1
# $ evaluate with seed=1

import os

from sacred import Experiment


class MyExperiment(Experiment):
    def __init__(self, name, **kwargs):
        self.seen = []
        super().__init__(name, save_git_info=False, **kwargs)

    def command(self, function=None, prefix=None, unobserved=False):
        captured = super().command(function, prefix=prefix, unobserved=unobserved)
        self.seen.append(captured.__name__)
        return captured

    def post_process_name(self, name, ingredient):
        return name[len(self.path) + 1 :] if ingredient == self else name


ex = MyExperiment("classy")
ex.add_config({"units": 2, "activation": "relu"})


class Trainer:
    @ex.capture
    def __init__(self, units, activation):
        self.units, self.activation = units, activation

    @ex.capture
    def fit(self, factor, units):
        return factor * units * self.units

    @staticmethod
    @ex.capture
    def name(activation):
        return activation.upper()


@ex.command
def evaluate(_seed):
    trainer = Trainer(activation="tanh")
    print(trainer.activation, trainer.units, isinstance(_seed, int))


@ex.main
def main(_config):
    trainer = Trainer()
    print(trainer.fit(10), trainer.name(), sorted(_config))
    return trainer.fit(2, units=7)


if __name__ == "__main__":
    run = ex.run_commandline()
    print(ex.seen, run.result, run.status)
