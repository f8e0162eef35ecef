"""Configuration from a dict.

Each entry of the configuration is filled into the parameter of the same name::

    $ python 02_hello_config_dict.py -l ERROR
    Hello world!

``with`` sets entries from the command line. Values are Python literals; what is not
one is text::

    $ python 02_hello_config_dict.py -l ERROR with name=Ada times=2
    Hello Ada!
    Hello Ada!

A name with a typo does not pass unnoticed::

    $ python 02_hello_config_dict.py with nmae=Ada
    sacred.utils.ConfigAddedError: Added new config entry that is not used anywhere
    Conflicting configuration values:
      nmae='Ada'
    Possible config keys are: {'name', 'seed', 'times'}
    Did you mean "name"?
"""

from sacred import Experiment

ex = Experiment("hello_config_dict")
ex.add_config({"name": "world", "times": 1})


@ex.automain
def main(name, times):
    for _ in range(times):
        print(f"Hello {name}!")
