"""Waveforms as VCD files: read back as they were, and in the format that viewers read."""

from pathlib import Path

import pytest

from hadamrnn.errors import InputError
from hadamrnn.sim.waveform import Waveform, read_vcd

WAVEFORM = Waveform(
    7,
    {
        "rst": ("0", "0", "1", "x"),
        "ring.state": ("0011", "0011", "01x1", "1000"),
        "ring.stage.enable": ("1", "1", "1", "1"),
        "out.data": ("10", "01", "zz", "01"),
    },
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    WAVEFORM.write_vcd(tmp_path / "it.vcd")
    assert read_vcd(tmp_path / "it.vcd") == WAVEFORM
    assert WAVEFORM.clocks == range(7, 11)


def test_a_thousand_signals(tmp_path: Path) -> None:
    """More than one character has codes."""
    many = Waveform(1, {f"m{i % 7}.s{i}": (f"{i % 16:04b}", "0000", f"{i % 3:04b}") for i in range(10_000)})
    many.write_vcd(tmp_path / "it.vcd")
    assert read_vcd(tmp_path / "it.vcd") == many


def test_the_format(tmp_path: Path) -> None:
    """Scopes are closed, values change at the edge before the one they are seen at, and only changes are written."""
    WAVEFORM.write_vcd(tmp_path / "it.vcd")
    header, body = (tmp_path / "it.vcd").read_text().split("$enddefinitions $end")
    assert header.count("$scope module") == header.count("$upscope $end") == 3
    assert "$var wire 4 # state [3:0] $end" in header
    blocks = body.split("\n#")
    assert blocks[1].split("\n")[:2] == ["60", "1!"]
    third = next(block for block in blocks if block.startswith("80\n"))
    assert third.split("\n") == ["80", "1!", '1"', "b01x1 #", "bzz %"]


@pytest.mark.parametrize("text", ["", "nothing", "$enddefinitions $end\n#0\n"])
def test_other_files_are_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "it.vcd").write_text(text)
    with pytest.raises(InputError, match=r"it\.vcd: expected a VCD file with signals"):
        read_vcd(tmp_path / "it.vcd")
    with pytest.raises(InputError, match="cannot be read as VCD"):
        read_vcd(tmp_path / "missing.vcd")
