"""What is recorded of a configuration can be given back: ``with config.json``."""

import json

import pytest

from sacred.app import main as sacred_program
from sacred.config.typed_entries import CommandLineText, as_entry

SCRIPT = """
import dataclasses, decimal, enum, pathlib
from sacred import Experiment
ex = Experiment("types", save_git_info=False)
class Mode(enum.Enum): FAST = "fast"; SLOW = "slow"
class Level(enum.IntEnum): LOW = 1; HIGH = 2
class Kind(str, enum.Enum): A = "a"; B = "b"
@dataclasses.dataclass
class Net:
    width: int = 3
    deep: dict = dataclasses.field(default_factory=lambda: {"a": (1, 2)})
class Device:
    def __repr__(self): return "Device(0)"
    def __reduce__(self): return Device, ()
@ex.config
def entries():
    seed = 1
    mode, level, kind, net, rest = Mode.FAST, Level.LOW, Kind.A, Net(), ...
    path, exact = pathlib.PurePosixPath("/a"), decimal.Decimal("0.1")
@ex.named_config
def on_device():
    device = Device()
@ex.automain
def main(_config, device=None):
    for name in sorted(_config): print(name, repr(_config[name]))
"""


@pytest.fixture
def exp(run_script):
    """Run the script quietly; what it prints, or what went wrong."""

    def run(*words):
        done = run_script(SCRIPT, "-l", "ERROR", *words)
        return done.stdout or done.stderr

    return run


@pytest.fixture
def recorded(tmp_path, exp, capsys):
    """Record a run; what `sacred config` prints of it, which is without remarks."""

    def record(option, url, *words, kind="json"):
        exp(option, *words)
        assert sacred_program(["-s", url, "config", "last", f"--{kind}"]) == 0
        out, err = capsys.readouterr()
        assert err == ""
        (tmp_path / f"c.{kind}").write_text(out)
        return out

    return record


@pytest.mark.parametrize("kind", ["json", "yaml"])
def test_a_recorded_configuration_is_the_same_again(tmp_path, exp, recorded, kind):
    """Enumerations and dataclasses of the script itself, too, whose classes readers lack."""
    recorded("--file_storage=runs", str(tmp_path / "runs"), kind=kind)
    assert exp("with", f"c.{kind}") == exp("-u")
    assert "net Net(width=3, deep={'a': (1, 2)})" in exp("with", f"c.{kind}")


def test_databases_give_back_the_same(tmp_path, exp, recorded):
    """As files do."""
    in_files = recorded("--file_storage=runs", str(tmp_path / "runs"))
    in_database = recorded("--sql=sqlite:///r.db", f"sqlite:///{tmp_path}/r.db")
    assert json.loads(in_files) == json.loads(in_database)


def test_save_config_gives_back_the_same(exp):
    """In both formats."""
    for name in ("c.json", "c.yaml"):
        exp("save_config", "with", f"config_filename={name}")
        assert exp("with", name) == exp("-u")


def test_what_is_only_a_text_is_refused_by_name_unless_it_is_overridden(tmp_path, exp, recorded):
    """The message names the entry and how to set it."""
    recorded("--file_storage=runs", str(tmp_path / "runs"), "with", "on_device")
    assert "device (Device(0)). Set them, as in device=VALUE" in exp("with", "c.json")
    assert "device 'cpu'" in exp("with", "c.json", "device=cpu")


def test_members_of_enumerations_can_be_named(exp):
    """By name or value; what equals a member is that member."""
    shown = exp("with", "mode=SLOW", "level=2", "kind=b")
    assert "mode <Mode.SLOW: 'slow'>" in shown
    assert "level <Level.HIGH: 2>" in shown
    assert "kind <Kind.B: 'b'>" in shown
    assert "mode <Mode.SLOW: 'slow'>" in exp("with", "mode=slow")


def test_only_what_equals_a_member_becomes_one_without_the_command_line():
    """Scripts of old set members of a plain enumeration by texts of their own."""
    import enum

    class Level(enum.IntEnum):
        LOW = 1

    class Mode(enum.Enum):
        FAST = "fast"

    assert as_entry(1, Level.LOW) is Level.LOW
    assert as_entry(3, Level.LOW) == 3
    assert as_entry(True, Level.LOW) is True
    assert as_entry("fast", Mode.FAST) == "fast"
    assert as_entry(CommandLineText("fast"), Mode.FAST) is Mode.FAST
