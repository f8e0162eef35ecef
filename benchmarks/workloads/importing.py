"""Import what nearly every script imports."""

import os
import sys

before = len(sys.modules)

from sacred import Experiment  # noqa: E402, F401
from sacred.observers import FileStorageObserver, MongoObserver  # noqa: E402, F401

with open(os.environ["BENCH_RESULT"], "w") as file:
    file.write(f'{{"modules": {len(sys.modules) - before}}}')
