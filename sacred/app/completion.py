"""Scripts that complete the commands and options of the program, and what stores have.

Which argument is what, they know from the parsers. Ids, fields and stores they ask of
``sacred completion`` (`sacred.app.candidates`). Nothing that comes from there is looked at as
code: it is compared and inserted only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sacred.app.command_table import COMMANDS, Command
from sacred.app.program_arguments import parser_of

__all__ = ["SHELLS"]

#: What the first positional arguments of commands are, by their names in the parser.
_KINDS = {"id": "ids", "ids": "ids", "query": "fields", "source": "stores"}
#: Options with fields as their values.
_FIELDS = ("--sort", "--columns", "--match")


def _options(command: Command) -> Iterator[tuple[tuple[str, ...], str]]:
    """The flags of each option, and what it does."""
    for action in parser_of(command)._actions:
        if action.option_strings:
            yield tuple(action.option_strings), (action.help or "").partition(" (")[0]


def _flags(command: Command) -> list[str]:
    return [flag for flags, _ in _options(command) for flag in flags]


def _kind(command: Command) -> str:
    """What its arguments are; empty: something else."""
    names = [a.dest for a in parser_of(command)._actions if not a.option_strings]
    return next((_KINDS[name] for name in names if name in _KINDS), "")


def _names_of(kind: str) -> list[str]:
    return [command.name for command in COMMANDS if _kind(command) == kind]


def _bash() -> str:
    flags = "\n".join(
        f'        {command.name}) flags="{" ".join(_flags(command))}" ;;' for command in COMMANDS
    )
    kinds = "\n".join(
        f"                {'|'.join(_names_of(kind))}) kind={kind} ;;"
        for kind in dict.fromkeys(_KINDS.values())
    )
    return _BASH.format(
        commands=" ".join(command.name for command in COMMANDS),
        flags=flags,
        kinds=kinds,
        fields="|".join(_FIELDS),
    )


_BASH = """\
# bash completion of sacred
_sacred() {{
    # The whole word, for bash takes it apart at colons.
    local line="${{COMP_LINE:0:COMP_POINT}}" command="" previous="" kind="" flags="" before=""
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
    case "$previous" in
        -s|--store) kind=stores ;;
        {fields})
            kind=fields
            before="${{word%"${{word##*,}}"}}"
            [[ "${{word#"$before"}}" == -* ]] && before="$before-"
            ;;
        *)
            case "$command" in
{kinds}
            esac
            ;;
    esac
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


def _zsh() -> str:
    names = "\n".join(f"        {_zsh_quoted(f'{c.name}:{c.summary}')}" for c in COMMANDS)
    flags = "\n".join(
        f"        {command.name}) flags=({' '.join(_flags(command))}) ;;" for command in COMMANDS
    )
    kinds = "\n".join(
        f"            {'|'.join(_names_of(kind))}) kind={kind} ;;"
        for kind in dict.fromkeys(_KINDS.values())
    )
    return _ZSH.format(names=names, flags=flags, kinds=kinds, fields="|".join(_FIELDS))


_ZSH = """\
#compdef sacred
# zsh completion of sacred
_sacred() {{
    local -a commands flags store found
    local command="" kind="" i
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
    case "$words[CURRENT-1]" in
        -s|--store) kind=stores ;;
        {fields}) kind=fields; compset -P '*,'; compset -P '-' ;;
        *)
            if [[ "$words[CURRENT]" == -* ]]; then
                compadd -- $flags
                return
            elif [[ -z "$command" ]]; then
                _describe command commands
                return
            fi
            case "$command" in
{kinds}
            esac
            ;;
    esac
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


def _fish() -> str:
    lines = [_FISH.rstrip()]
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
            asked = "fields" if set(flags) & set(_FIELDS) else ""
            asked = "stores" if "--store" in flags else asked
            words = f" -x -a '(__sacred_words {asked})'" if asked else ""
            lines.append(f"complete -c sacred {seen} {named}{words} -d {_fish_quoted(text)}")
        if kind := _kind(command):
            lines.append(f"complete -c sacred {seen} -a '(__sacred_words {kind})'")
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


SHELLS: dict[str, Callable[[], str]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}
