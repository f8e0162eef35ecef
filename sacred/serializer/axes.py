"""Pandas' indices: those on their own, and the axes of frames.

The form is jsonpickle's: the items as JSON text. It does not cover everything about an
index (categories, frequency, the dtypes of levels, ...); such facts are added
under the key ``exact``, which jsonpickle ignores. Most indices need none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sacred.serializer.extension_arrays import flatten_dtype, read_dtype
from sacred.serializer.inner_text import inner_text, packed, read_inner, unpacked

if TYPE_CHECKING:
    from collections.abc import Callable

    from sacred.serializer.protocol import Reader

__all__ = [
    "axis_facts",
    "flatten_index",
    "flatten_name",
    "make_axis",
    "make_levels",
    "restore_index",
    "restore_name",
]


def flatten_name(name: Any, flatten: Callable[[Any], Any]) -> Any:
    """Return the plain form of the name of a series or an axis; tuples become lists.

    Args:
        name: any hashable value.
        flatten: makes the plain form of what is not a tuple.

    >>> flatten_name(("a", ("b", 1)), str)
    ['a', ['b', '1']]
    """
    if isinstance(name, tuple):
        return [flatten_name(part, flatten) for part in name]
    return flatten(name)


def restore_name(flat: Any, reader: Reader) -> Any:
    """Restore a name that `flatten_name` has made plain: lists were tuples.

    Args:
        flat: the plain form.
        reader: restores the parts.
    """
    if isinstance(flat, list | tuple):
        return tuple(restore_name(part, reader) for part in flat)
    return reader.restore(flat)


# ------------------------------------------------------------------------ facts


def axis_facts(index: Any, flatten: Callable[[Any], Any]) -> dict[str, Any]:
    """Return the facts about an index beyond its items: type, frequency, categories; mostly none.

    Args:
        index: a `pandas.Index`.
        flatten: makes the plain form of values.
    """
    # Not at the top, as others below: pandas is optional, and slow to load.
    import pandas as pd

    if isinstance(index, pd.MultiIndex):
        levels = [_level_facts(index.get_level_values(n), flatten) for n in range(index.nlevels)]
        return {"levels": levels} if any(levels) or not len(index) else {}
    return _level_facts(index, flatten)


def _level_facts(index: Any, flatten: Callable[[Any], Any]) -> dict[str, Any]:
    import pandas as pd

    if isinstance(index, pd.RangeIndex):
        steps = [index.start, index.stop, index.step]
        return {} if len(index) and steps == [0, len(index), 1] else {"range": steps}
    if type(index) is pd.Index and _is_evident(index):
        return {}
    facts = {"dtype": flatten_dtype(index.dtype, flatten)}
    if not isinstance(index, pd.PeriodIndex) and getattr(index, "freq", None) is not None:
        text = index.freq.freqstr
        if _frequency(text) == index.freq:
            facts["freq"] = text
    return facts


def _is_evident(index: Any) -> bool:
    """Whether an index made of the items alone is the same."""
    import numpy as np

    dtype = str(index.dtype)
    if not len(index) or dtype not in ("int64", "float64", "bool", "str", "object"):
        return False
    if dtype == "int64":
        return not np.array_equal(index.to_numpy(), np.arange(len(index)))
    if dtype == "object":
        # Up to pandas 2 that is the dtype of text.
        import pandas as pd

        return all(type(item) is str for item in index) and pd.Index(["a"]).dtype == object
    return not (dtype == "str" and index.hasnans)


def _frequency(text: str) -> Any:
    import pandas as pd

    try:
        return pd.tseries.frequencies.to_offset(text)
    except ValueError:  # of the user's own making
        return None


def make_axis(items: list[Any], name: Any, facts: dict[str, Any], reader: Reader) -> Any:
    """Return a `pandas.Index` of one level.

    Args:
        items: the restored items.
        name: the restored name.
        facts: those from `axis_facts`.
        reader: restores the values in `facts`.

    Raises:
        ValueError: the facts do not fit the items.
    """
    import pandas as pd

    if "range" in facts:
        axis = pd.RangeIndex(*facts["range"], name=name)
        if len(axis) != len(items):
            raise ValueError("a range of another length")
        return axis
    if facts.get("dtype") is None:
        # JSON has no tuples beside lists that would tell: levels are made elsewhere.
        if items and items == list(range(len(items))) and all(type(item) is int for item in items):
            return pd.RangeIndex(len(items), name=name)
        return pd.Index(items, name=name, tupleize_cols=False)
    dtype = read_dtype(facts["dtype"], reader)
    axis = pd.Index(items, dtype=dtype, name=name, tupleize_cols=False)
    if facts.get("freq") is not None:
        axis.freq = facts["freq"]
    return axis


def make_levels(items: list[Any], names: Any, facts: dict[str, Any], reader: Reader) -> Any:
    """Return a `pandas.MultiIndex`.

    Args:
        items: one sequence for each entry, with an item for each level.
        names: one for each level; None: they have none.
        facts: those from `axis_facts`.
        reader: restores the values in `facts`.

    Raises:
        ValueError: the facts do not fit the items.
    """
    import pandas as pd

    names = None if names is None else list(names)
    if "levels" not in facts:
        if not items and names:
            return pd.MultiIndex.from_arrays([[] for _ in names], names=names)
        return pd.MultiIndex.from_tuples([tuple(item) for item in items], names=names)
    columns = zip(*items, strict=True) if items else ([] for _ in facts["levels"])
    arrays = [
        make_axis(list(column), None, level, reader)
        for column, level in zip(columns, facts["levels"], strict=True)
    ]
    return pd.MultiIndex.from_arrays(arrays, names=names)


# ---------------------------------------------------------------------- indices


def flatten_index(index: Any, flatten: Callable[[Any], Any]) -> dict[str, Any]:
    """Return the plain form of a `pandas.Index` of any kind.

    Args:
        index: the index.
        flatten: makes the plain form of items.
    """
    import pandas as pd

    meta: dict[str, Any] = {"dtype": str(index.dtype)}
    if isinstance(index, pd.MultiIndex):
        meta["names"] = [flatten_name(name, flatten) for name in index.names]
    else:
        meta["name"] = flatten_name(index.name, flatten)
    bases = (cls for cls in type(index).__mro__ if cls.__module__.startswith("pandas"))
    flat: dict[str, Any] = {
        "py/object": f"pandas.{next(bases).__name__}",
        **packed(inner_text(flatten(index.tolist()))),
        "meta": meta,
    }
    facts = axis_facts(index, flatten)
    if not isinstance(index, pd.RangeIndex) and facts not in ({}, {"dtype": meta["dtype"]}):
        flat["exact"] = facts
    return flat


def restore_index(name: str, flat: dict[str, Any], reader: Reader) -> Any:
    """Restore an index, whether `flatten_index` or jsonpickle has made it plain.

    Args:
        name: dotted name of its class.
        flat: the plain form.
        reader: restores the parts.
    """
    import pandas as pd

    meta, facts = flat.get("meta") or {}, flat.get("exact") or {}
    items = read_inner(unpacked(flat), reader)
    if name.endswith(".MultiIndex"):
        return make_levels(items, restore_name(meta.get("names"), reader), facts, reader)
    called = restore_name(meta.get("name"), reader)
    if name.endswith(".RangeIndex"):
        return pd.RangeIndex(_as_range(items), name=called)
    if facts:
        return make_axis(items, called, facts, reader)
    dtype = meta.get("dtype")
    if dtype == "category" or name.endswith(".CategoricalIndex"):
        return pd.CategoricalIndex(items, name=called)
    if name.endswith(".IntervalIndex") and items:
        dtype = None  # the intervals themselves say it
    if dtype == "str" and "str" not in str(pd.Index(["a"]).dtype):
        dtype = "object"  # written by pandas 3, read by pandas 2
    return pd.Index(items, dtype=dtype, name=called, tupleize_cols=False)


def _as_range(items: list[int]) -> range:
    step = items[1] - items[0] if len(items) > 1 else 1
    steps = range(items[0], items[0] + step * len(items), step) if items else range(0)
    if list(steps) != items:
        raise ValueError("the numbers of a range have equal distances")
    return steps
