"""Scripts for shells, which complete commands and options, and what stores have.

The scripts know the commands and options. Run ids, fields and stores they ask of
``sacred completion KIND`` (`completion_words`). Nothing that comes from there is evaluated: it is
compared and inserted only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sacred._base.frozen import Frozen

__all__ = ["KINDS", "SHELLS", "CompletedCommand", "CompletedOption"]

#: What can be asked of the program.
KINDS = ("ids", "fields", "stores")


class CompletedOption(Frozen):
    """An option of a command, as shells see it.

    Args:
        flags: all spellings.
        description: what it does.
        values: what its value is completed with, one of `KINDS`; empty: nothing.
    """

    flags: tuple[str, ...]
    description: str
    values: str = ""


class CompletedCommand(Frozen):
    """A command, as shells see it.

    Args:
        name: what the user types.
        summary: what it does, in a few words.
        options: all of them.
        arguments: what its arguments are completed with, one of `KINDS`; empty: nothing.
    """

    name: str
    summary: str
    options: tuple[CompletedOption, ...]
    arguments: str = ""

    @property
    def flags(self) -> str:
        """The flags of all options, as words of a shell."""
        return " ".join(flag for option in self.options for flag in option.flags)


Commands = Sequence[CompletedCommand]


def _option_cases(commands: Commands) -> Iterator[tuple[str, str]]:
    """Patterns for ``COMMAND FLAG``, and what the value of the flag is completed with."""
    for kind in KINDS:
        found = [
            f'"{command.name} {flag}"'
            for command in commands
            for option in command.options
            if option.values == kind
            for flag in option.flags
        ]
        if found:
            yield "|".join(found), kind


def _argument_cases(commands: Commands) -> Iterator[tuple[str, str]]:
    """Patterns for commands, and what their arguments are completed with."""
    for kind in KINDS:
        if found := [command.name for command in commands if command.arguments == kind]:
            yield "|".join(found), kind


def _bash(commands: Commands) -> str:
    flags = "\n".join(f'        {command.name}) flags="{command.flags}" ;;' for command in commands)
    values = "\n".join(
        f"        {pattern}) kind={kind}; is_value=1 ;;"
        for pattern, kind in _option_cases(commands)
    )
    arguments = "\n".join(
        f"                {pattern}) kind={kind} ;;" for pattern, kind in _argument_cases(commands)
    )
    return _BASH.format(
        commands=" ".join(command.name for command in commands),
        flags=flags,
        values=values,
        arguments=arguments,
    )


_BASH = """\
# bash completion of sacred
_sacred() {{
    # The whole word, for bash takes it apart at colons.
    local line="${{COMP_LINE:0:COMP_POINT}}" command="" previous="" kind="" flags="" before=""
    local is_value=""
    local word="${{line##* }}" one i
    local -a words=() store=() found=()
    read -ra words <<< "${{line% *}}"
    for ((i = 1; i < ${{#words[@]}}; i++)); do
        previous="${{words[i]}}"
        case "$previous" in
            -s|--store) (( i + 1 < ${{#words[@]}} )) && store=(-s "${{words[++i]}}") ;;
            --store=*) store=(-s "${{previous#*=}}") ;;
            -*) ;;
            *) [[ -z "$command" ]] && command="$previous" ;;
        esac
    done
    case "$command" in
        "") flags="--help --version --store" ;;
{flags}
    esac
    case "$command $previous" in
        *" -s"|*" --store") kind=stores ;;
{values}
        *)
            case "$command" in
{arguments}
            esac
            ;;
    esac
    if [[ -n "$is_value" && "$kind" == fields ]]; then
        # Several, separated by commas, each with or without a minus.
        before="${{word%"${{word##*,}}"}}"
        [[ "${{word#"$before"}}" == -* ]] && before="$before-"
    fi
    if [[ "$word" == -* && "$before" != *- ]]; then
        found=($flags)
    elif [[ -z "$command" && -z "$kind" ]]; then
        found=({commands})
    elif [[ -n "$kind" ]]; then
        while IFS= read -r one; do
            found+=("$one")
        done < <("${{words[0]}}" completion "$kind" ${{store[@]+"${{store[@]}}"}} 2>/dev/null)
    fi
    COMPREPLY=()
    # What bash has taken for a word of its own is not replaced.
    local colons=""
    [[ "$COMP_WORDBREAKS" == *:* && "$word" == *:* ]] && colons="${{word%"${{word##*:}}"}}"
    for one in ${{found[@]+"${{found[@]}}"}}; do
        one="$before$one"
        [[ "$one" == "$word"* ]] && COMPREPLY+=("${{one#"$colons"}}")
    done
}}
complete -o default -F _sacred sacred
"""


def _zsh(commands: Commands) -> str:
    names = "\n".join(f"        {_zsh_quoted(f'{c.name}:{c.summary}')}" for c in commands)
    flags = "\n".join(f"        {command.name}) flags=({command.flags}) ;;" for command in commands)
    values = "\n".join(
        f"        {pattern}) kind={kind}; is_value=1 ;;"
        for pattern, kind in _option_cases(commands)
    )
    arguments = "\n".join(
        f"                {pattern}) kind={kind} ;;" for pattern, kind in _argument_cases(commands)
    )
    return _ZSH.format(names=names, flags=flags, values=values, arguments=arguments)


_ZSH = """\
#compdef sacred
# zsh completion of sacred
_sacred() {{
    local -a commands flags store found
    local command="" kind="" is_value="" i
    commands=(
{names}
    )
    for ((i = 2; i < CURRENT; i++)); do
        case "$words[i]" in
            -s|--store) (( i + 1 < CURRENT )) && store=(-s "$words[++i]") ;;
            --store=*) store=(-s "${{words[i]#*=}}") ;;
            -*) ;;
            *) [[ -z "$command" ]] && command="$words[i]" ;;
        esac
    done
    case "$command" in
{flags}
    esac
    case "$command $words[CURRENT-1]" in
        *" -s"|*" --store") kind=stores ;;
{values}
        *)
            if [[ "$words[CURRENT]" == -* ]]; then
                compadd -- $flags
                return
            elif [[ -z "$command" ]]; then
                _describe command commands
                return
            fi
            case "$command" in
{arguments}
            esac
            ;;
    esac
    [[ -n "$is_value" && "$kind" == fields ]] && {{ compset -P '*,'; compset -P '-'; }}
    if [[ -n "$kind" ]]; then
        found=("${{(@f)$($words[1] completion $kind $store 2>/dev/null)}}")
        compadd -a found
    fi
    [[ "$kind" == (ids|fields) ]] || _files
}}
if [[ "$funcstack[1]" == _sacred ]]; then _sacred "$@"; else compdef _sacred sacred; fi
"""


def _zsh_quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _fish(commands: Commands) -> str:
    lines = [_FISH.rstrip()]
    for command in commands:
        seen = f"-n '__fish_seen_subcommand_from {command.name}'"
        lines.append(
            f"complete -c sacred -n __fish_use_subcommand -a {command.name} "
            f"-d {_fish_quoted(command.summary)}"
        )
        for option in command.options:
            named = " ".join(
                f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}"
                for flag in option.flags
            )
            words = f" -x -a '(__sacred_words {option.values})'" if option.values else ""
            lines.append(
                f"complete -c sacred {seen} {named}{words} -d {_fish_quoted(option.description)}"
            )
        if command.arguments:
            lines.append(f"complete -c sacred {seen} -a '(__sacred_words {command.arguments})'")
    return "\n".join([*lines, ""])


_FISH = """\
# fish completion of sacred
function __sacred_words
    set -l words (commandline -opc)
    set -l store
    for i in (seq (count $words))
        if contains -- $words[$i] -s --store; and test $i -lt (count $words)
            set store -s $words[(math $i + 1)]
        end
    end
    $words[1] completion $argv[1] $store 2>/dev/null
end
complete -c sacred -f
complete -c sacred -s s -l store -x -a '(__sacred_words stores)' -d 'the store'
"""


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


#: Shell → what makes its script.
SHELLS: dict[str, Callable[[Commands], str]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}
