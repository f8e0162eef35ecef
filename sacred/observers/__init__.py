"""Observers: objects that receive the events of a run and store or forward them.

A database package is imported when the first observer that needs it is created.
"""

from sacred._base.lazy import lazy_package

__getattr__, __dir__, __all__ = lazy_package(globals(), plugins="sacred.observers")
