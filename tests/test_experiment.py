"""The experiment as an object: hooks, options, subclasses, information."""

from __future__ import annotations

import inspect
import pydoc
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sacred import Experiment, Ingredient, cli_option, host_info_gatherer
from sacred.run import Run

QUIET = {"--loglevel": "CRITICAL"}


@pytest.fixture
def ex() -> Experiment:
    """An experiment with a main function."""
    ex = Experiment("test", interactive=True)
    ex.add_config(a=1)

    @ex.main
    def main(a: int) -> int:
        """Return it."""
        return a

    return ex


def test_the_four_built_in_commands_come_first(ex: Experiment) -> None:
    """Seeds of later functions depend on it."""
    assert [f.__name__ for f in ex.captured_functions] == [
        "print_config",
        "print_dependencies",
        "save_config",
        "print_named_configs",
        "main",
    ]
    assert all(ex.commands[f.__name__].unobserved for f in ex.captured_functions[:4])


def test_captured_functions_look_like_what_they_wrap(ex: Experiment) -> None:
    """Name, docstring, signature, pydoc."""
    main = ex.commands["main"]
    assert main.__name__ == "main"
    assert main.__doc__ == "Return it."
    assert str(inspect.signature(main)) == "(a: 'int') -> 'int'"
    assert "Return it." in pydoc.render_doc(main)


def test_methods_can_be_captured(ex: Experiment) -> None:
    """self is never filled from the configuration."""

    class Model:
        @ex.capture
        def value(self, a: int, factor: int = 2) -> tuple[Any, int]:
            return self, a * factor

    model = Model()

    @ex.command
    def use() -> Any:
        return model.value(factor=5)

    assert ex.run("use", config_updates={"a": 3}, options=QUIET).result == (model, 15)


def test_option_hook_may_change_flags(ex: Experiment) -> None:
    """Before the run is made; it must take ``options``."""

    @ex.option_hook
    def hook(options: dict[str, Any]) -> None:
        options["--comment"] = "from the hook"

    assert ex.run(options=QUIET).meta_info["comment"] == "from the hook"
    with pytest.raises(KeyError, match="must have an argument called 'options'"):
        ex.option_hook(lambda flags: None)


def test_own_command_line_option() -> None:
    """A function decorated with cli_option, given to the experiment."""

    @cli_option("-o", "--own-flag", is_flag=True)
    def own_option(args: Any, run: Run) -> None:
        """Mark the run."""
        run.info["own"] = args

    ex = Experiment("test", interactive=True, additional_cli_options=[own_option])
    ex.main(lambda: None)
    run = ex.run_commandline("prog --own-flag -l CRITICAL")
    assert run is not None
    assert run.info == {"own": True}
    assert "Mark the run." in ex.get_usage("prog")[1]
    with pytest.raises(ValueError, match="flag"):
        cli_option("bad", "--worse")(lambda args, run: None)


def test_own_host_info() -> None:
    """Functions with a name; one that exists already is refused."""

    @host_info_gatherer("lab")
    def lab() -> str:
        return "basement"

    ex = Experiment("test", interactive=True, additional_host_info=[lab])
    ex.main(lambda: None)
    assert ex.run(options=QUIET).host_info["lab"] == "basement"

    @host_info_gatherer("hostname")
    def hostname() -> str:
        return "mine"

    with pytest.raises(KeyError, match="hostname"):
        Experiment("test", interactive=True, additional_host_info=[hostname])


def test_subclasses_override_what_is_meant_to_be() -> None:
    """``_create_run``, ``command`` and ``post_process_name`` are called as ever."""
    seen: list[str] = []

    class Special(Experiment):
        def _create_run(self, *args: Any, **kwargs: Any) -> Run:
            run = super()._create_run(*args, **kwargs)
            run.info["special"] = True
            return run

        def command(self, function: Any = None, **kwargs: Any) -> Any:
            seen.append(function.__name__)
            return super().command(function, **kwargs)

        def post_process_name(self, name: str, ingredient: Ingredient) -> str:
            return super().post_process_name(name, ingredient).upper()

    ex = Special("special", interactive=True)
    ex.main(lambda: None)
    assert ex.run(options=QUIET).info == {"special": True}
    assert seen == [
        "print_config",
        "print_dependencies",
        "save_config",
        "print_named_configs",
        "<lambda>",
    ]
    assert "PRINT_CONFIG" in dict(ex.gather_commands())


def test_commands_and_named_configs_of_ingredients_have_full_names() -> None:
    """The experiment's own come without its name."""
    data = Ingredient("data", interactive=True)
    data.command(lambda: None)
    data.add_named_config("small", size=1)
    ex = Experiment("test", ingredients=[data], interactive=True)
    ex.add_named_config("fast", a=1)
    assert "data.<lambda>" in dict(ex.gather_commands())
    assert list(dict(ex.gather_named_configs())) == ["fast", "data.small"]


def test_sources_and_packages_added_by_hand(ex: Experiment, tmp_path: Path) -> None:
    """They are part of what observers store; wrong ones are refused."""
    path = tmp_path / "extra.txt"
    path.write_text("text")
    ex.add_source_file(path)
    ex.add_package_dependency("nuclear", "1.2.3")
    info = ex.get_experiment_info()
    assert "nuclear==1.2.3" in info["dependencies"]
    assert any(name.endswith("extra.txt") for name, _ in info["sources"])
    with pytest.raises(ValueError, match="not found"):
        ex.add_source_file(tmp_path / "missing.py")
    with pytest.raises(ValueError, match='Invalid Version: "x"'):
        ex.add_package_dependency("nuclear", "x")


def test_no_main_function() -> None:
    """A clear error that says what to do."""
    ex = Experiment("test", interactive=True)
    with pytest.raises(RuntimeError, match="No command found to be run"):
        ex.run()


def test_name_of_the_script_is_the_default(tmp_path: Path) -> None:
    """... without its suffix; base_dir is the script's directory."""
    namespace = {"__name__": "x", "__file__": str(tmp_path / "train.py")}
    exec("from sacred import Experiment\nex = Experiment()", namespace)
    ex: Any = namespace["ex"]
    assert (ex.path, ex.base_dir) == ("train", str(tmp_path.resolve()))


def test_the_docstring_of_the_script_is_that_of_its_ingredients() -> None:
    assert Ingredient("data", interactive=True).doc == __doc__
    ex = Experiment("test", interactive=True)
    assert ex.doc == __doc__
    ex.doc = "Another text."
    assert "Another text." in ex.get_usage("prog")[1]


LIBRARY = """
from sacred import Experiment

class Own(Experiment):
    def __init__(self, **options):
        self.prepare(options)

    def prepare(self, options):
        super().__init__(**options)

    @classmethod
    def create(cls):
        return cls(save_git_info=False)

class Loose(Experiment):
    def __init__(*args, **options):
        super(Loose, args[0]).__init__(*args[1:], **options)
"""


def test_the_name_of_a_subclass_is_that_of_the_script(tmp_path: Path) -> None:
    """Found outside of the class: whatever its `__init__` calls, or is called by."""
    (tmp_path / "library.py").write_text(LIBRARY)
    script = tmp_path / "training.py"
    script.write_text(
        '"""What it does."""\nfrom library import Loose, Own\n'
        "exs = Own(), Own.create(), Loose()\n"
        "print([(ex.path, ex.doc, ex.mainfile == __file__) for ex in exs])\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == str([("training", "What it does.", True)] * 3), done.stderr


def test_an_option_that_resembles_a_known_one_is_warned_of(caplog):
    ex = Experiment("options", interactive=True)
    ex.main(lambda: None)
    ex.run(options={"--loglvel": "ERROR", "--own-of-a-hook": 5, "COMMAND": "x"})
    assert [record.getMessage() for record in caplog.records if "option" in record.msg] == [
        'There is no option "--loglvel". Did you mean "--loglevel"?'
    ]
