"""Engines that start workers: this machine, Dask, Slurm, and those of plug-ins.

An engine only starts and ends programs somewhere. The store alone knows which runs there are,
which worker has which run, and what is left to do (`sacred.stores.claims`).

| module | what it holds |
|---|---|
| `executor` | what an engine can do, as a protocol; engines by name |
| `local` | processes of this machine |
| `dask_cluster` | tasks of a Dask scheduler, on any kind of cluster |
| `slurm` | jobs of Slurm |
| `worker_fleet` | a group of workers on an engine, kept running |
"""

from sacred._base.lazy import lazy_package

__getattr__, __dir__, __all__ = lazy_package(globals())
