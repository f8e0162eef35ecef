"""Call functions whose arguments come from the configuration."""

import _tools

COUNT = _tools.scaled(100_000)
seconds = {}


def function(a, b, c):
    pass


def measure(prefix, called):
    seconds[prefix] = _tools.per_call(called, COUNT)


def by_hand():
    """The least: a closure that merges three values into the keywords."""
    values = {"a": 1, "b": 2, "c": 3}

    def called(*args, **kwargs):
        return function(*args, **{**values, **kwargs})

    return called


def in_a_run(prefix, more):
    from sacred import Experiment

    ex = _tools.quiet(Experiment(f"calls{more}", save_git_info=False))
    ex.add_config({"a": 1, "b": 2, "c": 3})
    ex.add_config({f"entry_{number}": number for number in range(more)})
    captured = ex.capture(function)

    @ex.main
    def main():
        measure(prefix, captured)

    ex.run()


if _tools.IS_LIMIT:
    measure("", by_hand())
    measure("large_", by_hand())
else:
    in_a_run("", 0)
    in_a_run("large_", 197)

_tools.report(
    call=seconds[""],
    large_call=seconds["large_"],
    large_ratio=seconds["large_"] / seconds[""],
)
