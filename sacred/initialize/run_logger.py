"""The loggers of a run: of the run itself, and of its captured functions."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sacred._base.loggers import create_basic_stream_logger, log_level_number

if TYPE_CHECKING:
    from sacred.ingredient import Ingredient
    from sacred.initialize.scaffold import Scaffold

__all__ = ["initialize_logging", "kept_level"]


def initialize_logging(
    experiment: Ingredient,
    scaffolding: Mapping[str, Scaffold],
    log_level: str | int | None = None,
) -> tuple[logging.Logger, logging.Logger]:
    """Create the loggers of all scaffolds.

    The run's logger has the experiment's name. Captured functions log to children of the same
    root, named by the path of their ingredient and their own name.

    Args:
        experiment: its ``logger``, if set, is used instead of the root logger.
        scaffolding: the scaffolds by path.
        log_level: the level of these loggers only, by name or number.

    Returns:
        the root logger and the logger of the run.

    Raises:
        CommandLineError: no such level.
    """
    root_logger = experiment.logger or create_basic_stream_logger()
    run_logger = root_logger.getChild(experiment.path)
    level = None if log_level is None else log_level_number(log_level)
    for path, scaffold in scaffolding.items():
        scaffold.logger = root_logger.getChild(path) if path else root_logger
        scaffold.log_level = level
    _set_level(run_logger, level)
    return root_logger, run_logger


# Loggers live as long as the process: the level of one run must not stay for the next.
# What the user has set himself does.
_set_by_us: dict[str, tuple[int, int]] = {}


@contextlib.contextmanager
def kept_level(experiment: Ingredient) -> Iterator[None]:
    """Keep the level of the run's logger while a configuration is computed without a run.

    Args:
        experiment: the experiment, which may have a running run.
    """
    logger = (experiment.logger or create_basic_stream_logger()).getChild(experiment.path)
    level, ours = logger.level, _set_by_us.get(logger.name)
    try:
        yield
    finally:
        logger.setLevel(level)
        if ours is not None:
            _set_by_us[logger.name] = ours


def _set_level(logger: logging.Logger, level: int | None) -> None:
    before, ours = _set_by_us.pop(logger.name, (0, -1))
    if logger.level == ours:
        logger.setLevel(before)
    if level is not None:
        before = logger.level
        logger.setLevel(level)
        _set_by_us[logger.name] = before, logger.level
