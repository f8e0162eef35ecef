"""``run.sh`` of a bundle, which repeats a run in its root: no installation, no privileges."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from sacred.exec.bundling.root_manifest import RootManifest

__all__ = ["SCRIPT_NAME", "script_files"]

SCRIPT_NAME = "run.sh"
_FILES, _RESULTS = "root.sha256", "results.sha256"

_SCRIPT = r"""#!/bin/sh
# Repeats run @RUN@ in a root of its own, and compares digests.
#
#     sh run.sh [-n] [-k] [-b bwrap|unshare|proot]
#
# -n cuts the network off, -k keeps the root that it has run in, -b chooses what makes the root.
# It ends with a verdict: EXACT or EQUAL (0), DIFFERS or FAILED (1), IMPOSSIBLE (2).
set -u
network=yes keep= backend=
while getopts nkb: option; do
    case $option in
        n) network=no ;;
        k) keep=yes ;;
        b) backend=$OPTARG ;;
        *) exit 2 ;;
    esac
done
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd) || exit 2

verdict() {
    [ -n "$keep" ] && echo "the root is $root" >&2
    printf '%s%s\n' "$2" "${3:+  $3}"
    exit "$1"
}
impossible() { keep=; verdict 2 IMPOSSIBLE "$1"; }

[ "$(uname -s)" = Linux ] || impossible "it needs Linux"
[ "$(uname -m)" = @MACHINE@ ] || impossible "it needs a processor @MACHINE@, not $(uname -m)"
command -v sha256sum > /dev/null || impossible "sha256sum is not installed"
work=$(mktemp -d "${TMPDIR:-/tmp}/sacred-root-XXXXXX") || impossible "its root has no place"
root=$work/root
forget() {
    if [ -n "$keep" ]; then return; fi
    chmod -R u+w "$work" 2> /dev/null
    rm -rf "$work"
}
trap forget EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

(cd -- "$here" && sha256sum -c root.sha256) > "$work/check" 2>&1 ||
    impossible "the bundle is damaged: $(grep -v ': OK$' "$work/check" | head -n 1)"
cp -RPp -- "$here/root" "$root" || impossible "its root cannot be copied"
chmod -R u+rwX "$root" 2> /dev/null
chmod 1777 "$root/tmp" "$root/dev/shm"
for name in null zero full random urandom tty; do : > "$root/dev/$name"; done
ln -s /proc/self/fd "$root/dev/fd"
for name in 0:stdin 1:stdout 2:stderr; do
    ln -s "/proc/self/fd/${name%%:*}" "$root/dev/${name#*:}"
done

works() {
    case $1 in
        bwrap) bwrap --ro-bind / / --dev /dev true ;;
        unshare) unshare -rmpf true && unshare --help | grep -q -e --wd ;;
        proot) [ "$network" = yes ] && proot true ;;
        *) false ;;
    esac > /dev/null 2>&1
}
for candidate in ${backend:-bwrap unshare proot}; do
    if works "$candidate"; then found=$candidate; break; fi
done
[ -n "${found:-}" ] ||
    impossible "none of ${backend:-bwrap, unshare and proot (without -n)} works here"
env=$(command -v env) unshare=$(command -v unshare) cwd=@DIRECTORY@

mounts='
root=$1
shift
for name in null zero full random urandom tty; do
    mount --bind "/dev/$name" "$root/dev/$name" 2> /dev/null
done
mount -t proc proc "$root/proc" 2> /dev/null || mount --rbind /proc "$root/proc"
"$@"
'
set -- @WORDS@
case $found in
    bwrap)
        [ "$network" = no ] && alone=--unshare-net || alone=--die-with-parent
        set -- "$(command -v bwrap)" --bind "$root" / --dev /dev --proc /proc \
            --bind "$root/dev/shm" /dev/shm --unshare-pid \
            "$alone" --chdir "$cwd" -- "$@" ;;
    unshare) set -- "$unshare" --root="$root" --wd="$cwd" -- "$@" ;;
    proot)
        set -- "$(command -v proot)" -r "$root" -b /dev -b "$root/dev/shm:/dev/shm" -b /proc \
            -w "$cwd" "$@" ;;
esac
set -- "$env" -i @VARIABLES@ "$@"
if [ "$found" = unshare ]; then
    [ "$network" = no ] && flags=-rmpfn || flags=-rmpf
    set -- "$unshare" "$flags" -- /bin/sh -c "$mounts" sh "$root" "$@"
fi
{ "$@" < @STDIN@; echo $? > "$work/status"; } 2>&1 | tee "$work/output"

[ -n "$(tail -c 1 "$work/output")" ] && echo
status=$(cat "$work/status")
if [ "$status" != @STATUS@ ]; then
    [ @STATUS@ = 0 ] && verdict 1 FAILED "its exit status is $status"
    verdict 1 DIFFERS "its exit status is $status, and was @STATUS@"
fi
(cd -- "$root" && sha256sum -c "$here/results.sha256") > "$work/check" 2> /dev/null ||
    [ ! -s "$here/results.sha256" ] ||
    verdict 1 DIFFERS "$(grep -v ': OK$' "$work/check" | head -n 1)"
set -- $(sha256sum < "$work/output")
case @OUTPUT@ in
    "$1" | unknown) verdict 0 EXACT ;;
    *) verdict 0 EQUAL "the digests of its files are equal; its output differs" ;;
esac
"""


def script_files(manifest: RootManifest) -> dict[str, str]:
    """Return ``run.sh`` and the lists of digests that it checks, by their names.

    Args:
        manifest: of the root.
    """
    words = manifest.words
    places = {
        "@RUN@": " ".join(manifest.run.split()),
        "@MACHINE@": shlex.quote(manifest.machine),
        "@DIRECTORY@": shlex.quote(manifest.directory),
        "@WORDS@": shlex.join(words),
        "@VARIABLES@": shlex.join(f"{name}={text}" for name, text in manifest.variables.items()),
        "@STDIN@": '"$root"' + shlex.quote(manifest.stdin) if manifest.stdin else "/dev/null",
        "@STATUS@": str(manifest.exit_status),
        "@OUTPUT@": shlex.quote(manifest.output or "unknown"),
    }
    return {
        SCRIPT_NAME: _filled(places),
        _FILES: _digest_lines((f"root{row['path']}", row["sha256"]) for row in manifest.files),
        _RESULTS: _digest_lines((f".{path}", digest) for path, digest in manifest.results.items()),
    }


def _filled(places: dict[str, str]) -> str:
    """Fill in the script in one pass: a value that looks like a placeholder stays as it is."""
    text = _SCRIPT
    parts: list[str] = []
    while text:
        before, at, rest = text.partition("@")
        name, end, after = rest.partition("@")
        key = f"@{name}@"
        if at and end and key in places:
            parts += [before, places[key]]
            text = after
        else:
            parts += [before, at]
            text = rest
    return "".join(parts)


def _digest_lines(rows: Iterable[tuple[str, str]]) -> str:
    """Return lines as ``sha256sum`` writes and reads them."""
    lines = []
    for name, digest in rows:
        escaped = name.replace("\\", "\\\\").replace("\n", "\\n")
        lines.append(f"{'' if escaped == name else chr(92)}{digest}  {escaped}\n")
    return "".join(lines)
