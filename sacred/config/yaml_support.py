"""PyYAML writes our containers as plain ones.

Its safe dumper only knows exact types, so the containers have to be registered
with it. It is an optional package, and slow to import; so the registration
waits until somebody imports it.
"""

from __future__ import annotations

import sys
from typing import Any

from sacred._base.import_hooks import when_imported

__all__ = ["install"]

_installed = False


def install(dict_type: type, list_type: type) -> None:
    """Register the types with PyYAML, now or as soon as it is imported."""
    global _installed
    if _installed:
        return
    _installed = True
    yaml = sys.modules.get("yaml")
    if "yaml" in sys.modules and not hasattr(yaml, "SafeDumper"):
        _installed = False  # being imported right now, or blocked: try again next time
    else:
        when_imported("yaml", lambda module: _register(module, dict_type, list_type))


def _register(yaml: Any, dict_type: type, list_type: type) -> None:
    names = ("SafeDumper", "Dumper", "CSafeDumper", "CDumper")
    for dumper in (getattr(yaml, name) for name in names if hasattr(yaml, name)):
        dumper.add_representer(dict_type, lambda d, value: d.represent_dict(dict(value)))
        dumper.add_representer(list_type, lambda d, value: d.represent_list(list(value)))
