"""The dimensions of a search space: lists of alternatives, and distributions to sample from."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sacred._base.frozen import Frozen
from sacred._base.text import did_you_mean
from sacred.sweeps.errors import SweepError

__all__ = [
    "DISTRIBUTIONS",
    "LISTS",
    "Alternative",
    "Axis",
    "Dimension",
    "Distribution",
    "axis_of",
    "distribution_or_axis",
]


class Alternative(Frozen):
    """One alternative of an axis: a word of the command line, or a value for an entry.

    Args:
        word: as written after ``with`` on the command line; None: an entry is set from Python.
        path: of that entry.
        value: the value it gets; for a word, the value it stands for (in tables and records).
    """

    word: str | None = None
    path: str = ""
    value: Any = None

    def __str__(self) -> str:
        return self.word if self.word is not None else f"{self.path}={self.value!r}"


class Axis(Frozen):
    """A dimension with finitely many alternatives.

    Args:
        name: of the entry, or of the named configs.
        alternatives: in order.
    """

    name: str
    alternatives: tuple[Alternative, ...]

    def __str__(self) -> str:
        return f"{self.name}: {', '.join(str(item.value) for item in self.alternatives)}"


class Distribution(Frozen):
    """A dimension whose values are drawn at random.

    Args:
        name: of the entry.
        kind: one of `DISTRIBUTIONS`.
        low, high: its bounds; for ``normal``, the mean and the standard deviation.
        step: values are rounded to `low` plus a multiple of it; None: they are not rounded.

    >>> Distribution(name="lr", kind="loguniform", low=1e-5, high=0.1)
    Distribution(name='lr', kind='loguniform', low=1e-05, high=0.1, step=None)
    """

    name: str
    kind: str
    low: float
    high: float
    step: float | None = None

    def sample(self, generator: random.Random) -> float:
        """Draw a value.

        Args:
            generator: the random generator; it advances by one number.
        """
        value = DISTRIBUTIONS[self.kind](generator, self.low, self.high)
        if self.step is not None:
            value = self.low + round((value - self.low) / self.step) * self.step
            if self.is_integer:
                return int(value)
            return min(value, self.high) if self.kind != "normal" else value
        return value

    def check(self) -> Distribution:
        """Check the distribution, and return it.

        Raises:
            SweepError: no values fit the bounds and the step.
        """
        for bound in (self.low, self.high):
            if isinstance(bound, bool) or not isinstance(bound, int | float):
                raise SweepError(f"{self.name}: {self.kind} takes numbers, not {bound!r}")
            if not math.isfinite(bound):
                raise SweepError(f"{self.name}: {self.kind} takes finite numbers, not {bound!r}")
        if self.is_integer and not all(float(x).is_integer() for x in (self.low, self.high)):
            raise SweepError(f"{self.name}: {self.kind} takes integers")
        if self.kind == "normal":
            if self.high <= 0:
                raise SweepError(f"{self.name}: the standard deviation must be above 0")
        elif not self.low < self.high:
            raise SweepError(f"{self.name}: {self.low!r} is not below {self.high!r}")
        elif self.kind.startswith("log") and self.low <= 0:
            raise SweepError(f"{self.name}: the bounds of {self.kind} are above 0")
        if self.step is not None and not self.step > 0:
            raise SweepError(f"{self.name}: a step is above 0, not {self.step!r}")
        return self

    @property
    def is_integer(self) -> bool:
        """Whether all its values are integers."""
        return self.kind in ("int", "logint")

    def __str__(self) -> str:
        step = "" if self.step is None else f", step={self.step!r}"
        return f"{self.name}: {self.kind}({self.low!r}, {self.high!r}{step})"


Dimension = Axis | Distribution


def _uniform(generator: random.Random, low: float, high: float) -> float:
    return generator.uniform(low, high)


def _loguniform(generator: random.Random, low: float, high: float) -> float:
    # Rounding must not leave the bounds.
    return min(high, max(low, math.exp(generator.uniform(math.log(low), math.log(high)))))


def _integer(generator: random.Random, low: float, high: float) -> float:
    return generator.randint(int(low), int(high))


def _log_integer(generator: random.Random, low: float, high: float) -> float:
    value = math.exp(generator.uniform(math.log(low - 0.5), math.log(high + 0.5)))
    return min(int(high), max(int(low), round(value)))


def _normal(generator: random.Random, mean: float, deviation: float) -> float:
    return generator.gauss(mean, deviation)


#: How a value is drawn, by kind. Bounds are included, also for integers.
DISTRIBUTIONS: Mapping[str, Callable[[random.Random, float, float], float]] = {
    "uniform": _uniform,
    "loguniform": _loguniform,
    "int": _integer,
    "logint": _log_integer,
    "normal": _normal,
}


def _choice(*values: Any) -> Sequence[Any]:
    if len(values) == 1 and isinstance(values[0], list | tuple):
        values = tuple(values[0])
    if not values:
        raise SweepError("choice needs values")
    return values


def _range(*bounds: Any) -> Sequence[Any]:
    if not 1 <= len(bounds) <= 3 or not all(type(bound) is int for bound in bounds):
        raise SweepError("range takes integers as Python's does; linspace(0, 1, 5) has others")
    if len(bounds) == 3 and bounds[2] == 0:
        raise SweepError("the step of range must not be 0")
    return range(*bounds)


def _linspace(start: Any = None, stop: Any = None, count: Any = None) -> Sequence[Any]:
    is_number = all(isinstance(x, int | float) for x in (start, stop))
    if not is_number or type(count) is not int or count < 1:
        raise SweepError("linspace takes (start, stop, count)")
    if count == 1:
        return [float(start)]
    step = (stop - start) / (count - 1)
    return [*(start + step * number for number in range(count - 1)), float(stop)]


def _logspace(start: Any = None, stop: Any = None, count: Any = None) -> Sequence[Any]:
    try:
        exponents = _linspace(start, stop, count)
        return [10.0**exponent for exponent in exponents]
    except (SweepError, OverflowError):
        raise SweepError(
            "logspace takes (start, stop, count) as numpy's does: logspace(-4, -1, 4) is "
            "0.0001, 0.001, 0.01, 0.1"
        ) from None


#: Finite lists of values, by kind.
LISTS: Mapping[str, Callable[..., Sequence[Any]]] = {
    "choice": _choice,
    "range": _range,
    "linspace": _linspace,
    "logspace": _logspace,
}


def axis_of(name: str, values: Sequence[Any]) -> Axis:
    """Return the axis of an entry that takes each of the given values.

    Args:
        name: path of the entry.
        values: in order.

    Raises:
        SweepError: there are no values.
    """
    if not values:
        raise SweepError(f"{name}: there is no value")
    alternatives = [Alternative(path=name, value=value) for value in values]
    return Axis(name=name, alternatives=tuple(alternatives))


def distribution_or_axis(
    name: str, kind: str, arguments: Sequence[Any], step: float | None = None
) -> Dimension:
    """Return the dimension that a call such as ``uniform(0, 1)`` stands for.

    Args:
        name: path of the entry.
        kind: name of the function: one of `DISTRIBUTIONS` or `LISTS`.
        arguments: its arguments.
        step: of a distribution, see `Distribution`.

    Raises:
        SweepError: there is no such function, or the arguments do not fit it.

    >>> distribution_or_axis("bs", "choice", [16, 32]).alternatives[1].value
    32
    """
    if kind in LISTS:
        try:
            return axis_of(name, LISTS[kind](*arguments))
        except TypeError:
            raise SweepError(f"{name}: {kind} takes fewer arguments") from None
        except SweepError as error:
            raise SweepError(f"{name}: {error}" if name not in str(error) else str(error)) from None
    if kind not in DISTRIBUTIONS:
        hint = did_you_mean(kind, [*DISTRIBUTIONS, *LISTS])
        raise SweepError(f"{name}: there is no distribution {kind!r}. {hint}".rstrip())
    if len(arguments) == 3 and step is None and kind != "normal":
        *arguments, step = arguments
    if len(arguments) != 2:
        expected = "mean, deviation" if kind == "normal" else "low, high"
        raise SweepError(f"{name}: {kind} takes ({expected})")
    low, high = arguments
    return Distribution(name=name, kind=kind, low=low, high=high, step=step).check()
