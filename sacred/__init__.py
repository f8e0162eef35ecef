"""sacred: every experiment is configured, run, observed and kept.

The names below and all sub-modules are loaded when they are first used, so
``import sacred`` is quick::

    >>> import sacred
    >>> sacred.Experiment.__name__
    'Experiment'
    >>> sacred.utils.join_paths("a", "b")
    'a.b'
"""

from sacred._base.lazy import lazy_package

__getattr__, __dir__, __all__ = lazy_package(globals())
