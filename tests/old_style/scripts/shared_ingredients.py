"""Two experiments over one ingredient, commands of ingredients, an experiment as ingredient."""
# $ with data.name=cifar seed=9
# $ data.stats with data.name=cifar seed=9
# $ pretrain.show with seed=9 pretrain.rounds=2
# $ print_named_configs with seed=9
# $ nothing

from sacred import Experiment, Ingredient

data = Ingredient("data")


@data.config
def data_config():
    name = "mnist"
    split = {"train": 0.8, "test": 0.2}


@data.named_config
def tiny():
    """A small one."""
    name = "tiny"


@data.capture
def load(name, split, _log):
    _log.warning("loading %s", name)
    return "{}:{}".format(name, split["train"])


@data.command(unobserved=True)
def stats(name, _seed):
    """Print what is known."""
    print("stats of", name, _seed)


pretrain = Experiment("pretrain", ingredients=[data], save_git_info=False)
pretrain.add_config(rounds=1)


@pretrain.command
def show(rounds, _rnd):
    print("rounds", rounds, _rnd.integers(1000))


ex = Experiment("finetune", ingredients=[pretrain, data], save_git_info=False)


@ex.config
def config(pretrain):
    total = pretrain["rounds"] + 1


@ex.automain
def main(total, _seed, data):
    print(load(), total, _seed, data["name"])
