"""Host info: the library's entries, own ones, and what happens when one fails."""

from __future__ import annotations

import os
import platform
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sacred import host_info
from sacred.host_info import (
    HostInfoGetter,
    IgnoreHostInfo,
    check_additional_host_info,
    get_host_info,
    host_info_gatherer,
    host_info_gatherers,
    host_info_getter,
)
from sacred.host_info import cpu as cpu_module
from sacred.host_info.gpu import parse_nvidia_smi
from sacred.settings import SETTINGS

ORIGINAL = """<?xml version="1.0" ?>
<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">
<nvidia_smi_log>
  <driver_version>535.104.05</driver_version>
  <attached_gpus>2</attached_gpus>
  <gpu id="00000000:00:04.0">
    <product_name>NVIDIA A100-SXM4-40GB</product_name>
    <persistence_mode>Enabled</persistence_mode>
    <fb_memory_usage><total>40960 MiB</total><used>4 MiB</used></fb_memory_usage>
  </gpu>
  <gpu id="00000000:00:05.0">
    <product_name>NVIDIA T4</product_name>
    <persistence_mode>Disabled</persistence_mode>
    <fb_memory_usage><total>15360 MiB</total></fb_memory_usage>
  </gpu>
</nvidia_smi_log>
"""

EXPECTED = {
    "driver_version": "535.104.05",
    "gpus": [
        {"model": "NVIDIA A100-SXM4-40GB", "total_memory": 40960, "persistence_mode": True},
        {"model": "NVIDIA T4", "total_memory": 15360, "persistence_mode": False},
    ],
}


@pytest.fixture(autouse=True)
def clean_registry() -> Iterator[None]:
    before = dict(host_info_gatherers)
    yield
    host_info_gatherers.clear()
    host_info_gatherers.update(before)


@pytest.fixture
def nvidia_smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a script of this text on the PATH as ``nvidia-smi``."""

    def install(script: str) -> None:
        program = tmp_path / "bin" / "nvidia-smi"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(program.stat().st_mode | stat.S_IEXEC)
        monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)

    return install


def test_entries() -> None:
    info = get_host_info()
    assert set(info) - {"gpus"} == {"hostname", "os", "python_version", "cpu", "ENV"}
    assert info["hostname"] == platform.node()
    assert info["os"] == [platform.system(), platform.platform()]
    assert info["python_version"] == platform.python_version()
    assert info["cpu"]


def test_cpu_can_be_turned_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SETTINGS.HOST_INFO, "INCLUDE_CPU_INFO", False)
    assert get_host_info()["cpu"] is None  # as in 0.8


def test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SETTINGS.HOST_INFO, "CAPTURED_ENV", ["MY_JOB", "NOT_SET_ANYWHERE"])
    monkeypatch.setenv("MY_JOB", "17")
    assert get_host_info()["ENV"] == {"MY_JOB": "17"}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("processor\t: 0\nmodel\t\t: 1\nmodel name\t: AMD EPYC 7B13 \n", "AMD EPYC 7B13"),
        ("processor : 0\nHardware : BCM2835\nModel : Raspberry Pi 4\n", "Raspberry Pi 4"),
        ("processor : 0\ncpu : POWER9, altivec supported\n", "POWER9, altivec supported"),
        ("processor : 0\nBogoMIPS : 50\n", ""),
    ],
)
def test_cpu_of_proc(tmp_path: Path, text: str, name: str) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text(text)
    assert cpu_module.name_from_proc(str(path)) == name


def test_cpu_without_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: str) -> str:
        raise FileNotFoundError(path)

    monkeypatch.setattr(cpu_module, "name_from_proc", fail)
    monkeypatch.setattr(sys, "platform", "linux")
    assert cpu_module.cpu_name.__wrapped__() == platform.machine()


def test_no_nvidia_smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "gpus" not in get_host_info()


@pytest.mark.skipif(os.name != "posix", reason="a shell script plays nvidia-smi")
def test_gpus(nvidia_smi: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    nvidia_smi(f"[ \"$*\" = '-q -x' ] || exit 2\ncat <<'END'\n{ORIGINAL}END")
    assert get_host_info()["gpus"] == EXPECTED
    monkeypatch.setitem(SETTINGS.HOST_INFO, "INCLUDE_GPU_INFO", False)
    assert get_host_info()["gpus"] is None  # as in 0.8


@pytest.mark.skipif(os.name != "posix", reason="a shell script plays nvidia-smi")
@pytest.mark.parametrize(
    "script", ["exit 9", "echo NVIDIA-SMI has failed", "sleep 5", "echo '<a>'", ":"]
)
def test_failing_nvidia_smi(
    nvidia_smi: Callable[[str], None], script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sacred.host_info.gpu.TIMEOUT_SECONDS", 0.2)
    nvidia_smi(script)
    assert "gpus" not in get_host_info()


def test_mig_devices() -> None:
    text = ORIGINAL.replace("40960 MiB", "N/A").replace(
        "<persistence_mode>Enabled</persistence_mode>",
        "<mig_mode><current_mig>Enabled</current_mig></mig_mode><mig_devices><mig_device>"
        "<fb_memory_usage><total>4864 MiB</total></fb_memory_usage></mig_device></mig_devices>",
    )
    gpus = parse_nvidia_smi(text.encode())["gpus"]
    assert gpus[0] == {
        "model": "NVIDIA A100-SXM4-40GB", "total_memory": None, "persistence_mode": None
    }  # fmt: skip
    assert gpus[1] == EXPECTED["gpus"][1]


def test_additional_entries() -> None:
    @host_info_gatherer("mine")
    def mine() -> list[int]:
        return [1, 2]

    assert isinstance(mine, HostInfoGetter)
    assert (mine.name, mine(), mine.get_info()) == ("mine", [1, 2], [1, 2])
    assert get_host_info([mine])["mine"] == [1, 2]
    assert "mine" not in get_host_info()


def test_entry_that_is_to_be_ignored() -> None:
    @host_info_gatherer("mine")
    def mine() -> Any:
        raise IgnoreHostInfo

    assert "mine" not in get_host_info([mine])


def test_failing_gatherer_is_left_out() -> None:
    @host_info_gatherer("mine")
    def mine() -> Any:
        raise ZeroDivisionError("oh")

    with pytest.warns(RuntimeWarning, match="'mine' is left out: ZeroDivisionError: oh"):
        info = get_host_info([mine])
    assert "mine" not in info
    assert info["hostname"]


@pytest.mark.filterwarnings("error")
def test_failing_gatherer_where_warnings_are_errors(caplog: pytest.LogCaptureFixture) -> None:
    info = get_host_info([HostInfoGetter(lambda: 1 / 0, "mine")])
    assert "mine" not in info
    assert "'mine' is left out" in caplog.text


@pytest.mark.parametrize("name", ["hostname", "os", "python_version", "cpu", "gpus", "ENV"])
def test_names_that_exist(name: str) -> None:
    with pytest.raises(KeyError, match=f"Key {name} used in `additional_host_info`"):
        check_additional_host_info([HostInfoGetter(lambda: 1, name)])
    check_additional_host_info([HostInfoGetter(lambda: 1, "mine")])


def test_default_names_are_those_of_the_gatherers() -> None:
    from sacred.host_info.defaults import DEFAULT_GATHERERS

    assert tuple(DEFAULT_GATHERERS) == host_info.DEFAULT_NAMES


def test_deprecated_decorator() -> None:
    with pytest.warns(DeprecationWarning, match="host_info_getter is deprecated"):

        @host_info_getter
        def one() -> int:
            return 1

    with pytest.warns(DeprecationWarning, match="additional_host_info") as caught:

        @host_info_getter(name="zwei")  # type: ignore[untyped-decorator]
        def two() -> int:
            return 2

    assert caught[0].filename == __file__
    assert (one(), two()) == (1, 2)
    assert list(host_info_gatherers) == ["one", "zwei"]
    info = get_host_info()
    assert (info["one"], info["zwei"]) == (1, 2)
