"""Changes of the configuration that may be mistakes: added entries, types, strings for numbers."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any, NoReturn

from sacred._base.errors import ConfigAddedError, ConfigError
from sacred._base.paths import (
    convert_to_nested_dict,
    get_by_shown_path,
    is_prefix,
    iter_prefixes,
    iterate_flattened,
    join_paths,
)
from sacred._base.text import did_you_mean
from sacred.definition import RunRequest
from sacred.initialize.configuration import Configured
from sacred.settings import SETTINGS

if TYPE_CHECKING:
    from sacred.config.config_summary import ConfigSummary

__all__ = ["check_changes", "refuse_unread"]

_NUMBERS = (int, float)

# Of entries that stand beside a new one, in messages.
_MAX_SHOWN_NAMES = 20


def check_changes(configured: Configured, request: RunRequest) -> None:
    """Refuse added entries that no function takes; warn about other suspicious changes.

    Args:
        configured: the configuration.
        request: the request for the run.

    Raises:
        ConfigAddedError: an update sets an entry that no function takes, or, with ``--strict``,
            an entry that did not exist.
    """
    taken = {
        join_paths(scaffold.path, name)
        for scaffold in configured.scaffolding.values()
        for name in scaffold.captured_args
    }
    added = sorted(
        path for path in configured.modifications.added if not _is_group(path, configured)
    )
    unused = [path for path in added if taken.isdisjoint(iter_prefixes(path))]
    declared = _declared(unused, configured, request)
    unused = [path for path in unused if path not in declared]
    if unused:
        known = {path for path, _ in iterate_flattened(configured.config)} - set(added)
        raise ConfigAddedError(
            unused,
            config=configured.config,
            captured_args=sorted(taken | known),
            hint=_hint_of_includes(unused, request),
        )
    typed = _typed(request)
    typed_in = [path for path in added if not typed.isdisjoint(iter_prefixes(path))]
    unknown = [path for path in typed_in if path not in taken]
    if unknown and (SETTINGS.CONFIG.ENFORCE_KNOWN_ENTRIES or request.options.get("--strict")):
        raise ConfigAddedError(
            unknown,
            "Added new config entry, and only known entries are allowed",
            config=configured.config,
            captured_args=sorted(set(_siblings(unknown, configured, set(added)))),
        )
    _say_which_are_new(unknown, configured, set(added))
    _check_unread(configured, request, set(added))
    # Ingredients before those that use them; each warns of its own entries.
    for scaffold in configured.scaffolding.values():
        root, path, changes = configured.root_logger, scaffold.path, scaffold.config_mods
        # `-l ERROR` is for these, too; the level of the root logger itself is not ours to set.
        if changes is not None and (scaffold.log_level or 0) <= logging.WARNING:
            paths = {entry: join_paths(path, entry) for entry in changes.added}
            own = sorted(e for e, full in paths.items() if full in added and full not in declared)
            # Where an ingredient lies elsewhere or further below, the entry stands beside it.
            ignored = sorted(
                name
                for name in changes.ignored_fallbacks
                if join_paths(path, name) in configured.scaffolding
                or (name in changes.own_copies and name in configured.scaffolding)
            )
            _warn_of_changes(changes, own, ignored, root.getChild(path) if path else root)
    _warn_of_texts(configured, request.config_updates)


def _hint_of_includes(unused: Sequence[str], request: RunRequest) -> str:
    """Say how a file is read whose entry ``base`` was meant to include others, else nothing."""
    files = [name for name in request.named_configs if os.path.isfile(name)]
    if not files:
        return ""
    # Not at the top: it opens files, and most runs have none.
    from sacred.config.file_includes import INCLUDE_KEY

    if INCLUDE_KEY not in unused or INCLUDE_KEY in _typed(request):
        return ""
    return f'With "@", "{INCLUDE_KEY}" of a file includes others: with @{files[-1]}'


def _declared(unused: Sequence[str], configured: Configured, request: RunRequest) -> frozenset[str]:
    """The added entries that only readers of ``_config`` get, but that are no typing mistakes.

    A named config or a config file sets them: somebody has written them down as entries.
    """
    if not unused:
        return frozenset()
    readers = [
        join_paths(scaffold.path, prefix)
        for scaffold in configured.scaffolding.values()
        for prefix in scaffold.prefixes_of_config_readers
    ]
    typed = _typed(request)
    return frozenset(
        path
        for path in unused
        if typed.isdisjoint(iter_prefixes(path))
        and any(not reader or is_prefix(reader, path) for reader in readers)
    )


def _typed(request: RunRequest) -> set[str]:
    """The paths of the updates, without those of named configs and config files."""
    updates = convert_to_nested_dict(dict(request.config_updates))
    return {str(path) for path, _ in iterate_flattened(updates)}


def _check_unread(configured: Configured, request: RunRequest, added: Set[str]) -> None:
    """Refuse updates of entries that nothing can read (``--strict``), or warn of them."""
    if not request.config_updates:
        return
    # Not at the top: most runs have no updates.
    from sacred.initialize.config_layers import updated_paths
    from sacred.initialize.source_reads import entries_nothing_reads

    updates = set(updated_paths(request.config_updates))
    unread = entries_nothing_reads(configured) or frozenset()
    found = sorted(
        path
        for path in unread - added
        if not updates.isdisjoint(iter_prefixes(path))
        or any(is_prefix(path, update) for update in updates)
    )
    if found and request.options.get("--strict"):
        raise ConfigError(
            "Nothing reads what is set: " + ", ".join(f'"{path}"' for path in found),
            tuple(found),
            print_conflicting_configs=False,
            print_traceback=False,
        )
    if (configured.scaffolding[""].log_level or 0) <= logging.WARNING:
        for path in found:
            configured.root_logger.warning(
                'Nothing reads the config entry "%s", which is set', path
            )


def refuse_unread(paths: Sequence[str]) -> NoReturn:
    """Report after a run, which is stored anyway, that nothing read some updates (``--strict``).

    Args:
        paths: the paths of the entries.

    Raises:
        ConfigError: always.
    """
    raise ConfigError(
        "Nothing has read what was set: "
        + ", ".join(f'"{path}"' for path in paths)
        + ". That is known only now; the run has ended, and is recorded as it is",
        tuple(paths),
        print_conflicting_configs=False,
        print_traceback=False,
    )


def _siblings(paths: Iterable[str], configured: Configured, added: Set[str]) -> list[str]:
    """The entries that there are beside those of some paths."""
    siblings = []
    for path in paths:
        above = path.rpartition(".")[0]
        group = get_by_shown_path(configured.config, above)
        if isinstance(group, Mapping):
            names = (join_paths(above, str(name)) for name in group)
            siblings += [name for name in names if name not in added]
    return siblings


def _say_which_are_new(paths: Iterable[str], configured: Configured, added: Set[str]) -> None:
    """Say on stderr which nested entries are new: they may be typing errors.

    They cannot be errors: scripts add to dicts of keyword arguments. The log need not show it.
    """
    for path in paths:
        above, _, name = path.rpartition(".")
        others = [other.rpartition(".")[2] for other in _siblings([path], configured, added)]
        if above and others:
            shown = ", ".join(others[:_MAX_SHOWN_NAMES])
            more = ", ..." if len(others) > _MAX_SHOWN_NAMES else ""
            short = [other for other in others if name in (other, _initials(other))]
            short += [other for other in others if _initials(name) == other]
            hint = did_you_mean(name, others) or did_you_mean("".join(short[:1]), short)
            print(
                f'New config entry "{path}": "{above}" has {shown}{more}. {hint}'.rstrip(),
                file=sys.stderr,
            )


def _initials(name: str) -> str:
    """What a name is abbreviated to: `lr` for `learning_rate`."""
    return "".join(word[:1] for word in name.split("_"))


def _warn_of_texts(configured: Configured, updates: Mapping[str, Any]) -> None:
    """Say which numbers of the command line were taken as texts, since the entries are texts."""
    if (configured.scaffolding[""].log_level or 0) > logging.WARNING:
        return
    for path, number in iterate_flattened(updates):
        text = getattr(number, "text", None)
        if text is not None and get_by_shown_path(configured.config, path) == text:
            configured.root_logger.warning(
                'Config entry "%s" is a text, so it is the text "%s" now. %s=(%s) sets the number',
                path, text, path, text,
            )  # fmt: skip


def _warn_of_changes(
    changes: ConfigSummary, added: list[str], ignored: list[str], logger: logging.Logger
) -> None:
    for path in added:
        logger.warning('Added new config entry: "%s"', path)
    for path, (old, new) in changes.typechanged.items():
        if not (old in _NUMBERS and new in _NUMBERS):
            logger.warning(
                'Changed type of config entry "%s" from %s to %s',
                path,
                getattr(old, "__name__", old),
                getattr(new, "__name__", new),
            )
    for name in ignored:
        logger.warning('Ignored attempt to set value of "%s", because it is an ingredient.', name)


def _is_group(path: str, configured: Configured) -> bool:
    """Whether an added path only stands for entries below it, which are added themselves."""
    return any(other.startswith(f"{path}.") for other in configured.modifications.added)
