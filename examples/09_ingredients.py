"""Ingredients: parts that several experiments share.

An ingredient has its own configuration, captured functions, commands and named
configs. In the configuration of the experiment it stands under its path::

    $ python 09_ingredients.py print_config with seed=1
    INFO - ingredients - Running command 'print_config'
    INFO - ingredients - Started
    Configuration (modified, added, typechanged, doc):
      factor = 3                         # an ingredient's entries can be read
      seed = 1                           # the random seed for this experiment
      dataset:
        normalize = False
        numbers = [1, 2, 3]
    INFO - ingredients - Completed after 0:00:00

    $ python 09_ingredients.py -l ERROR
    [3.0, 6.0, 9.0]

Its entries and named configs are reached through the path::

    $ python 09_ingredients.py -l ERROR with dataset.numbers=[4,5] dataset.normalized
    [1.6, 2.0]

So are its commands::

    $ python 09_ingredients.py dataset.describe -l ERROR
    3 numbers from 1 to 3

Usually an ingredient lives in a module of its own; here it is all in one file.
"""

from sacred import Experiment, Ingredient

# ------------------------------------------------------------- the ingredient

dataset = Ingredient("dataset")


@dataset.config
def dataset_settings():
    numbers = [1, 2, 3]
    normalize = False


@dataset.named_config
def normalized():
    normalize = True


@dataset.capture
def load(numbers, normalize):
    top = max(numbers) if normalize else 1
    return [number / top for number in numbers]


@dataset.command
def describe(numbers):
    """Tell something about the data."""
    print(f"{len(numbers)} numbers from {min(numbers)} to {max(numbers)}")


# ------------------------------------------------------------- the experiment

ex = Experiment("ingredients", ingredients=[dataset])


@ex.config
def settings(dataset):
    factor = len(dataset["numbers"])  # an ingredient's entries can be read


@ex.automain
def main(factor):
    print([factor * number for number in load()])
