"""Named configs that read an entry of the experiment: 8 and 16 of them, in one run.

Each of them makes the scopes before it be evaluated, so that it finds the entry; the limit calls
every function once.
"""

import _tools

SCOPES = 10
ENTRIES = 20  # of each scope
NUMBERS = (8, 16)
TRIES = max(1, _tools.scaled(5))


def scope(number):
    lines = [f"    s{number}_e{entry} = {number + entry}" for entry in range(ENTRIES)]
    return f"def scope_{number}():\n" + "\n".join([*lines, *ending()])


def named_config(number):
    return "\n".join([f"def named_{number}(s0_e1):", f"    v{number} = s0_e1 + 1", *ending()])


def ending():
    return ["    return locals()"] if _tools.IS_LIMIT else []


def script():
    if _tools.IS_LIMIT:
        parts, config, named = ["scopes, named = [], []"], "@scopes.append", "@named.append"
    else:
        parts = ["from sacred import Experiment", "ex = Experiment('named', save_git_info=False)"]
        config, named = "@ex.config", "@ex.named_config"
    for number in range(SCOPES):
        parts += [config, scope(number)]
    lines = [f"    v{number} = 0" for number in range(max(NUMBERS))]
    parts += [config, "\n".join(["def values():", *lines, *ending()])]
    for number in range(max(NUMBERS)):
        parts += [named, named_config(number)]
    return "\n".join(parts) + "\n"


def plain(number):
    watch = _tools.Stopwatch()
    config = {}
    for function in named_script.scopes:
        config.update(function())
    for function in named_script.named[:number]:
        config.update(function(config["s0_e1"]))
    return watch.cpu()


def run(number):
    """Seconds of CPU from `ex.run()` to the main function."""
    times = []
    named_script.ex.main(lambda: times.append(watch.cpu()))
    names = [f"named_{n}" for n in range(number)]
    watch = _tools.Stopwatch()
    result = named_script.ex.run(named_configs=names)
    assert result.config[f"v{number - 1}"] == 2
    [seconds] = times
    return seconds


with open("named_script.py", "w") as file:
    file.write(script())
import named_script  # noqa: E402

measure = plain
if not _tools.IS_LIMIT:
    _tools.quiet(named_script.ex)
    run(1)  # loads what every run loads: that is measured elsewhere
    measure = run
_tools.report(**{f"named{n}": min(measure(n) for _ in range(TRIES)) for n in NUMBERS})
