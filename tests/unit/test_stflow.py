from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sacred import Experiment
from sacred.experiment import NoRunError
from sacred.stflow import LogFileWriter
from sacred.stflow.internal import ContextMethodDecorator
from sacred.stflow.loading import LoadWatch

# What of TensorFlow matters here: the public names, and that v1's class has two of them.
TENSORFLOW = {
    "tensorflow/__init__.py": """
        from tensorflow import summary, compat
        """,
    "tensorflow/writers.py": """
        class FileWriter:
            def __init__(self, logdir, graph=None):
                self.logdir = logdir
        def create_file_writer_v2(logdir, max_queue=None, name=None):
            return ("writer", logdir)
        """,
    "tensorflow/summary.py": """
        from tensorflow.writers import FileWriter, create_file_writer_v2 as create_file_writer
        """,
    "tensorflow/compat/__init__.py": "from tensorflow.compat import v1",
    "tensorflow/compat/v1/__init__.py": "from tensorflow.compat.v1 import summary",
    "tensorflow/compat/v1/summary.py": "from tensorflow.writers import FileWriter",
    "torch/__init__.py": "",
    "torch/utils/__init__.py": "",
    "torch/utils/tensorboard/__init__.py": """
        class SummaryWriter:
            def __init__(self, log_dir=None, comment=""):
                self.log_dir = log_dir or "runs/made_up" + comment
        """,
}
STAND_INS = ("tensorflow", "torch")


def forget() -> dict[str, ModuleType]:
    names = [name for name in sys.modules if name.partition(".")[0] in STAND_INS]
    return {name: sys.modules.pop(name) for name in names}


@pytest.fixture
def stand_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Modules named tensorflow and torch can be imported, and have not been."""
    for name, text in TENSORFLOW.items():
        path = tmp_path / "packages" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(inspect.cleandoc(text) + "\n")
    before = forget()
    monkeypatch.syspath_prepend(tmp_path / "packages")
    yield
    forget()
    sys.modules.update(before)


@pytest.fixture
def tf(stand_ins: None) -> Any:
    import tensorflow

    return tensorflow


def make_experiment(name: str = "fit") -> Experiment:
    return Experiment(name, interactive=True, save_git_info=False)


def logdirs(body: Callable[[Experiment], Any]) -> Any:
    """What `info` has after a run with that body."""
    ex = make_experiment()
    ex.main(lambda: body(ex) and None)
    info = ex.run().info
    return info.get("tensorflow", {}).get("logdirs")


def test_each_way_to_make_a_writer_is_noted_once(tf: Any) -> None:
    def body(ex: Experiment) -> None:
        from tensorflow.writers import FileWriter

        with LogFileWriter(ex):
            assert tf.summary.create_file_writer("a") == ("writer", "a")
            tf.summary.create_file_writer(logdir="b", name="n")
            assert tf.summary.FileWriter("c").logdir == "c"
            tf.compat.v1.summary.FileWriter(logdir=Path("d"))
            FileWriter("e")
            assert isinstance(tf.summary.FileWriter("f"), FileWriter)

    assert logdirs(body) == ["a", "b", "c", "d", "e", "f"]


def test_all_is_as_before_afterwards(tf: Any) -> None:
    before = (tf.summary.create_file_writer, tf.summary.FileWriter.__init__)

    def body(ex: Experiment) -> None:
        with pytest.raises(KeyError), LogFileWriter(ex):
            raise KeyError
        tf.summary.FileWriter("a")
        tf.summary.create_file_writer("a")

    assert logdirs(body) is None
    assert (tf.summary.create_file_writer, tf.summary.FileWriter.__init__) == before
    assert not any(isinstance(finder, LoadWatch) for finder in sys.meta_path)


def test_as_a_decorator(tf: Any) -> None:
    def body(ex: Experiment) -> None:
        @LogFileWriter(ex)
        def make(where: str, again: int = 0) -> str:
            """Its text."""
            tf.summary.FileWriter(f"{where}{again}")
            return make(where, again - 1) if again else where

        assert make("a", again=2) == "a"
        assert (make.__name__, make.__doc__) == ("make", "Its text.")
        tf.summary.FileWriter("outside")

    assert logdirs(body) == ["a2", "a1", "a0"]


def test_as_a_decorator_of_captured_and_async_functions(tf: Any) -> None:
    ex = make_experiment()
    ex.add_config(where="w")

    @ex.capture
    @LogFileWriter(ex)
    def make(where: str) -> None:
        tf.summary.FileWriter(where)

    @ex.main
    @LogFileWriter(ex)
    async def main(where: str) -> str:
        tf.summary.FileWriter(where + "0")
        make()
        return where

    run = ex.run()
    assert run.result == "w"
    assert run.info["tensorflow"]["logdirs"] == ["w0", "w"]


def test_what_is_in_info_already_stays(tf: Any) -> None:
    def body(ex: Experiment) -> None:
        ex.info["tensorflow"] = {"version": 2, "logdirs": ["old"]}
        with LogFileWriter(ex):
            tf.summary.FileWriter("new")

    assert logdirs(body) == ["old", "new"]


def test_packages_imported_while_active(stand_ins: None) -> None:
    def body(ex: Experiment) -> None:
        with LogFileWriter(ex):
            import tensorflow as tf
            from torch.utils.tensorboard import SummaryWriter

            tf.summary.FileWriter("a")
            tf.summary.create_file_writer("b")
            SummaryWriter("c")
            SummaryWriter(comment="_x")
            SummaryWriter(log_dir="d")
            assert "Telling" not in repr((tf.__loader__, tf.__spec__))
        assert tf.summary.create_file_writer.__name__ == "create_file_writer_v2"
        tf.summary.create_file_writer("outside")

    assert logdirs(body) == ["a", "b", "c", "runs/made_up_x", "d"]


def test_nothing_is_imported(stand_ins: None) -> None:
    def body(ex: Experiment) -> None:
        with LogFileWriter(ex):
            assert not any(name in sys.modules for name in STAND_INS)

    assert logdirs(body) is None


def test_a_missing_package_is_as_missing_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.modules, "tensorboardX", raising=False)

    def body(ex: Experiment) -> None:
        with LogFileWriter(ex), pytest.raises(ModuleNotFoundError, match="tensorboardX"):
            import tensorboardX  # noqa: F401

    assert logdirs(body) is None


def test_tensorboardx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tensorboardx = pytest.importorskip("tensorboardX")
    monkeypatch.chdir(tmp_path)

    def body(ex: Experiment) -> None:
        with LogFileWriter(ex):
            for arguments in ({"logdir": "a"}, {"log_dir": "b"}, {"comment": "_c"}):
                with tensorboardx.SummaryWriter(**arguments) as writer:
                    writer.add_scalar("loss", 0.5, 1)
        tensorboardx.SummaryWriter("outside").close()

    a, b, made_up = logdirs(body)
    assert (a, b) == ("a", "b")
    assert made_up.startswith("runs")
    assert all(list(Path(where).glob("events*")) for where in (a, b, made_up))


def test_nested_for_two_experiments(tf: Any) -> None:
    inner, outer = make_experiment("inner"), make_experiment("outer")

    @inner.main
    def inner_main() -> None:
        with LogFileWriter(inner):
            tf.summary.FileWriter("both")

    @outer.main
    def outer_main() -> Any:
        with LogFileWriter(outer):
            inside = inner.run().info
            tf.summary.FileWriter("one")
        return inside

    run = outer.run()
    assert run.result == {"tensorflow": {"logdirs": ["both"]}}
    assert run.info == {"tensorflow": {"logdirs": ["both", "one"]}}


def test_parallel_threads_note_their_own(tf: Any) -> None:
    barrier = threading.Barrier(3)
    infos: dict[str, Any] = {}
    before = tf.summary.create_file_writer

    def one(name: str) -> None:
        ex = make_experiment(name)

        @ex.main
        def main() -> None:
            with LogFileWriter(ex):
                barrier.wait(60)
                tf.summary.create_file_writer(name)
                barrier.wait(60)

        infos[name] = ex.run().info["tensorflow"]["logdirs"]

    threads = [threading.Thread(target=one, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert infos == {"a": ["a"], "b": ["b"], "c": ["c"]}
    assert tf.summary.create_file_writer is before


def test_a_thread_of_the_users_is_covered(tf: Any) -> None:
    def body(ex: Experiment) -> None:
        with LogFileWriter(ex):
            thread = threading.Thread(target=tf.summary.FileWriter, args=("a",))
            thread.start()
            thread.join()

    assert logdirs(body) == ["a"]


def test_a_writer_without_a_directory_is_not_noted(tf: Any) -> None:
    def body(ex: Experiment) -> None:
        with LogFileWriter(ex):
            tf.summary.FileWriter(None)

    assert logdirs(body) is None


def test_without_any_run(tf: Any) -> None:
    with LogFileWriter(make_experiment()), pytest.raises(NoRunError, match="during a run"):
        tf.summary.FileWriter("a")


class Base:
    def size(self, factor: int = 1) -> int:
        return 2 * factor


class Child(Base):
    pass


def plus_one(instance: Any, original: Any, args: Any, kwargs: Any) -> Any:
    return original(instance, *args, **kwargs) + 1


class TestContextMethodDecorator:
    def test_it_replaces_the_method_for_a_while(self) -> None:
        before = Base.size
        with ContextMethodDecorator(Base, "size", plus_one):
            assert (Base().size(3), Child().size(factor=5)) == (7, 11)
        assert Base.size is before

    def test_a_method_that_is_only_inherited(self) -> None:
        with ContextMethodDecorator(Child, "size", plus_one):
            assert (Base().size(), Child().size()) == (2, 3)
        assert "size" not in vars(Child)

    def test_nested(self) -> None:
        manager = ContextMethodDecorator(Base, "size", plus_one)
        with manager, manager, ContextMethodDecorator(Base, "size", plus_one):
            assert Base().size() == 5
        assert Base().size() == 2

    def test_what_others_put_there_stays(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Base, "size", Base.size)
        with ContextMethodDecorator(Base, "size", plus_one):
            Base.size = lambda self, factor=1: 99  # type: ignore[method-assign]
        assert Base().size() == 99
