"""Records the log directories of TensorFlow and TensorBoard in ``info``.

>>> from sacred.stflow import LogFileWriter
"""

from sacred.stflow.method_interception import LogFileWriter

__all__ = ["LogFileWriter"]
