"""Hello world: the smallest experiment.

An experiment needs a main function and nothing else. It is called like its script.
``@ex.automain`` reads the command line when the file runs as a script::

    $ python 01_hello_world.py
    WARNING - 01_hello_world - No observers have been added to this run
    INFO - 01_hello_world - Running command 'main'
    INFO - 01_hello_world - Started
    Hello world!
    INFO - 01_hello_world - Completed after 0:00:00

The log lines go to stderr, what the experiment prints goes to stdout. ``-l`` sets
how much is logged::

    $ python 01_hello_world.py -l ERROR
    Hello world!
"""

from sacred import Experiment

ex = Experiment()


@ex.automain
def main():
    print("Hello world!")
