"""Configuration from files of several forms, and a dict; saved and loaded again."""
# $ with seed=4
# $ with base.yaml override.json model.depth=9 seed=4
# $ save_config with base.yaml seed=4 config_filename=saved.json

import json

from sacred import Experiment

with open("base.yaml", "w") as file:
    file.write("model:\n  depth: 5\n  act: gelu\nnames: [a, b]\n")
with open("override.json", "w") as file:
    json.dump({"model": {"act": "relu"}, "names": []}, file)

ex = Experiment("files", save_git_info=False)
ex.add_config({"model": {"depth": 1, "act": "tanh", "drop": 0.5}, "names": ["x"]})
ex.add_config("base.yaml")
ex.add_named_config("big", {"model": {"depth": 50}})
ex.add_named_config("override", "override.json")


@ex.config
def derived(model, names):
    label = "{}-{}".format(model["act"], model["depth"])
    count = len(names)


@ex.automain
def main(_config, label):
    print(json.dumps(_config, sort_keys=True))
    return label
