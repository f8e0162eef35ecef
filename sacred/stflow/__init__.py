"""Records the log directories of TensorFlow and TensorBoard in ``info``.

| module | what it holds |
|---|---|
| `internal` | temporary replacement of a method of a class |
| `loading` | callbacks on the import of modules |
| `method_interception` | noting the log directories of writers in ``info`` |

>>> from sacred.stflow import LogFileWriter
"""

from sacred.stflow.method_interception import LogFileWriter

__all__ = ["LogFileWriter"]
