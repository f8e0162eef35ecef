"""An experiment that lives in a module, to be pickled by tests."""

from __future__ import annotations

from sacred import Experiment, Ingredient

data = Ingredient("data")
ex = Experiment("sample", ingredients=[data])
ex.add_config(factor=2)


@ex.capture
def work(x: int, factor: int) -> int:
    """Multiply."""
    return x * factor


def make() -> Experiment:
    """An experiment that no module variable holds."""
    made = Experiment("made")

    @made.config
    def config() -> None:
        a = 1

    @made.main
    def main(a: int) -> int:
        return a

    return made
