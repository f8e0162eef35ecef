"""Completions of command lines of an experiment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sacred._base.cli_option import CLIOption
from sacred._base.masking import mask_entry, mask_passwords
from sacred._base.paths import get_by_dotted_path, iterate_flattened
from sacred.cli.completion import (
    SEPARATOR,
    Candidate,
    CompletedOption,
    complete,
    print_candidates,
)
from sacred.cli.parsing import Reading, flags_of
from sacred.cli.shell_scripts import shell_script
from sacred.cli.updates import parse_updates

if TYPE_CHECKING:
    from sacred.initialize.configuration import Configured

__all__ = ["COMPLETION_FLAG", "answer_shell"]

COMPLETION_FLAG = "--completion"


def answer_shell(experiment: Any, asked: str, program: str) -> None:
    """Print a completion script for a shell, or answer such a script.

    Args:
        experiment: the experiment.
        asked: the name of a shell, or a command line.
        program: the name of its file, without directories.

    Raises:
        CommandLineError: the shell is unknown.
    """
    if asked.startswith(SEPARATOR):
        print_candidates(complete(asked[1:], _ExperimentCompletion(experiment, program)))
    else:
        print(shell_script(asked, program, COMPLETION_FLAG), end="")


class _ExperimentCompletion:
    """See `Completable`."""

    def __init__(self, experiment: Any, name: str) -> None:
        self.name = name
        self._experiment = experiment

    def options(self, command: str | None) -> list[CompletedOption]:
        """See `Completable`."""
        options: list[CLIOption] = self._experiment.all_cli_options
        return [
            CompletedOption(
                flags=tuple(filter(None, (flags.short, flags.long))),
                description=option.get_description(),
                takes_value=flags.argument is not None,
                values=flags.long if self._choices(flags.long) else "",
            )
            for flags, option in zip(flags_of(options), options, strict=True)
        ]

    def values(self, kind: str, reading: Reading) -> Iterator[Candidate]:
        """See `Completable`."""
        yield from map(Candidate, self._choices(kind))

    def arguments(self, reading: Reading, word: str) -> Iterator[Candidate]:
        """See `Completable`."""
        words = reading.words
        if "with" in words:
            position = words.index("with")
            yield from self._updates("".join(words[:position][:1]), words[position + 1 :], word)
        elif words[:1] == ("help",):
            yield from self._commands() if len(words) == 1 else ()
        else:
            if words[:1] == ("explain",):
                yield from self._entries(self._configured("", ()), "", "")
            yield from () if words else self._commands()
            yield Candidate("with", "change the configuration")
            yield from () if words else [Candidate("help", "explain a command")]

    def _choices(self, flag: str) -> tuple[str, ...]:
        """The values to offer; empty for an option of the user's."""
        for option in self._experiment.all_cli_options:
            if option.get_flag() == flag:
                choices: tuple[str, ...] = getattr(option, "choices", ())
                return choices
        return ()

    def _commands(self) -> Iterator[Candidate]:
        for name, command in self._experiment.gather_commands():
            yield Candidate(name, _first_line(command))

    def _updates(self, command: str, given: Sequence[str], word: str) -> Iterator[Candidate]:
        configured = self._configured(command, given)
        path, equals, _ = word.partition("=")
        if equals:
            value = get_by_dotted_path(configured.config, path) if configured is not None else None
            choices = (True, False) if isinstance(value, bool) else (value,)
            shown = [choice for choice in choices if mask_entry(path, choice) is choice]
            yield from (Candidate(f"{path}={_text(choice)}") for choice in shown)
            return
        if word.startswith("~"):
            yield from self._entries(configured, "~", "")
            return
        for name, source in self._experiment.gather_named_configs():
            if name not in given:
                yield Candidate(name, _first_line(source))
        yield from self._entries(configured, "", "=")

    def _entries(
        self, configured: Configured | None, before: str, behind: str
    ) -> Iterator[Candidate]:
        """The paths of entries, with what stands around them."""
        if configured is None:
            return
        docs: Mapping[str, str] = configured.modifications.docs
        for path, value in iterate_flattened(configured.config):
            comment = f"  # {docs[path]}" if path in docs else ""
            text = f"{_text(mask_entry(path, value))}{comment}"
            yield Candidate(f"{before}{path}{behind}", mask_passwords(text))

    def _configured(self, command: str, given: Sequence[str]) -> Configured | None:
        """The configuration that the words so far lead to, else that without them."""
        # Not at the top: commands and options are completed without it.
        from sacred.initialize.configuration import configure

        for words in (given, ()):
            # Scopes are users' code, and the words are not complete yet.
            try:
                updates, named = parse_updates(words)
                return configure(
                    self._experiment, command or self._experiment.default_command, updates, named
                )
            except Exception:
                continue
        return None


def _first_line(described: object) -> str:
    return (described.__doc__ or "").strip().partition("\n")[0]


def _text(value: object) -> str:
    return value if isinstance(value, str) else repr(value)
