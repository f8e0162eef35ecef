"""A configuration of 1000 entries in 50 scopes of 21 parts: define it, and evaluate it."""

import _tools

INGREDIENTS = 20
SCOPES = 50
ENTRIES = 20  # of each scope


VALUES = ("{n}", "{n} + 0.5", "[{n}, 'text']", "{{'a': {n}, 'b': 'text'}}")


def scope(number):
    lines = [
        f"    s{number}_e{entry} = {VALUES[entry % 4].format(n=number + entry)}"
        for entry in range(ENTRIES)
    ]
    if _tools.IS_LIMIT:
        lines.append("    return locals()")
    return f"def scope_{number}():\n" + "\n".join(lines)


def script():
    parts = ["times = []", "from sacred import Experiment, Ingredient"]
    for number in range(INGREDIENTS):
        parts += [f"i{number} = Ingredient('i{number}')", f"@i{number}.config", scope(number)]
    used = ", ".join(f"i{number}" for number in range(INGREDIENTS))
    parts.append(f"ex = Experiment('large', ingredients=[{used}], save_git_info=False)")
    for number in range(INGREDIENTS, SCOPES):
        parts += ["@ex.config", scope(number)]
    parts.append("@ex.main\ndef main():\n    main_starts()")
    return "\n".join(parts) + "\n"


def plain_script():
    parts = ["scopes = []"]
    for number in range(SCOPES):
        parts += ["@scopes.append", scope(number)]
    return "\n".join(parts) + "\n"


def warm_up():
    """Load what every run loads: that is measured elsewhere."""
    from sacred import Experiment

    ex = _tools.quiet(Experiment("small", save_git_info=False))
    ex.main(lambda: None)
    ex.run()


with open("large_script.py", "w") as file:
    file.write(plain_script() if _tools.IS_LIMIT else script())
if not _tools.IS_LIMIT:
    warm_up()

watch = _tools.Stopwatch()
import large_script  # noqa: E402

define = watch.cpu()

watch = _tools.Stopwatch()
if _tools.IS_LIMIT:
    config = {}
    for function in large_script.scopes:
        config.update(function())
    evaluate = watch.cpu()
else:
    large_script.main_starts = lambda: large_script.times.append(watch.cpu())
    _tools.quiet(large_script.ex).run()
    [evaluate] = large_script.times
_tools.report(define=define, evaluate=evaluate)
