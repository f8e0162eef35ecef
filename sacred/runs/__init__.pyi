from sacred.runs.run_store import RunStore as RunStore
from sacred.runs.run_store import open_store as open_store
from sacred.runs.run_table import RunTable as RunTable
