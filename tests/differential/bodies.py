"""Lines of functions that runs call: output, metrics, files, info, and how they end."""

from __future__ import annotations

import textwrap

from hypothesis import strategies as st

from tests.differential.values import plain_values, value_text

__all__ = ["ENDINGS", "INFO", "blocks"]

_LINES = st.sampled_from(
    [
        "print('hello')",
        "print('ünïcode')",
        "sys.stdout.write('no newline')",
        "print('to stderr', file=sys.stderr)",
        "print('a\\rb\\x08c')",
        "_log.info('logged')",
        "_log.warning('warned %s', 1)",
        "ex.log_scalar('loss', 0.5)",
        "_run.log_scalar('loss', 1, 10)",
        "_run.log_scalar('acc', np.float32(0.25), step=3)",
        "_run.log_scalar('a.b', np.int64(2))",
        "for i in range(3): _run.log_scalar('loop', i * 2)",
        "ex.open_resource('data.txt').close()",
        "_run.open_resource('data.txt', 'rb').close()",
        "ex.add_resource('more.csv')",
        "open('out.txt', 'w').write('made'); ex.add_artifact('out.txt')",
        "open('out.txt', 'w').write('made'); _run.add_artifact('out.txt', name='other.bin')",
        "open('out.json', 'w').write('{}'); ex.add_artifact('out.json', metadata={'k': 1})",
        "ex.add_artifact('data.txt', content_type='text/csv')",
        "_run.add_artifact(filename='data.txt', name='first')",
        "PROBE('state', _run.status, _run._id, ex.current_run is _run)",
        "ex.add_artifact('absent.txt')",
        "ex.add_resource('absent.txt')",
        "_run.meta_info['mine'] = 1",
        "PROBE('observers', [type(one).__name__ for one in _run.observers])",
    ]
)
INFO = st.one_of(
    plain_values.map(lambda value: f"_run.info['k'] = {value_text(value)}"),
    st.sampled_from(
        [
            "ex.info['n'] = np.arange(2)",
            "ex.info['f'] = np.float64(1.5)",
            "_run.info.setdefault('losses', []).append(0.5)",
            "_run.info['t'] = (1, 2)",
            "_run.info['d'] = {1: 'int key'}",
            "_run.info['a.b'] = {'$c': 1}",
        ]
    ),
)
ENDINGS = st.one_of(
    plain_values.map(lambda value: f"return {value_text(value)}"),
    st.sampled_from(
        [
            "return (1, 'b')",
            "return {'acc': 0.5, 'list': [1, 2]}",
            "pass",
            "pass",
            "raise ValueError('broken')",
            "raise KeyboardInterrupt",
            "raise Stopped('by hand')",
            "raise TimeoutInterrupt()",
            "raise SacredInterrupt()",
            "sys.exit(3)",
            "sys.exit('a text')",
            "1 / 0",
            "{}['key']",
            "helper()",
            "assert False, 'no'",
        ]
    ),
)

_FRAMES = [
    "for i in range(2):",
    "if a:",
    "with open('data.txt') as file:",
    "try:",
    "def inner():",
    "for _run.info['n'] in range(3):",
]


@st.composite
def blocks(draw: st.DrawFn, most: int = 5) -> list[str]:
    """Lines, some of them repeated, in loops, or in functions of their own."""
    found: list[str] = []
    for _ in range(draw(st.integers(0, most))):
        line = draw(_LINES)
        frame = draw(st.sampled_from([None, None, None, *_FRAMES]))
        if frame is None:
            found.append(line)
            continue
        inside = [line, *draw(st.lists(_LINES, max_size=2))]
        found += [frame, *(textwrap.indent(one, "    ") for one in inside)]
        if frame == "try:":
            found += ["except Exception as error:", "    PROBE('caught', type(error).__name__)"]
        if frame.startswith("def"):
            found.append("inner()")
    return found
