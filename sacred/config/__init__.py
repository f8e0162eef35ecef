"""From functions, dicts, files and text to the values of a configuration.

The names that users import are loaded when they are first asked for.
"""

from sacred._base.lazy import lazy_package

__getattr__, __dir__, __all__ = lazy_package(globals())
