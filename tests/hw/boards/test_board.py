import re
from typing import Any

import pytest

from hadamrnn.errors import InputError
from hadamrnn.hw.boards import board as board_module
from hadamrnn.hw.boards.board import BOARDS, Board, get_board

pytest.importorskip("amaranth_boards", reason="amaranth-boards is not installed: pip install 'hadamrnn[boards]'")


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_a_board_agrees_with_its_platform(board: Board) -> None:
    platform = board.platform()
    assert platform.default_clk_frequency == board.oscillator_hz
    arguments = " ".join(board.place_and_route.arguments)
    assert board.name in BOARDS
    if board.target.family == "ice40":
        assert (platform.device, platform.package) == ("iCE40UP5K", "SG48")
        assert arguments == "--up5k --package sg48 --pcf design.pcf --asc design.asc"
    else:
        size = board.target.name.removeprefix("ecp5-").removesuffix("k")
        assert (platform.device, platform.package, platform.speed) == (f"LFE5U-{size}F", "BG381", "6")
        expected = f"--{size}k --package CABGA381 --speed 6 --lpf design.lpf --textcfg design.config"
        assert arguments == expected
    assert platform.lookup("uart", 0) is not None


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_the_clock_of_a_board_is_one_that_it_can_make(board: Board) -> None:
    assert board.clock_hz == board.oscillator_hz or board.loop.dividers(board.oscillator_hz, board.clock_hz)


def test_unknown_boards() -> None:
    message = "board must be one of icebreaker, ulx3s-25f, ulx3s-85f, not 'arty'"
    with pytest.raises(InputError, match=re.escape(message)):
        get_board("arty")


def test_without_amaranth_boards(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str) -> Any:
        assert name == "amaranth_boards"

    monkeypatch.setattr(board_module.importlib.util, "find_spec", find)
    message = "amaranth-boards is not installed, expected it from: pip install 'hadamrnn[boards]'"
    with pytest.raises(InputError, match=re.escape(message)):
        get_board("icebreaker").platform()
