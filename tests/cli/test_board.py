import json
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Run

pytest.importorskip("amaranth_boards", reason="amaranth-boards is not installed: pip install 'hadamrnn[boards]'")


@pytest.mark.long
def test_a_board_is_built(run: Run, network_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "build"
    options = ("--board", "icebreaker", "-o", out, "--output", "logits", "--keep", tmp_path / "w")
    outcome = run("board", network_file, *options)
    assert outcome.status == 0, outcome
    description = json.loads((out / "hadamard_board.json").read_text())
    assert f"{out / 'hadamard_board'}: iCEBreaker" in outcome.out
    assert f"{description['resources']['logic_cells']['used']} of 5280" in outcome.out
    assert f"clock: 36 MHz, the design reaches {description['clock']['achieved_mhz']:.1f} MHz" in outcome.out
    assert "load it with: iceprog hadamard_board.bin" in outcome.out
    assert "icebreaker: packing the bitstream" in outcome.err.splitlines()
    assert (tmp_path / "w" / "nextpnr.log").is_file()


def test_bad_input(refused: Callable[..., str], network_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "build"
    boards = "--board must be one of icebreaker, ulx3s-25f, ulx3s-85f, not 'arty'"
    assert refused("board", network_file, "--board", "arty", "-o", out) == boards
    assert refused("board", network_file, "-o", out).startswith("Missing option '--board'")
    icebreaker = ("board", network_file, "--board", "icebreaker", "-o", out)
    assert refused(*icebreaker, "--clock", "-1").startswith("--clock must be a number of MHz above 0")
    assert refused(*icebreaker, "--clock", "37.01").startswith("--clock must be one that the iCEBreaker can make")
    assert refused(*icebreaker, "--baud", "30000000").startswith("--baud must be an integer from 1 to 9000000")
    assert refused(*icebreaker, "--baud", "7").startswith("--baud must be at least 35 at 36000000 Hz, not 7")
    assert refused(*icebreaker, "--lanes", "16").startswith("--lanes must divide the hidden size 8")
    assert "No such option '--trace'" in refused(*icebreaker, "--trace")
    onto = refused("board", network_file, "--board", "icebreaker", "-o", network_file)  # before it is synthesised
    assert onto == f"--out {network_file}: {network_file} is a file, expected a folder"
    assert refused("board", "zoo:none", "--board", "icebreaker", "-o", out)
