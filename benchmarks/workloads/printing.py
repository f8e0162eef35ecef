"""Print a million lines while descriptors are captured."""

import time

import _tools

COUNT = _tools.scaled(1_000_000)
LINE = "epoch 12: loss 0.123"


def print_lines(count):
    """CPU time for a line: of the process, and of the thread that prints."""
    watch, before = _tools.Stopwatch(), time.thread_time()
    for _ in range(count):
        print(LINE)
    return watch.cpu() / count, (time.thread_time() - before) / count


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
    return *seconds[0], watch.cpu() / count


if _tools.IS_LIMIT:
    line, thread = print_lines(COUNT)
    _tools.report(line=line, thread=thread, whole=print_lines(COUNT)[0])
else:
    in_a_run(COUNT // 10)  # the first run of a process imports things
    line, thread, whole = in_a_run(COUNT)
    in_a_run(3 * COUNT)  # by now, all buffers are there
    before = _tools.peak_memory()
    in_a_run(6 * COUNT)
    growth = (_tools.peak_memory() - before) / (3 * COUNT * (len(LINE) + 1))
    _tools.report(line=line, thread=thread, whole=whole, growth=growth)
