"""What errors about entries of a configuration say, wherever they are raised."""

import pytest

from sacred import Experiment, Ingredient
from sacred.utils import InvalidConfigError

QUIET = {"--loglevel": "CRITICAL"}


@pytest.fixture
def experiment():
    """An experiment with an ingredient; each complains when it is asked to."""
    data = Ingredient("data", interactive=True)

    @data.config
    def sizes():
        n = 4
        deep = {"m": 5}
        if n == 11:
            raise InvalidConfigError("scope", "n", "deep.m")

    @data.named_config
    def bad():
        n = 12
        raise InvalidConfigError("named config", "n")

    @data.capture(prefix="deep")
    def load(m):
        raise InvalidConfigError("function", "m", "a")

    ex = Experiment("complains", ingredients=[data], interactive=True)
    ex.add_config(a=1)

    @ex.main
    def main(a):
        if a == 7:
            raise InvalidConfigError("main", "a", "data.n")
        load()

    return ex


@pytest.mark.parametrize(
    ("updates", "named", "lines"),
    [
        ({"data.n": 11}, (), ["scope", "data.n=11", "data.deep.m=5"]),
        ({}, ("data.bad",), ["named config", "data.n=12"]),
        ({"a": 7}, (), ["main", "a=7", "data.n=4"]),
        ({}, (), ["function", "data.deep.m=5", "a=1"]),
    ],
)
def test_entries_have_their_full_paths_and_values(experiment, updates, named, lines):
    """In scopes, named configs and functions of ingredients as in the main function."""
    with pytest.raises(InvalidConfigError) as caught:
        experiment.run(config_updates=updates, named_configs=named, options=QUIET)
    message, *values = lines
    assert str(caught.value).splitlines() == [
        message,
        "Conflicting configuration values:",
        *(f"  {value}" for value in values),
    ]
