"""Observers: they are told what happens to a run, and store it or pass it on.

Nothing of a database is imported before an observer that needs it is made.
"""

from sacred._base.lazy import lazy_package

__getattr__, __dir__, __all__ = lazy_package(globals(), plugins="sacred.observers")
