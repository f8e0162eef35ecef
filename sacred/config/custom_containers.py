"""Compatibility module: names of `sacred.config` under their old import path."""

from sacred.config.differences import is_different, type_changed
from sacred.config.dogmatic import DogmaticDict, DogmaticList, fallback_dict
from sacred.config.read_only import (
    ReadOnlyContainer,
    ReadOnlyDict,
    ReadOnlyList,
    make_read_only,
)

__all__ = [
    "DogmaticDict",
    "DogmaticList",
    "ReadOnlyContainer",
    "ReadOnlyDict",
    "ReadOnlyList",
    "fallback_dict",
    "is_different",
    "make_read_only",
    "type_changed",
]
