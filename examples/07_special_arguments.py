"""Special arguments: what a captured function can know about its run.

``_config`` is the configuration, ``_run`` the run, ``_log`` a logger with the name of
the function, ``_seed`` and ``_rnd`` are for randomness (see 06_randomness.py)::

    $ python 07_special_arguments.py with seed=3
    WARNING - special_arguments - No observers have been added to this run
    INFO - special_arguments - Running command 'main'
    INFO - special_arguments - Started
    INFO - build - activation is relu
    INFO - main - layers are [16, 8]
    command: main
    status:  RUNNING
    answer:  42
    INFO - special_arguments - Result: 42
    INFO - special_arguments - Completed after 0:00:00

The configuration is read-only while a run is under way::

    $ python 07_special_arguments.py cheat -l CRITICAL
    Traceback (most recent calls WITHOUT Sacred internals):
      File ".../07_special_arguments.py", line ..., in cheat
        _config["answer"] = 43
    ...
    sacred.utils.SacredError: The configuration is read-only in a captured function!
"""

from sacred import Experiment

ex = Experiment("special_arguments")


@ex.config
def settings():
    answer = 42
    model = {"layers": [16, 8], "activation": "relu"}


@ex.capture(prefix="model")
def build(_config, _log):
    # With a prefix, _config is the part below it.
    _log.info("activation is %s", _config["activation"])
    return _config["layers"]


@ex.command
def cheat(_config):
    """Try to change the configuration."""
    _config["answer"] = 43


@ex.automain
def main(_config, _run, _log):
    _log.info("layers are %s", build())
    print("command:", _run.meta_info["command"])
    print("status: ", _run.status)
    print("answer: ", _config["answer"])
    return _config["answer"]
