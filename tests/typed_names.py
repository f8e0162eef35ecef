"""What type checkers know of the public names: mypy reads this (``tox -e types``), nobody runs it.

mypy reports an ``ignore`` that is not needed, so the last line proves that a wrong name is found.
"""

import sacred
from sacred import Experiment, observers, open_store
from sacred.observers import FileStorageObserver, PluggedObserver

ex: Experiment = sacred.Experiment("a")
runs: sacred.RunTable = open_store("runs").runs("lr < 1")
files: FileStorageObserver = observers.FileStorageObserver("runs")
plugged = PluggedObserver
ex.observers.append(files)
sacred.Experimnt  # type: ignore[attr-defined]  # noqa: B018
