"""Call functions that take a seed, or a generator, of their own."""

import _tools

COUNT = _tools.scaled(20_000)


def measure(with_seed, with_generator):
    _tools.report(
        seed=_tools.per_call(with_seed, COUNT), generator=_tools.per_call(with_generator, COUNT)
    )


def by_hand():
    import numpy

    rnd = numpy.random.default_rng(1)

    def seeded():
        return int(rnd.integers(1, 1_000_000_000, dtype=int))

    measure(seeded, lambda: numpy.random.default_rng(seeded()))


def in_a_run():
    from sacred import Experiment

    ex = _tools.quiet(Experiment("random", save_git_info=False))

    @ex.capture
    def with_seed(_seed):
        pass

    @ex.capture
    def with_generator(_rnd):
        pass

    @ex.main
    def main():
        measure(with_seed, with_generator)

    ex.run()


by_hand() if _tools.IS_LIMIT else in_a_run()
