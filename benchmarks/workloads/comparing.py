"""Exact permutation tests, as `sacred compare` makes them; the limit is SciPy's."""

import random

import _tools

CALLS = max(3, _tools.scaled(50))
generator = random.Random(1)
FIRST = [generator.gauss(0.5, 1) for _ in range(15)]
SECOND = [generator.gauss(0, 1) for _ in range(15)]


def by_scipy():
    import numpy as np
    from scipy import stats

    def difference(first, second, axis):
        return np.mean(first, axis=axis) - np.mean(second, axis=axis)

    def test(first, second, kind):
        options = {"permutation_type": kind, "n_resamples": 10**6, "vectorized": True}
        return stats.permutation_test((first, second), difference, **options).pvalue

    return (
        lambda: test(FIRST, SECOND, "samples"),
        lambda: test(FIRST[:8], SECOND[:8], "independent"),
    )


def by_us():
    from sacred.statistics import permutation_test, sign_flip_test

    return (
        lambda: both(sign_flip_test(FIRST, SECOND)),
        lambda: both(permutation_test(FIRST[:8], SECOND[:8])),
    )


def both(test):
    """SciPy says the p-value alone."""
    return test.p_value(), test.interval(0.05)


pairs, samples = by_scipy() if _tools.IS_LIMIT else by_us()
_tools.report(pairs=_tools.per_call(pairs, CALLS), samples=_tools.per_call(samples, CALLS))
