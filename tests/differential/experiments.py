"""Experiments with all sources of configuration, and command lines for them."""

from __future__ import annotations

import json
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.differential.model import Experiment, Function, Hook, Ingredient, Scope, Source
from tests.differential.values import (
    NAMES,
    annotated,
    literals,
    plain_values,
    scopes,
    update_texts,
    value_text,
)

__all__ = ["Names", "experiments", "names_of", "update_lists"]

_MAIN_LINES = (
    "PROBE('main', _config, _seed)",
    "PROBE('draws', float(_rnd.uniform()), float(np.random.uniform()))",
)


@dataclass(frozen=True, slots=True)
class Names:
    """What a command line may name: entries, named configs, commands."""

    entries: tuple[str, ...]
    named: tuple[str, ...]
    commands: tuple[str, ...]


_SHAPES: list[tuple[str, ...]] = [
    (), (), ("data",), ("data", "model"), ("data.paths", "data"), ("paths", "data", "model"),
]  # fmt: skip
_SPECIAL = ["_seed", "_rnd", "_config", "_log", "_run"]


@st.composite
def experiments(draw: st.DrawFn, main: Function | None = None) -> Experiment:
    """An experiment, with up to three ingredients that use each other."""
    shapes = [
        (),
        (),
        ("data",),
        ("data", "model"),
        ("data.paths", "data"),
        ("paths", "data", "model"),
    ]
    made: list[Ingredient] = []
    for number, path in enumerate(draw(st.sampled_from(_SHAPES))):
        below = tuple(one.variable for one in made)
        uses = (
            tuple(draw(st.lists(st.sampled_from(below), unique=True, max_size=2))) if below else ()
        )
        made.append(draw(_ingredients(f"ing{number}", path, uses, tuple(made))))
    used = {name for one in made for name in one.uses}
    direct = tuple(one.variable for one in made if one.variable not in used)
    shared = draw(st.lists(st.sampled_from(sorted(used)), unique=True, max_size=1)) if used else []
    top = draw(_ingredients("ex", "exp", (*direct, *shared), tuple(made), main or draw(_mains())))
    files = tuple((name, text) for name, text in _FILES.items())
    return Experiment(
        ingredients=tuple(made),
        experiment=Ingredient(
            variable="ex", path=top.path, uses=top.uses, sources=top.sources, hooks=top.hooks,
            functions=top.functions, made_by="Experiment",
        ),
        files=files,
        tail=("if __name__ == '__main__':", "    ex.run_commandline()"),
    )  # fmt: skip


_FILES = {
    "plain.json": json.dumps({"a": 10, "d": {"k": [1, 2.5, None]}, "lr": 0.5}),
    "deep.yaml": "a: text\nb:\n  k: 1\n  m: [1, 2]\nxs: [3, 4]\n",
}


@st.composite
def _mains(draw: st.DrawFn) -> Function:
    decorator = draw(st.sampled_from(["main", "main", "main", "command"]))
    taken = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=2))
    defaults = [f"{draw(annotated(name))}=None" for name in taken]
    parameters = ", ".join(["_config", "_seed", "_rnd", *defaults])
    notes = f"PROBE('taken', {', '.join(taken)})" if taken else "pass"
    return Function(
        name="main", decorator=decorator, parameters=parameters, lines=(*_MAIN_LINES, notes),
        doc=draw(st.sampled_from([None, "Do it.", "Do it.\n\n    In full."])),
    )  # fmt: skip


@st.composite
def _ingredients(
    draw: st.DrawFn,
    variable: str,
    path: str,
    uses: tuple[str, ...],
    made: tuple[Ingredient, ...],
    main: Function | None = None,
) -> Ingredient:
    more = tuple(_name_within(one.path, path) for one in made if one.variable in uses)
    more = tuple(name for name in more if name.isidentifier())
    sources: list[Source] = []
    for _ in range(draw(st.integers(0 if main is None else 1, 3))):
        sources.append(draw(_sources(_assigned(sources), more)))
    for name in ("fast", "slow")[: draw(st.integers(0, 2))]:
        sources.append(draw(_named(name, tuple(one.path for one in made))))
    hooks = [draw(_hooks()) for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2])))]
    functions = [draw(_functions(f"f{n}_{variable}")) for n in range(draw(st.integers(0, 2)))]
    calls = tuple(f"{function.name}()" for function in functions if "=" in function.parameters)
    if main is not None:
        lines = (*main.lines, *(f"PROBE('{call}', {call})" for call in calls))
        functions.append(
            Function(
                name=main.name, decorator=main.decorator, parameters=main.parameters,
                lines=lines, doc=main.doc,
            )
        )  # fmt: skip
    return Ingredient(
        variable=variable, path=path, uses=uses, sources=tuple(sources), hooks=tuple(hooks),
        functions=tuple(functions),
    )  # fmt: skip


def _name_within(path: str, user: str) -> str:
    return path.removeprefix(f"{user}.")


def _assigned(sources: list[Source]) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for source in sources:
        lines = source.scope.lines if source.scope else ()
        for line in lines:
            target = line.split(" = ")[0]
            if target in NAMES:
                names[target] = None
    return tuple(names)


@st.composite
def _sources(draw: st.DrawFn, known: tuple[str, ...], more: tuple[str, ...]) -> Source:
    form = draw(st.sampled_from(["scope", "scope", "scope", "dict", "keywords", "file"]))
    if form == "scope":
        return Source(form="scope", scope=draw(scopes(known, more)))
    return draw(_given(form))


@st.composite
def _given(draw: st.DrawFn, form: str) -> Source:
    if form == "file":
        return Source(form="file", text=repr(draw(st.sampled_from(sorted(_FILES)))))
    entries = draw(st.dictionaries(st.sampled_from(NAMES), plain_or_tuple, min_size=1, max_size=3))
    if form == "keywords":
        text = ", ".join(f"{name}={value}" for name, value in entries.items())
        return Source(form="keywords", text=text)
    inside = ", ".join(f"{name!r}: {value}" for name, value in entries.items())
    return Source(form="dict", text=f"{{{inside}}}")


plain_or_tuple = literals
#: Mostly what a configuration can hold as it is: the old library did not look at these.
hooked = st.one_of(*[plain_values.map(value_text)] * 6, literals).filter(lambda t: "{}" not in t)


@st.composite
def _named(draw: st.DrawFn, name: str, paths: tuple[str, ...]) -> Source:
    form = draw(st.sampled_from(["scope", "scope", "dict", "keywords", "file"]))
    if form != "scope":
        given = draw(_given(form))
        return Source(form=given.form, text=given.text, name=name)
    scope = draw(scopes())
    plain = [path for path in paths if path.isidentifier()]
    if plain and draw(st.booleans()):
        entries = draw(
            st.dictionaries(st.sampled_from(NAMES), plain_values, min_size=1, max_size=2)
        )
        line = f"{draw(st.sampled_from(plain))} = {entries!r}".replace("inf", "1e9")
        scope = Scope(parameters=(), lines=(*scope.lines, line), doc=scope.doc)
    return Source(form="scope", scope=scope, name=name)


@st.composite
def _hooks(draw: st.DrawFn) -> Hook:
    returns = draw(
        st.one_of(
            st.just("None"),
            st.sampled_from(["{}", "{'b': len(config)}", "{'d': {'k': 'hooked'}}", "config"]),
            st.tuples(st.sampled_from(NAMES), hooked).map(lambda p: f"{{{p[0]!r}: {p[1]}}}"),
        )
    )
    lines = draw(st.sampled_from([(), (), ("config['a'] = 'touched'",)]))
    return Hook(returns=returns, lines=lines)


@st.composite
def _functions(draw: st.DrawFn, name: str) -> Function:
    prefix = draw(st.sampled_from([None, None, "d", "b.k"]))
    kind = draw(st.sampled_from(["capture", "capture", "command"]))
    decorator = f"{kind}(prefix={prefix!r})" if prefix else kind
    taken = draw(st.lists(st.sampled_from([*NAMES, "k"]), unique=True, max_size=2))
    special = draw(st.lists(st.sampled_from(_SPECIAL), unique=True, max_size=2))
    parameters = ", ".join([*special, *(f"{draw(annotated(one))}='default'" for one in taken)])
    noted = [*taken, *(one for one in special if one in ("_seed", "_config"))]
    noted += ["_log.name"] if "_log" in special else []
    noted += ["float(_rnd.uniform())"] if "_rnd" in special else []
    return Function(
        name=name, decorator=decorator, parameters=parameters, doc=None,
        lines=(f"PROBE({', '.join([repr(name), *noted])})", "return 1"),
    )  # fmt: skip


def names_of(experiment: Experiment) -> Names:
    """What command lines may name."""
    entries, named, commands = list(NAMES), list[str](), list[str]()
    for one in (*experiment.ingredients, experiment.experiment):
        prefix = "" if one is experiment.experiment else one.path + "."
        entries += [f"{prefix}{name}" for name in NAMES[:4] if prefix]
        named += [f"{prefix}{source.name}" for source in one.sources if source.name]
        commands += [
            f"{prefix}{function.name}"
            for function in one.functions
            if function.decorator.startswith(("command", "main"))
        ]
    return Names(tuple(entries), tuple(named), tuple(commands))


def update_lists(names: Names, most: int = 4) -> st.SearchStrategy[list[str]]:
    """What follows ``with``."""
    known = [*names.named, *names.named, "plain.json", "deep.yaml"]
    chosen = st.one_of(
        update_texts(names.entries), update_texts(names.entries), st.sampled_from(known)
    )
    return st.lists(chosen, max_size=most)
