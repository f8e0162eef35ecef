"""Engines that workers are started by: this machine, Dask, Slurm, those of plug-ins.

An engine starts and ends programs, somewhere, and nothing else: which runs there are, who has
which one, and what is left to do, is known by the store alone (`sacred.stores.claims`).

| module | what it holds |
|---|---|
| `executor` | what an engine can do, as a protocol; engines by name |
| `local` | processes of this machine |
| `dask_cluster` | tasks of a Dask scheduler, whatever cluster that has |
| `slurm` | jobs of Slurm |
| `worker_fleet` | some workers on an engine, which are kept going |
"""

from sacred._base.lazy import lazy_package

__getattr__, __dir__, __all__ = lazy_package(globals())
