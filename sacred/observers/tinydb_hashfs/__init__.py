"""The observer that keeps records in a database of TinyDB, and what reads them."""

from sacred.observers.tinydb_hashfs.observer import TinyDbObserver, tiny_db_option
from sacred.observers.tinydb_hashfs.reader import TinyDbReader

__all__ = ["TinyDbObserver", "TinyDbReader", "tiny_db_option"]
