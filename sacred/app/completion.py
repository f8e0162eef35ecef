"""Scripts that complete the commands and options of the program."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sacred.app.command_table import COMMANDS, Command
from sacred.app.parser import parser_of

__all__ = ["SHELLS"]


def _options(command: Command) -> Iterator[tuple[tuple[str, ...], str]]:
    """The flags of each option, and what it does."""
    for action in parser_of(command)._actions:
        if action.option_strings:
            yield tuple(action.option_strings), (action.help or "").partition(" (")[0]


def _flags(command: Command) -> list[str]:
    return [flag for flags, _ in _options(command) for flag in flags]


def _bash() -> str:
    cases = "\n".join(
        f'        {command.name}) words="{" ".join(_flags(command))}" ;;' for command in COMMANDS
    )
    return f"""\
# bash completion of sacred
_sacred() {{
    local current="${{COMP_WORDS[COMP_CWORD]}}" command="" word words=""
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case "$word" in -*) ;; *) command="$word"; break ;; esac
    done
    case "$command" in
        "") words="{" ".join(c.name for c in COMMANDS)} --help --version --store" ;;
{cases}
    esac
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    if [[ -n "$command" && "$current" != -* ]]; then
        COMPREPLY+=($(compgen -W "last best:result" -- "$current"))
    fi
}}
complete -o default -F _sacred sacred
"""


def _zsh() -> str:
    names = "\n".join(f"        {_zsh_quoted(f'{c.name}:{c.summary}')}" for c in COMMANDS)
    cases = "\n".join(
        f"        {command.name}) compadd -- {' '.join(_flags(command))} ;;" for command in COMMANDS
    )
    return f"""\
#compdef sacred
# zsh completion of sacred
_sacred() {{
    local -a commands
    commands=(
{names}
    )
    if (( CURRENT == 2 )); then
        _describe command commands
        return
    fi
    if [[ "$words[CURRENT]" == -* ]]; then
        case "$words[2]" in
{cases}
        esac
    else
        compadd -- last best:result
        _files
    fi
}}
if [[ "$funcstack[1]" == _sacred ]]; then _sacred "$@"; else compdef _sacred sacred; fi
"""


def _zsh_quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _fish() -> str:
    lines = ["# fish completion of sacred", "complete -c sacred -f"]
    for command in COMMANDS:
        name, seen = command.name, f"-n '__fish_seen_subcommand_from {command.name}'"
        lines.append(
            f"complete -c sacred -n __fish_use_subcommand -a {name} "
            f"-d {_fish_quoted(command.summary)}"
        )
        for flags, text in _options(command):
            named = " ".join(
                f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}" for flag in flags
            )
            lines.append(f"complete -c sacred {seen} {named} -d {_fish_quoted(text)}")
    return "\n".join([*lines, ""])


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


SHELLS: dict[str, Callable[[], str]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}
