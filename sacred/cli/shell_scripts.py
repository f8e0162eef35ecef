"""Scripts with which shells ask a program for completions of a command line.

They pass the line up to the cursor and read the lines that begin with `SEPARATOR`. Nothing in
these is evaluated: it is only compared and inserted. If nothing is found, file names are offered.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping

from sacred.cli.errors import CommandLineError

__all__ = ["SHELLS", "shell_script"]


def shell_script(shell: str, program: str, call: str) -> str:
    """Return the script for a shell.

    Args:
        shell: one of `SHELLS`.
        program: the name of the program, or of the Python file, without directories.
        call: the argument before the line, with which the program is called.

    Raises:
        CommandLineError: the shell is unknown.
    """
    if shell not in SHELLS:
        raise CommandLineError(f"no completion for {shell!r}, only for {', '.join(SHELLS)}")
    template, through_python, quoted = SHELLS[shell]
    if program.endswith(".py"):
        template += through_python
    values = {
        "@NAME@": quoted(program),
        "@FUNCTION@": "_" + re.sub(r"\W", "_", program),
        "@CALL@": call,
    }
    return re.sub("@[A-Z]+@", lambda found: values[found[0]], template)


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


_BASH = r"""# bash completion of @NAME@
@FUNCTION@() {
    local line="${COMP_LINE:0:COMP_POINT}" breaks="${COMP_WORDBREAKS//[^:=]/}"
    local word mark rest kept=""
    local -a words=() program=()
    read -ra words <<< "$line"
    for word in "${words[@]}"; do
        program+=("${word/#\~\//$HOME/}")
        [[ "${word##*/}" == @NAME@ ]] && break
    done
    # Behind = and : begins what bash takes for a word of its own, and replaces.
    word="${line##*[[:space:]]}"
    [[ -n "$breaks" && "$word" == *[$breaks]* ]] && kept="${word%"${word##*[$breaks]}"}"
    COMPREPLY=()
    while IFS=$'\037' read -r mark word rest; do
        [[ -z "$mark" && -n "$word" ]] && COMPREPLY+=("${word#"$kept"}")
    done < <("${program[@]}" @CALL@ $'\037'"$line" </dev/null 2>/dev/null)
    [[ "${COMPREPLY[0]-}" == *= ]] && compopt -o nospace 2>/dev/null
    return 0
}
complete -o default -F @FUNCTION@ @NAME@
"""

_BASH_PYTHON = r"""# ... behind python
@FUNCTION@_python() {
    local word
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        [[ "${word##*/}" == @NAME@ ]] && { @FUNCTION@; return; }
    done
    [[ -z "$@FUNCTION@_next" ]] || "$@FUNCTION@_next" "$@"
}
for word in python python3; do
    complete -p "$word" &>/dev/null || _comp_load "$word" &>/dev/null ||
        _completion_loader "$word" &>/dev/null
    if [[ "$(complete -p "$word" 2>/dev/null)" =~ -F\ ([^ ]+) ]]; then
        [[ "${BASH_REMATCH[1]}" == @FUNCTION@_python ]] || @FUNCTION@_next="${BASH_REMATCH[1]}"
    fi
    complete -o default -F @FUNCTION@_python "$word"
done
"""

_ZSH = r"""#compdef @NAME@
# zsh completion of @NAME@
@FUNCTION@() {
    local word line
    local -a typed program parts plain plain_shown open open_shown
    typed=("${(@Q)words[1,CURRENT-1]}" "${(Q)PREFIX}")
    for word in "${(@)typed[1,CURRENT-1]}"; do
        program+=("${word/#\~\//$HOME/}")
        [[ "${word:t}" == @NAME@ ]] && break
    done
    line=$'\037'"${(pj:\037:)typed}"
    for line in "${(@f)$("${program[@]}" @CALL@ "$line" </dev/null 2>/dev/null)}"; do
        parts=("${(@ps:\037:)line}")
        [[ -z "$parts[1]" && -n "$parts[2]" ]] || continue
        word="$parts[2]${parts[3]:+  -- $parts[3]}"
        if [[ "$parts[2]" == *= ]]; then
            open+=("$parts[2]") open_shown+=("$word")
        else
            plain+=("$parts[2]") plain_shown+=("$word")
        fi
    done
    (( $#plain + $#open )) || { _files; return; }
    (( $#plain )) && compadd -l -d plain_shown -a plain
    (( $#open )) && compadd -l -S '' -d open_shown -a open
    return 0
}
if [[ "$funcstack[1]" == @FUNCTION@ ]]; then @FUNCTION@ "$@"; else compdef @FUNCTION@ @NAME@; fi
"""

_ZSH_PYTHON = r"""# ... behind python
@FUNCTION@_python() {
    local word
    for word in "${(@Q)words[2,CURRENT-1]}"; do
        [[ "${word:t}" == @NAME@ ]] && { @FUNCTION@; return; }
    done
    "${@FUNCTION@_next:-_default}" "$@"
}
if [[ "$_comps[python]" != @FUNCTION@_python ]]; then
    typeset -g @FUNCTION@_next="$_comps[python]"
    compdef @FUNCTION@_python python python3
fi
"""

_FISH = r"""# fish completion of @NAME@
function @FUNCTION@
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program
    for word in $words
        set -a program (string replace -r '^~/' "$HOME/" -- $word)
        test (string replace -r '.*/' '' -- $word) = @NAME@; and break
    end
    set -l line (string join \x1f -- '' $words "$current")
    set -l found ($program @CALL@ $line </dev/null 2>/dev/null | string match -r '^\x1f.+')
    if test (count $found) -eq 0
        __fish_complete_path "$current"
    else
        string replace -r '^\x1f([^\x1f]*)\x1f?(.*)$' '$1'\t'$2' -- $found
    end
end
complete -c @NAME@ -f -a '(@FUNCTION@)'
"""

_FISH_PYTHON = r"""# ... behind python
function @FUNCTION@_is_called
    for word in (commandline -opc)[2..]
        test (string replace -r '.*/' '' -- $word) = @NAME@; and return
    end
    return 1
end
complete -c python -c python3 -n @FUNCTION@_is_called -f -a '(@FUNCTION@)'
"""

#: Shell → the script, what is added for a Python file, and how words are quoted.
SHELLS: Mapping[str, tuple[str, str, Callable[[str], str]]] = {
    "bash": (_BASH, _BASH_PYTHON, shlex.quote),
    "fish": (_FISH, _FISH_PYTHON, _fish_quoted),
    "zsh": (_ZSH, _ZSH_PYTHON, shlex.quote),
}
