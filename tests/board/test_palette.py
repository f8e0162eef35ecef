"""The colours of lines stay apart, also for those who see fewer colours."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

from tests.conftest import ROOT

STYLE = (ROOT / "sacred/board/page/style/charts.css").read_text(encoding="utf-8")
#: What sRGB in linear light looks like without one kind of cones (Machado and others, 2009).
SIGHTS = {
    "all": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                   [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                     [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                   [0.004733, 0.691367, 0.303900]],
}  # fmt: skip
LMS = [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
       [0.0883024619, 0.2817188376, 0.6299787005]]  # fmt: skip
LAB = [[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
       [0.0259040371, 0.7827717662, -0.8086757660]]  # fmt: skip


def linear(colour: str) -> np.ndarray:
    values = np.array([int(colour[n : n + 2], 16) for n in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def oklab(light: np.ndarray) -> np.ndarray:
    return np.array(LAB) @ np.cbrt(np.array(LMS) @ np.clip(light, 0, 1))


def tones(block: str) -> list[str]:
    return re.findall(r"--tone-\d: (#[0-9a-f]{6})", block)


LIGHT, DARK, SYSTEM_DARK = (tones(block) for block in re.findall(r"(--tone-0: #[^}]*)}", STYLE))


@pytest.mark.parametrize("colours", [LIGHT, DARK])
@pytest.mark.parametrize("sight", SIGHTS)
def test_no_two_colours_are_taken_for_each_other(colours: list[str], sight: str) -> None:
    assert len(set(colours)) == 10
    seen = [oklab(np.array(SIGHTS[sight]) @ linear(colour)) for colour in colours]
    distances = [np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)]
    # Neighbours in common palettes (tab10, Set1) are at 0.05 and less.
    assert min(distances) > 0.11


@pytest.mark.parametrize(("colours", "background"), [(LIGHT, "#ffffff"), (DARK, "#13161b")])
def test_colours_are_seen_on_the_background(colours: list[str], background: str) -> None:
    luminance = {colour: float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in
                 (*colours, background)}  # fmt: skip
    for colour in colours:
        low, high = sorted([luminance[colour], luminance[background]])
        assert (high + 0.05) / (low + 0.05) >= 3


def test_the_dark_theme_is_one() -> None:
    assert DARK == SYSTEM_DARK
