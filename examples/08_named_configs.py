"""Named configs: sets of values with a name.

``with`` takes the name of a named config, or of a config file, like an update::

    $ python 08_named_configs.py -l ERROR
    10 epochs, learning rate 0.1, schedule [0.1, 0.05, 0.025]

    $ python 08_named_configs.py -l ERROR with thorough
    200 epochs, learning rate 0.02, schedule [0.02, 0.01, 0.005]

An update wins over a named config, wherever it stands, and a later named config over
an earlier one::

    $ python 08_named_configs.py -l ERROR with epochs=7 thorough
    7 epochs, learning rate 0.02, schedule [0.02, 0.01, 0.005]

    $ python 08_named_configs.py -l ERROR with thorough careful
    400 epochs, learning rate 0.05, schedule [0.05, 0.025, 0.0125]

``save_config`` writes a configuration to a file, which works as a named config::

    $ python 08_named_configs.py save_config -l ERROR with thorough seed=1 config_filename=mine.json

    $ python 08_named_configs.py -l ERROR with mine.json
    200 epochs, learning rate 0.02, schedule [0.02, 0.01, 0.005]

All that there are::

    $ python 08_named_configs.py print_named_configs
    INFO - named_configs - Running command 'print_named_configs'
    INFO - named_configs - Started
    Named Configurations (doc):
      thorough   # Train for long.
      careful   # Half the learning rate, twice the epochs.
      quick
    INFO - named_configs - Completed after 0:00:00
"""

from sacred import Experiment

ex = Experiment("named_configs")


@ex.config
def settings():
    epochs = 10
    learning_rate = 0.1
    schedule = [round(learning_rate / 2**step, 4) for step in range(3)]


@ex.named_config
def thorough():
    """Train for long."""
    epochs = 200
    learning_rate = 0.02


@ex.named_config
def careful(epochs):
    """Half the learning rate, twice the epochs."""
    epochs = 2 * epochs
    learning_rate = 0.05


ex.add_named_config("quick", {"epochs": 1})


@ex.automain
def main(epochs, learning_rate, schedule):
    print(f"{epochs} epochs, learning rate {learning_rate}, schedule {schedule}")
