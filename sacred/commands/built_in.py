"""The commands themselves. Their docstrings are what ``help`` shows."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sacred._base.text import COLOR_DIRTY, ENDC, use_colour

if TYPE_CHECKING:
    import inspect
    import logging

    from sacred.ingredient import Ingredient
    from sacred.run import Run

__all__ = [
    "ARGUMENTS_OPTION",
    "COMMANDS_WITH_ARGUMENTS",
    "COMMAND_FLAGS",
    "arguments_of",
    "diff",
    "explain",
    "help_for_command",
    "print_config",
    "print_dependencies",
    "print_named_configs",
    "print_named_configs_of_run",
    "save_config",
]

#: Key of the options that holds the arguments of a command.
ARGUMENTS_OPTION = "WORD"

#: Those that take words behind their name.
COMMANDS_WITH_ARGUMENTS = frozenset({"diff", "explain"})
#: Options of single commands, which are handed to these as arguments.
COMMAND_FLAGS = {"explain": ("--json",), "print_config": ("--effects", "--schema", "--unused")}

_COLOUR_PATTERN = r"\x1b\[\d*m"


def _print(text: str) -> None:
    """Print coloured text; colours are removed where the output does not support them."""
    print(text if use_colour() else re.sub(_COLOUR_PATTERN, "", text))


def print_config(_run: Run) -> None:
    """Print the updated configuration and exit.

    Colours on a terminal:
      blue:  the value was modified
      green: the entry was added
      red:   the value was modified, and its type changed

    With --effects, only the entries that have changed because of the updates are printed, apart
    from those set directly; with --unused, those that nothing reads. With --schema, the JSON Schema
    of the configuration is printed.
    """
    # Not at the top, as others below: what a command prints with is loaded when it runs.
    from sacred.commands.config_text import _format_config

    flags = [word for word in arguments_of(_run) if word in COMMAND_FLAGS["print_config"]]
    if flags:
        from sacred.commands.config_effects import print_effects, print_schema, print_unread

        printers = {"--effects": print_effects, "--schema": print_schema, "--unused": print_unread}
        for flag in flags:
            printers[flag](_run)
        return
    _print(_format_config(_run.config, _run.config_modifications))


def print_dependencies(_run: Run) -> None:
    """Print the detected source files, packages and repositories."""
    _print(_format_dependencies(_run.experiment_info))


def _format_dependencies(info: Mapping[str, Any]) -> str:
    lines = ["Dependencies:"]
    for dependency in info["dependencies"]:
        name, _, version = dependency.partition("==")
        lines.append(f"  {name:<20} == {version}")
    lines += ["", "Sources:"]
    lines += [f"  {source:<43}  {digest}" for source, digest in info["sources"]]
    if info["repositories"]:
        lines += ["", "Version Control:"]
        lines += map(_format_repository, info["repositories"])
    return "\n".join(lines) + "\n"


def _format_repository(repository: Mapping[str, Any]) -> str:
    text = f"{repository['url'] or '':<43}  {repository['commit']}"
    return f"{COLOR_DIRTY}M {text}{ENDC}" if repository["dirty"] else f"  {text}"


def save_config(
    _config: Mapping[str, Any], _log: logging.Logger, config_filename: str = "config.json"
) -> None:
    """Store the updated configuration in a file.

    The entry config_filename names the file: "config.json" if it is not set. Its
    suffix says how it is written: .json, .yaml, .yml or .pickle.

    Args:
        _config: the configuration of the run.
        _log: reports the name of the file.
        config_filename: path of the file (default: ``config.json``).
    """
    from sacred._base.secret_text import escape_variables
    from sacred.config.config_files import save_config_file

    _log.info('Saving config to "%s"', config_filename)
    config = {key: value for key, value in _config.items() if key != "config_filename"}
    if not config_filename.lower().endswith(".pickle"):  # where variables have a meaning
        config = escape_variables(config)
    save_config_file(config, config_filename)


def diff(_run: Run) -> None:
    """Compare what a run would be with a stored one: diff [RUN] with lr=0.1.

    RUN is an id, last, last~1, best:FIELD (the largest), best:-FIELD (the smallest), or
    nearest: the run whose configuration differs least (the default).
    Runs are those of this experiment, in the store of its observers (or of -F, -m, ...).
    What differs is printed: configuration, sources, packages and machine.
    """
    from sacred.commands.stored_run import print_difference

    print_difference(_run, arguments_of(_run) or ["nearest"])


def explain(_run: Run) -> None:
    """Show where entries come from, and what they overrode: explain [ENTRY...] with lr=0.1.

    Without an ENTRY, all changed entries are explained. With --json, the output is for programs.
    """
    from sacred.commands.entry_history import chosen_entries, format_history, history_as_json
    from sacred.provenance.origins import Provenance

    words = arguments_of(_run)
    names = [word for word in words if not word.startswith("--")]
    assert _run.config_history is not None
    entries = chosen_entries(Provenance(_run.config_history.entries), names)
    if "--json" in words:
        print(history_as_json(entries))
    else:
        print(format_history(entries) or "No entry has been changed.")


def arguments_of(run: Run) -> list[str]:
    """Return the arguments of the command, from where the command line has put them."""
    options = getattr(run, "meta_info", {}).get("options") or {}
    words = [str(word) for word in options.get(ARGUMENTS_OPTION) or ()]
    # An option of the experiment with the name of one of ours counts as ours.
    return words + [flag for flag in ("--json",) if options.get(flag) is True]


def print_named_configs(ingredient: Ingredient) -> Callable[[], None]:
    """Return the command that prints the named configs of an ingredient and its ingredients.

    Args:
        ingredient: asked for its named configs when the command runs.
    """

    def print_named_configs() -> None:
        """Print the available named configs and exit."""
        from sacred.commands.named_config_text import _format_named_configs

        _print(_format_named_configs(ingredient.gather_named_configs()))

    return print_named_configs


def print_named_configs_of_run(_run: Run) -> None:
    """Print the available named configs and exit."""
    from sacred.commands.named_config_text import _format_named_configs

    _print(_format_named_configs(_run.experiment.gather_named_configs()))


# The command of experiments. Unlike the result of print_named_configs(), it can be pickled.
print_named_configs_of_run.__name__ = "print_named_configs"


def help_for_command(command: Callable[..., Any]) -> str:
    '''Return the signature and docstring of a command.

    Args:
        command: any function.

    >>> def train(C, *, steps=10):
    ...     """Train the model."""
    >>> print(help_for_command(train))
    train(C, *, steps=10)
        Train the model.
    <BLANKLINE>
    '''
    import inspect
    import textwrap

    name = getattr(command, "__name__", repr(command))
    doc = textwrap.indent(inspect.getdoc(command) or "", "    ")
    return f"{name}{_signature(command)}\n{doc}\n" if doc else f"{name}{_signature(command)}\n"


class _Unquoted(str):
    """Text whose repr is unquoted, for signatures."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _signature(command: Callable[..., Any]) -> str:
    try:
        signature = _read_signature(command)
    except (TypeError, ValueError):  # some C functions have no signature
        return "(...)"
    parameters = [
        parameter.replace(annotation=_unquoted(parameter.annotation))
        for parameter in signature.parameters.values()
    ]
    returned = _unquoted(signature.return_annotation)
    return str(signature.replace(parameters=parameters, return_annotation=returned))


def _read_signature(command: Callable[..., Any]) -> inspect.Signature:
    import inspect

    if sys.version_info >= (3, 14):
        import annotationlib

        # Names that only type checkers import cannot be looked up.
        form = annotationlib.Format.STRING
        return inspect.signature(command, annotation_format=form)
    return inspect.signature(command)


def _unquoted(annotation: Any) -> Any:
    return _Unquoted(annotation) if isinstance(annotation, str) else annotation
