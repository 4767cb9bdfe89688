"""Designs for boards: what goes to the tools, what comes of them, and what is refused."""

import hashlib
import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hadamrnn.errors import InputError
from hadamrnn.hw.boards import build as build_module
from hadamrnn.hw.boards.board import BOARDS, get_board
from hadamrnn.hw.boards.build import _check_placement, build, design_files
from hadamrnn.hw.boards.serial_core import SerialCore
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.synthesis.place_and_route import Placement
from hadamrnn.hw.verilog.generation import fingerprint
from hadamrnn.quant.integer import FrozenNetwork
from hadamrnn.sim.stimulus import random_dense_network

from ..networks import random_network

pytest.importorskip("amaranth_boards", reason="amaranth-boards is not installed: pip install 'hadamrnn[boards]'")

NETWORK = random_network(4, 4)
DENSE = random_dense_network(1, hidden_size=4, output_size=3)
ICEBREAKER = get_board("icebreaker")
PINS = {
    "icebreaker": {"set_io clk12_0__io 35", "set_io uart_0__rx__io 6", "set_io uart_0__tx__io 9"},
    "ulx3s": {
        'LOCATE COMP "clk25_0__io" SITE "G2";',
        'LOCATE COMP "uart_0__rx__io" SITE "M1";',
        'LOCATE COMP "uart_0__tx__io" SITE "L4";',
        'FREQUENCY PORT "clk25_0__io" 25000000.0 HZ;',
    },
}


def files_of(name: str, clock_hz: int) -> dict[str, str]:
    serial_core = SerialCore(NETWORK, CoreParameters(), clock_hz=clock_hz, baud=1_000_000)
    return design_files(get_board(name), serial_core, clock_hz, "top")


@pytest.mark.quick("icebreaker", "ulx3s-25f")
@pytest.mark.parametrize("name", BOARDS)
def test_pins_are_those_of_the_board(name: str) -> None:
    board = get_board(name)
    files = files_of(name, board.clock_hz)
    assert list(files) == ["v", board.packing.constraints]
    assert PINS[name.split("-")[0]] <= set(files[board.packing.constraints].splitlines())
    ports = re.search(r"\nmodule top\((.*?)\);", files["v"])
    assert ports is not None
    assert {"uart_0__rx__io", "uart_0__tx__io"} < set(ports[1].split(", "))
    assert "/" not in "".join(line for line in files["v"].splitlines() if "src" in line)  # no paths of this machine


@pytest.mark.quick("icebreaker-36000000-SB_PLL40_PAD", "ulx3s-85f-75000000-EHXPLLL")
@pytest.mark.parametrize(
    "name, clock_hz, loop",
    [
        ("icebreaker", 12_000_000, None),
        ("icebreaker", 36_000_000, "SB_PLL40_PAD"),
        ("ulx3s-25f", 25_000_000, None),
        ("ulx3s-85f", 75_000_000, "EHXPLLL"),
    ],
)
def test_a_clock_that_is_not_the_oscillator_comes_from_a_loop(name: str, clock_hz: int, loop: str | None) -> None:
    verilog = files_of(name, clock_hz)["v"]
    assert re.findall("SB_PLL40_PAD|EHXPLLL", verilog) == ([] if loop is None else [loop])


@pytest.mark.parametrize(
    "options, message",
    [
        ({"name": "1st"}, "name must be"),
        ({"seed": -1}, "seed must be an integer from 0 to 2147483647, not -1"),
        ({"clock_mhz": 0}, "clock must be a number of MHz above 0 and below 1000, not 0"),
        ({"clock_mhz": float("nan")}, "clock must be a number of MHz above 0 and below 1000, not nan"),
        ({"clock_mhz": 37.01}, "clock must be one that the iCEBreaker can make of 12 MHz, not 37.01 MHz"),
        ({"baud": 20_000_000}, "baud must be an integer from 1 to 9000000"),
        ({"parameters": CoreParameters(trace=True)}, "trace must be false on a board"),
    ],
)
def test_what_is_refused_before_any_tool_runs(options: dict[str, Any], message: str, tmp_path: Path) -> None:
    parameters = options.pop("parameters", CoreParameters())
    with pytest.raises(InputError, match=re.escape(message)):
        build(NETWORK, parameters, ICEBREAKER, tmp_path / "out", **options)
    assert not list(tmp_path.iterdir())


def test_what_is_refused_of_a_placement() -> None:
    full = Placement(fits=False, reason="nextpnr-ice40: no BELs remaining")
    with pytest.raises(InputError, match="the design does not fit on the iCEBreaker: nextpnr-ice40: no BELs remaining"):
        _check_placement(ICEBREAKER, full, 36_000_000)
    slow = Placement(fits=True, reason=None, achieved_mhz=35.99)
    message = "the design reaches 36.0 MHz on the iCEBreaker, not the 36 MHz of its clock: choose a lower --clock"
    with pytest.raises(InputError, match=re.escape(message)):
        _check_placement(ICEBREAKER, slow, 36_000_000)
    assert _check_placement(ICEBREAKER, slow, 12_000_000) == 35.99


@pytest.mark.long
@pytest.mark.parametrize(
    "network, name, clock_mhz",
    [
        (NETWORK, "icebreaker", None),
        (NETWORK, "icebreaker", 12),
        (NETWORK, "ulx3s-25f", 50),
        (DENSE, "icebreaker", 24),
    ],
    ids=["hadamard-icebreaker", "hadamard-icebreaker-12", "hadamard-ulx3s-25f", "dense-icebreaker"],
)
def test_a_bitstream(network: FrozenNetwork, name: str, clock_mhz: float | None, tmp_path: Path) -> None:
    """From a network to a bitstream, with every count from the tools."""
    board, out = get_board(name), tmp_path / "out"
    stages: list[str] = []
    description = build(network, CoreParameters(), board, out, name="top", clock_mhz=clock_mhz, progress=stages.append)
    suffixes = ("v", board.packing.constraints, board.packing.bitstream, "json")
    assert sorted(path.name for path in out.iterdir()) == sorted(f"top.{suffix}" for suffix in suffixes)
    assert json.loads((out / "top.json").read_text()) == description
    bitstream = (out / f"top.{board.packing.bitstream}").read_bytes()
    assert hashlib.sha256(bitstream).hexdigest() == description["bitstream_sha256"]
    # The synchronisation words: of an iCE40, and of an ECP5 behind its comment.
    assert (b"\x7e\xaa\x99\x7e" if board.target.family == "ice40" else b"\xff\xff\xbd\xb3") in bitstream
    assert description["core"]["network"]["sha256"] == fingerprint(network)
    assert description["clock"]["achieved_mhz"] > description["clock"]["mhz"] == (clock_mhz or board.clock_hz / 1e6)
    assert 300 < description["resources"]["logic_cells"]["used"] < 3000
    assert stages[-1] == "packing the bitstream"


@pytest.mark.long
def test_a_clock_that_is_missed_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the design reaches \d+\.\d MHz on the iCEBreaker, not the 120 MHz"):
        build(NETWORK, CoreParameters(), ICEBREAKER, tmp_path / "out", clock_mhz=120)
    assert not list(tmp_path.iterdir())


@pytest.mark.long
def test_a_design_that_does_not_fit_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a frame store of 128 kbit, where a UP5K has 120 kbit of block RAM."""
    monkeypatch.setattr(build_module, "SerialCore", partial(SerialCore, store_depth=1 << 14))
    with pytest.raises(InputError, match="the design does not fit on the iCEBreaker: nextpnr-ice40: "):
        build(NETWORK, CoreParameters(), ICEBREAKER, tmp_path / "out")
    assert not list(tmp_path.iterdir())
