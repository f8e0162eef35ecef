"""Print a million lines while descriptors are captured."""

import _tools

COUNT = _tools.scaled(1_000_000)
LINE = "epoch 12: loss 0.123"


def print_lines(count):
    watch = _tools.Stopwatch()
    for _ in range(count):
        print(LINE)
    return watch.cpu() / count


def in_a_run(count):
    from sacred import Experiment
    from sacred.observers import FileStorageObserver

    ex = _tools.quiet(Experiment("printing", save_git_info=False))
    ex.observers.append(FileStorageObserver("runs"))
    seconds = []

    @ex.main
    def main():
        seconds.append(print_lines(count))

    watch = _tools.Stopwatch()
    ex.run(options={"--capture": "fd"})
    return seconds[0], watch.cpu() / count


if _tools.IS_LIMIT:
    _tools.report(line=print_lines(COUNT), whole=print_lines(COUNT))
else:
    in_a_run(COUNT // 10)  # the first run of a process imports things
    line, whole = in_a_run(COUNT)
    before = _tools.peak_memory()
    in_a_run(3 * COUNT)
    growth = (_tools.peak_memory() - before) / (2 * COUNT * (len(LINE) + 1))
    _tools.report(line=line, whole=whole, growth=growth)
