"""The environment of the old library."""

from __future__ import annotations

import os

from benchmarks.environments import make_environment
from tests.differential.sides import Side

__all__ = ["OLD_VARIABLE", "old_python", "old_side"]

#: An interpreter that has the old library, if there is one already.
OLD_VARIABLE = "SACRED_DIFFERENTIAL_OLD"

_PACKAGES = [
    "sacred==0.8.7",
    # It imports pkg_resources, which newer ones lack.
    "setuptools>=77,<81",
    "numpy",
    "pandas",
    "pymongo",
    "tinydb",
    "tinydb-serialization",
    "hashfs",
    "SQLAlchemy",
    "boto3",
    "PyYAML",
]


def old_python() -> str:
    """Its interpreter; the environment is made if need be."""
    given = os.environ.get(OLD_VARIABLE)
    return given or make_environment("sacred-differential", "old-0.8.7", _PACKAGES)


def old_side() -> Side:
    """A worker with the old library."""
    return Side(old_python())
