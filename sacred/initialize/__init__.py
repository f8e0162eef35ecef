"""From definitions and a request to a configuration and a run.

:func:`configure` is the list of phases; :func:`create_run` makes a run of what
they give. The single steps are public: cluster tools call them one by one.
"""

from sacred._base.lazy import lazy_package

__getattr__, __dir__, __all__ = lazy_package(globals())
