"""Decorated functions: what type checkers take them and their results for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, assert_type

from sacred import Experiment, Ingredient
from sacred.config import ConfigScope
from sacred.config.captured_function import CapturedFunction
from sacred.run import Run

data = Ingredient("data", save_git_info=False)
ex = Experiment("typed", ingredients=[data], interactive=True, save_git_info=False)


@data.config
def data_cfg() -> None:
    size = 3


@ex.config
def cfg() -> None:
    lr = 0.1


@ex.named_config
def fast() -> None:
    lr = 1.0


@data.capture
def load(size: int) -> list[int]:
    return list(range(size))


@ex.capture()
def total(lr: float, scale: float = 1.0) -> float:
    return lr * scale


@ex.capture(prefix="data")
def double(size: int) -> int:
    return 2 * size


@ex.command
def show(lr: float) -> str:
    return f"{lr}"


@ex.command(unobserved=True)
def quiet(lr: float) -> None:
    pass


@ex.pre_run_hook
def before(lr: float) -> None:
    pass


@ex.post_run_hook
def after() -> None:
    pass


@ex.config_hook
def hook(config: Mapping[str, Any], command_name: str, logger: Any) -> dict[str, Any]:
    return {}


@ex.capture
def counted(size: int = 2) -> Iterator[int]:
    yield from range(size)


class Trainer:
    """A method is captured as a function is."""

    @ex.capture
    def step(self, lr: float) -> float:
        return lr


@ex.main
def main(lr: float, _run: Run) -> dict[str, float]:
    # What is left out comes from the configuration, so no call lacks an argument.
    assert_type(load(), list[int])
    assert_type(total(), float)
    assert_type(total(2.0, scale=3.0), float)
    assert_type(double(), int)
    assert_type(show(), str)
    assert_type(sum(counted()), int)
    assert_type(_run.log_scalar("loss", 0.5), None)
    return {"lr": lr, "total": total(scale=2.0)}


assert_type(cfg, ConfigScope)
assert_type(fast, ConfigScope)
assert_type(load, CapturedFunction[list[int]])
assert_type(total, CapturedFunction[float])
assert_type(double, CapturedFunction[int])
assert_type(show, CapturedFunction[str])
assert_type(quiet, CapturedFunction[None])
assert_type(main, CapturedFunction[dict[str, float]])
assert_type(ex.capture(len), CapturedFunction[int])
assert_type(ex.run(options={"--loglevel": "CRITICAL"}), Run)
assert_type(Trainer().step(lr=2.0), float)
as_function: Callable[..., list[int]] = load


def mistakes() -> None:
    """Each line is an error, or its comment would be one."""
    text: str = load()  # type: ignore[assignment]
    number: int = main()  # type: ignore[assignment]
    wrong: Callable[..., str] = total  # type: ignore[assignment]
    ex.run(config_updates=[1])  # type: ignore[arg-type]
    ex.capture(5)  # type: ignore[call-overload]
    ex.main()  # type: ignore[call-arg]
