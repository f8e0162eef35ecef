"""Where TensorFlow and TensorBoard write their logs, noted in ``info``.

>>> from sacred.stflow import LogFileWriter
"""

from sacred.stflow.method_interception import LogFileWriter

__all__ = ["LogFileWriter"]
