"""A script that one of its own modules imports: it is there only once."""

import pytest

SCRIPT = """
from sacred import Experiment
ex = Experiment("exp")
ex.add_config(epochs=5)
import helper
LATER = [1]
@ex.automain
def run(_config):
    print("SEEN", helper.train(), helper.late(), helper.whole())
"""
HELPER = """
{imports}
@ex.capture
def train(epochs, _config):
    return epochs, _config["epochs"]
@ex.command
def extra(epochs):
    print("EXTRA", epochs)
@ex.named_config
def fast():
    epochs = 1
def late():
    from script import LATER
    return LATER
def whole():
    import script
    script.LATER = 2
    return late(), script.__name__, "LATER" in dir(script), script.__file__.endswith("script.py")
"""


@pytest.fixture
def project(tmp_path, run_script):
    """Run script.py, which imports helper.py, which imports script.py."""

    def run(*arguments, imports="from script import ex", script=SCRIPT):
        (tmp_path / "helper.py").write_text(HELPER.format(imports=imports))
        return run_script(script, "-l", "ERROR", *arguments)

    return run


@pytest.mark.parametrize("imports", ["from script import ex", "from script import *"])
def test_what_the_module_adds_counts_for_the_run(project, imports):
    """Captured functions see the configuration, variables of the script are shared."""
    done = project(imports=imports)
    assert "SEEN (5, 5) [1] (2, 'script', True, True)" in done.stdout, done.stderr


def test_named_configs_and_commands_of_the_module(project):
    """They belong to the one experiment."""
    assert "SEEN (1, 1)" in project("with", "fast").stdout
    assert "EXTRA 9" in project("extra", "with", "epochs=9").stdout


def test_a_name_that_the_script_does_not_have_yet_comes_from_a_copy_of_it(project):
    """As without Sacred, where the module gets a second copy of the whole script."""
    done = project(imports="from script import LATER, ex\nassert LATER == [1]")
    assert "SEEN (5, 5)" in done.stdout, done.stderr


def test_an_unknown_name_is_an_import_error(project):
    """It names the script's module."""
    done = project(imports="from script import no_such_name, ex")
    assert "cannot import name 'no_such_name' from 'script'" in done.stderr
