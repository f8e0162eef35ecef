"""The observer that keeps records in a TinyDB database, and the reader of these records.

| module | what it holds |
|---|---|
| `bases` | the storage and the serializers that let a TinyDB database hold runs |
| `observer` | the observer that stores runs in a TinyDB database, and its command-line option |
| `reader` | reading of the runs that a TinyDbObserver has stored |
| `run_report` | the text report of a run |
"""

from sacred.observers.tinydb_hashfs.observer import TinyDbObserver, tiny_db_option
from sacred.observers.tinydb_hashfs.reader import TinyDbReader

__all__ = ["TinyDbObserver", "TinyDbReader", "tiny_db_option"]
