"""The smallest experiment with a configuration."""

from sacred import Experiment

ex = Experiment("hello")


@ex.config
def settings():
    recipient = "world"
    message = f"Hello, {recipient}!"


@ex.automain
def main(message):
    print(message)
