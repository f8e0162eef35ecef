"""Commands: several entry points in one script.

Each function under ``@ex.command`` can be named on the command line; it is a captured
function like the others::

    $ python 05_my_commands.py -l ERROR
    This is the main function. Try: greet or shout world.

    $ python 05_my_commands.py greet -l ERROR with name=Ada
    Hello Ada! Nice to greet you.

    $ python 05_my_commands.py help greet
    greet(name)
        Say hello to somebody.

        Set ``name`` to choose whom.

``help`` alone shows all commands and options. A command that does not exist::

    $ python 05_my_commands.py gret
    Usage:
      05_my_commands.py [(with UPDATE...)] [options]
      05_my_commands.py help [COMMAND]
      05_my_commands.py (-h | --help)
      05_my_commands.py COMMAND [(with UPDATE...)] [options]
    Error: Command "gret" not found. Available commands are: ..., greet, shout, main
    Did you mean "greet"?
"""

from sacred import Experiment

ex = Experiment("my_commands")


@ex.config
def settings():
    name = "world"


@ex.command
def greet(name):
    """
    Say hello to somebody.

    Set ``name`` to choose whom.
    """
    print(f"Hello {name}! Nice to greet you.")


@ex.command(unobserved=True)
def shout(name):
    """Say hello loudly. Observers are not told about it."""
    print(f"HELLO {name.upper()}!")


@ex.automain
def main(name):
    """Tell what there is."""
    print(f"This is the main function. Try: greet or shout {name}.")
