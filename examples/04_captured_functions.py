"""Captured functions: parameters come from the configuration.

``@ex.capture`` works on any function, not just the main one. An argument in the call
wins over the configuration, and the configuration wins over the default. ``prefix``
shows a function only one part of the configuration::

    $ python 04_captured_functions.py -l ERROR
    ******** Hello world! ********
    ********** Bonjour le monde! ***********

    $ python 04_captured_functions.py -l ERROR with name=Ada punctuation=. decoration.char=-
    --------- Hello Ada. ---------
    ---------- Bonjour le monde. -----------

A value that nobody sets is missed by name::

    $ python 04_captured_functions.py forget
    WARNING - captured_functions - No observers have been added to this run
    INFO - captured_functions - Running command 'forget'
    INFO - captured_functions - Started
    ERROR - captured_functions - Failed after 0:00:00!
    Usage:
      04_captured_functions.py [(with UPDATE...)] [options]
      04_captured_functions.py help [COMMAND]
      04_captured_functions.py (-h | --help)
      04_captured_functions.py COMMAND [(with UPDATE...)] [options]
    sacred.utils.MissingConfigError: message is missing value(s): ['greeting']
"""

from sacred import Experiment

ex = Experiment("captured_functions")


@ex.config
def settings():
    name = "world"
    decoration = {"char": "*", "width": 30}


@ex.capture
def message(greeting, name, punctuation="!"):
    return f"{greeting} {name}{punctuation}"


@ex.capture(prefix="decoration")
def frame(text, char, width):
    return f" {text} ".center(width, char)


@ex.command
def forget():
    """Call a captured function without an argument that it needs."""
    print(message())


@ex.automain
def main():
    print(frame(message("Hello")))
    print(frame(message("Bonjour", name="le monde"), width=40))
