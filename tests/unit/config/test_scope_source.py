"""Config scopes: every way to write one down."""

import linecache
import textwrap
import traceback

import pytest

from sacred._base.errors import ConfigError
from sacred.config import ConfigScope
from sacred.settings import SETTINGS


@pytest.fixture
def define(tmp_path):
    """Define function `f` in a file, and return the function; text as it is."""
    count = iter(range(100))

    def define(text, name="f", **variables):
        path = tmp_path / f"scopes_{next(count)}.py"
        path.write_text(text, encoding="utf-8")
        namespace = {"__name__": "scopes", **variables}
        exec(compile(text, str(path), "exec", dont_inherit=True), namespace)
        return namespace[name]

    return define


def entries(function, **arguments):
    return dict(ConfigScope(function)(**arguments))


LAYOUTS = {
    "one line": "def f(): a = 1; b = a + 1\n",
    "one line, no end": "def f(): a = 1; b = a + 1",
    "tabs": "def f():\n\ta = 1\n\tif a:\n\t\tb = a + 1\n",
    "odd spaces": "def f():\n   a = 1\n   b = a + 1\n",
    "several lines": "def f(\n    # nothing here\n):\n    a = 1\n    b = a + 1\n",
    "comments": "def f():  # one\n    # two\n\n    # three\n    a = 1\n    b = a + 1\n# four\n",
    "low comment": "def f():\n    a = 1\n# low\n    b = a + 1\n",
    "annotations": "def f() -> 'NotThere':\n    a: int = 1\n    b: NotThere = a + 1\n",
    "late string": "def f():\n    a = 1\n    '''no docstring'''\n    b = a + 1\n",
    "continuation": "def f():\n    a = \\\n        1\n    b = (a\n+ 1)\n",
    "form feed": "\f\ndef f():\n    a = 1\n    b = a + 1\n",
    "unicode": "# äöü €\ndef f():\n    a = 1  # ✓\n    b = a + 1\n",
    "windows": "def f():\r\n    a = 1\r\n    b = a + 1\r\n",
    "in blocks": "if True:\n  for _ in [1]:\n     def f():\n        a = 1\n        b = a + 1\n",
    "unpacking": "def f():\n    (a, *_), [b] = (1,), [2]\n    del _\n",
    "lambda on the same line": "g = lambda: 0\ndef f(): a = 1; b = (lambda: a + 1)()\n",
    "twice": "def f():\n    a = 5\ndef f():\n    a = 1\n    b = a + 1\n",
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(define, layout):
    function = define(LAYOUTS[layout])
    assert entries(function) == {"a": 1, "b": 2}
    assert entries(function, fixed={"b": 7})["b"] == 7


def test_parameters_over_several_lines_with_annotations(define):
    f = define("def f(\n    a: int,  # first\n    b: 'str',\n) -> None:\n    c = a\n")
    assert entries(f, preset={"a": 1, "b": 2}) == {"a": 1, "b": 2, "c": 1}


def test_decorators_above(define):
    text = """
        def keep(f): return f
        def also(*args): return keep
        @also(
            1,
        )
        @keep
        def f():
            a = 1
    """
    assert entries(define(textwrap.dedent(text))) == {"a": 1}


def test_multi_line_strings_stay_as_they_are(define):
    text = (
        'class C:\n    class D:\n        def f():\n            a = """\n  x\n     y"""\nf = C.D.f\n'
    )
    assert entries(define(text)) == {"a": "\n  x\n     y"}


def test_future_flags(define):
    text = "def f():\n    def g(x: NotThere): return x\n    a = g(1)\n"
    assert entries(define("from __future__ import annotations\n" + text)) == {"a": 1}


def test_methods_and_closures(define):
    text = """
        def make(x, y):
            class C:
                @staticmethod
                def g():
                    a = x
                    b = [x + i for i in range(2)]
                    c = (lambda: y)()
            return C.g
        f = make(1, 2)
        h = make(10, 20)
    """
    text = textwrap.dedent(text)
    assert entries(define(text)) == {"a": 1, "b": [1, 2], "c": 2}
    assert entries(define(text, name="h")) == {"a": 10, "b": [10, 11], "c": 20}


def test_closures_are_shared_not_copied():
    outer = 1

    def scope():
        nonlocal outer
        a = outer
        outer = 5

    made = ConfigScope(scope)
    outer = 2
    assert made(fixed={"outer": 7}) == {"a": 2, "outer": 7}
    assert outer == 5


def test_globals_are_those_of_the_module(define):
    f = define("x = 1\ndef f():\n    global y\n    y = x\n    a = y\n")
    assert entries(f, fixed={"y": 9}) == {"a": 1, "y": 9}
    assert f.__globals__["y"] == 1
    f.__globals__["x"] = 3
    assert entries(f) == {"a": 3}


SCOPING = """
def f():
    a = 3
    comp = [a * i for i in range(3) if i < a]
    nested = [[a * i + j for j in range(2)] for i in range(2)]
    by_key = {k: a for k in "x"}
    total = sum(a for _ in range(2))
    doubled = (lambda n: n * a)(2)

    def times(n):
        def inner():
            return n * a
        return inner()

    tripled = times(3)

    class C:
        value = a

    attribute = C.value
    key = sorted([1, 2], key=lambda v: -v * a)
"""


@pytest.mark.parametrize("a", [3, 5])
def test_everything_inside_sees_the_final_values(define, a):
    assert entries(define(SCOPING), fixed={"a": a}) == {
        "a": a,
        "comp": [0, a, 2 * a],
        "nested": [[0, 1], [a, a + 1]],
        "by_key": {"x": a},
        "total": 2 * a,
        "doubled": 2 * a,
        "tripled": 3 * a,
        "attribute": a,
        "key": [2, 1],
    }


BINDINGS = {
    "a = 1": 1,
    "a: int = 1": 1,
    "a = 0; a += 1": 1,
    "a = other = 1": 1,
    "(other, [*rest, a]) = 1, [2, 1]": 1,
    "for a in [1]: pass": 1,
    "for _, (a, b) in [(1, (1, 2))]: pass": 1,
    "while (a := 1) and not a: pass": 1,
    "[(a := i) for i in [1]]": 1,
    "[[(a := i) for i in [j]] for j in [1]]": 1,
    "if True: a = 1": 1,
    "try: a = 1\n    finally: pass": 1,
    "try: 1/0\n    except Exception: a = 1": 1,
    "try: pass\n    except Exception: pass\n    else: a = 1": 1,
    "with cm() as a: pass": 1,
    "with cm() as other, cm() as (a): pass": 1,
    "match [1]:\n        case [a]: pass": 1,
    "match {'k': 1}:\n        case {'k': int() as a}: pass": 1,
    "match {'k': 1}:\n        case {**a}: pass": {"k": 1},
    "match [1, 2]:\n        case [_, *a]: pass": [2],
    "def g():\n        nonlocal a\n        a = 1\n    a = 0\n    g()": 1,
    "def g(x=(a := 1)): pass": 1,
}


@pytest.mark.parametrize("statement", BINDINGS)
def test_every_way_to_bind_a_name(define, statement):
    text = (
        "import contextlib\n@contextlib.contextmanager\ndef cm(): yield 1\n"
        f"def f():\n    {statement}\n    copy = a\n"
    )
    f = define(text)
    expected = BINDINGS[statement]
    found = entries(f)
    assert found["a"] == found["copy"] == expected
    fixed = ConfigScope(f)(fixed={"a": 77})
    assert fixed["a"] == 77
    assert not fixed.added
    if "nonlocal" not in statement:
        assert fixed["copy"] == 77


def test_fixed_values_inside_of_blocks(define):
    text = """
        def f():
            seen = []
            for i in range(3):
                seen.append(i)
            with open(path) as name:
                inside = name
            match 1:
                case found:
                    matched = found
    """
    f = define(textwrap.dedent(text), path=__file__)
    made = entries(f, fixed={"i": 9, "name": "N", "found": "F"})
    assert made["seen"] == [9, 9, 9]
    assert made["inside"] == "N"
    assert made["matched"] == "F"


def test_imports_can_be_fixed(define):
    f = define("def f():\n    import os.path\n    from math import pi as p\n    a = p\n")
    assert entries(f)["a"] > 3
    assert entries(f, fixed={"p": 3, "os": 1}) == {"p": 3, "a": 3, "os": 1}


def test_async(define):
    text = """
        import asyncio
        async def f():
            a = 1
            async def g():
                return a + 1
            b = await g()
            await asyncio.sleep(0)
    """
    assert entries(define(textwrap.dedent(text)), fixed={"a": 2}) == {"a": 2, "b": 3}


def test_empty_scopes(define):
    assert entries(define("def f(): pass\n"), fixed={"a": 1}) == {"a": 1}
    assert entries(define("def f():\n    '''Doc.'''\n")) == {"__doc__": "Doc."}


# -------------------------------------------------------------------- refusals


@pytest.mark.parametrize("signature", ["a=1", "*, a=1", "*args", "**kw", "a=1, /"])
def test_refused_signatures(define, signature):
    with pytest.raises(AssertionError, match="not allowed for ConfigScope"):
        ConfigScope(define(f"def f({signature}): pass\n"))


@pytest.mark.parametrize(
    ("statement", "word"),
    [("return", "return"), ("return 1", "return"), ("yield", "yield"), ("x = yield 1", "yield")],
)
def test_return_and_yield_are_refused(define, statement, word):
    f = define(f"\n\ndef f():\n    a = 1\n    if a:\n        {statement}\n")
    with pytest.raises(SyntaxError) as caught:
        ConfigScope(f)
    error = caught.value
    assert str(error).startswith(f"No {word} statements allowed in ConfigScopes")
    assert f.__code__.co_filename in str(error)
    assert "line 6" in str(error)
    assert (error.filename, error.lineno) == (f.__code__.co_filename, 6)
    assert statement in error.text


def test_return_in_a_nested_function_is_fine(define):
    text = "def f():\n    def g():\n        return 1\n    def h(): yield 2\n    a = [g(), *h()]\n"
    assert entries(define(text)) == {"a": [1, 2]}


def test_no_source():
    namespace = {}
    exec("def f():\n    a = 1\n", namespace)
    with pytest.raises(ConfigError, match=r"'f'.*\"<string>\", line 1.*no source"):
        ConfigScope(namespace["f"])


def test_other_text_than_the_source(define, tmp_path):
    f = define("def f():\n    a = 1\n")
    with open(f.__code__.co_filename, "w") as file:
        file.write("# nothing here\n\n\n")
    linecache.clearcache()
    with pytest.raises(ConfigError, match="not the function"):
        ConfigScope(f)


@pytest.mark.parametrize("value", [5, lambda: 0, len, int])
def test_no_functions(value):
    with pytest.raises(TypeError):
        ConfigScope(value)


# ------------------------------------------------------------ unusual sources


def compiled(text, filename, first=1):
    """Function `f` of a text that is registered as source, as notebooks do it."""
    lines = text.splitlines(keepends=True)
    linecache.cache[filename] = (len(text), None, lines, filename)
    namespace = {"__name__": "cell"}
    exec(compile(text, filename, "exec"), namespace)
    return namespace["f"]


def test_notebook_cells():
    f = compiled("x = 1\ndef f():\n    a = 1  # doc\n", "<ipython-input-1>")
    summary = ConfigScope(f)()
    assert summary == {"a": 1}
    assert summary.docs["a"] == "doc"
    again = compiled("x = 1\ndef f():\n    b = 2\n", "<ipython-input-1>")
    assert entries(again) == {"b": 2}


def test_code_in_a_document():
    code = "    def f():\n        a = '''x\n  y'''\n        b = 1  # doc\n"
    document = f"A title\n=======\n\nSome *text* with: colons\n\n{code}\nMore text.\n"
    filename = "<document.rst>"
    linecache.cache[filename] = (0, None, document.splitlines(keepends=True), filename)
    namespace = {}
    exec(compile("if 1:\n" + "\n" * 4 + code, filename, "exec"), namespace)
    summary = ConfigScope(namespace["f"])()
    assert summary == {"a": "x\n  y", "b": 1}
    assert summary.docs["b"] == "doc"


def test_reloaded_files(define):
    f = define("def f():\n    a = 1\n")
    scope = ConfigScope(f)
    filename = f.__code__.co_filename
    with open(filename, "w") as file:
        file.write("def f():\n    a = 222222\n")
    namespace = {}
    with open(filename) as file:
        exec(compile(file.read(), filename, "exec"), namespace)
    assert scope() == {"a": 1}
    assert entries(namespace["f"]) == {"a": 222222}


def test_tracebacks_show_the_line(define):
    f = define("def f():\n    a = [1,\n         2]\n    b = 1 / (a[0] - 1)\n")
    with pytest.raises(ZeroDivisionError) as caught:
        ConfigScope(f)()
    frame = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (frame.filename, frame.lineno, frame.name) == (f.__code__.co_filename, 4, "f")


# ------------------------------------------------------------------------ docs


DOCS = '''
def f():
    """The docstring."""
    a = 1  # at the end
    # above
    b = 2
    # line one
    # line two
    c = 3
    # not directly above

    d = 4
    e, (g, *h) = 5, (6, 7)  # all
    i = j = 8  # chained
    k: int = 9  # annotated
    text = "a # b"
    long = [1,  # inner
            2]  # end of the long one
    # of the dict
    options = {"x": 1,  # inner
               "y": 2}
    m = 1  # pylint: disable=foo
    # the doc
    # noinspection Py
    n = 1
    o = 1  # first
    o += 1  # second
    if True:
        p = 1  # in a block
        # above, in a block
        q = 1
    ## many signs
    r = 1
    seed = 5  # my seed
    z = lambda: 0  # a function
    last = 1  # the last'''


def test_docs(define):
    assert ConfigScope(define(DOCS))().docs == {
        "a": "at the end",
        "b": "above",
        "c": "line one line two",
        "e": "all",
        "g": "all",
        "h": "all",
        "i": "chained",
        "j": "chained",
        "k": "annotated",
        "long": "end of the long one",
        "options": "of the dict",
        "n": "the doc",
        "o": "first",
        "p": "in a block",
        "q": "above, in a block",
        "r": "many signs",
        "seed": "the random seed for this experiment",
        "z": "a function",
        "last": "the last",
    }


def test_ignored_comments(define, monkeypatch):
    monkeypatch.setitem(SETTINGS.CONFIG, "IGNORED_COMMENTS", ["^secret"])
    docs = ConfigScope(define("def f():\n    a = 1  # secret x\n    b = 1  # pylint: x\n"))().docs
    assert "a" not in docs
    assert docs["b"] == "pylint: x"
