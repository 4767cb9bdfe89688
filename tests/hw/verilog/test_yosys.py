"""Yosys in this process: the same netlist as in one of its own, nothing left of a run, errors told."""

import json
from pathlib import Path

import pytest
from amaranth._toolchain.yosys import YosysError, find_yosys
from amaranth.back import rtlil

from hadamrnn.hw.core import HadamardCore
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.verilog import yosys
from hadamrnn.hw.verilog.yosys import netlist_as_json

from ..networks import random_network

PASSES = ("proc -norom", "opt_clean")


@pytest.fixture(autouse=True)
def builtin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMARANTH_USE_YOSYS", "builtin")


def described(lanes: int) -> str:
    core = HadamardCore(random_network(8, 8), CoreParameters(lanes=lanes))
    return rtlil.convert(core, name="core", emit_src=False)


def test_the_netlist_is_that_of_a_process_of_its_own() -> None:
    text = described(2)
    script = f"read_rtlil <<rtlil\n{text}\nrtlil\nproc -norom\nopt_clean\nwrite_json\n"
    alone = find_yosys(lambda version: True).run(["-q", "-"], script, ignore_warnings=True)
    ours = json.loads(netlist_as_json(text, PASSES))
    assert ours == json.loads(alone)
    assert "core.recurrence" in ours["modules"]


def test_nothing_is_left_of_a_run() -> None:
    """Names that Yosys makes are numbered through a process: they begin anew."""
    first, other = described(1), described(4)
    results = [netlist_as_json(text, PASSES) for text in (first, other, first)]
    assert results[0] == results[2]
    assert results[0] != results[1]


def test_it_sees_no_files_but_its_own(tmp_path: Path) -> None:
    (tmp_path / "more.il").write_text("module \\more\nend\n")
    with pytest.raises(YosysError, match=r"more\.il"):
        netlist_as_json(described(1), (f"read_rtlil {tmp_path / 'more.il'}",))


@pytest.mark.parametrize(
    "netlist, passes, message", [("module", (), "ERROR: .*syntax error"), ("", ("none_such",), "No such command")]
)
def test_what_yosys_says_is_told(netlist: str, passes: tuple[str, ...], message: str) -> None:
    with pytest.raises(YosysError, match=message):
        netlist_as_json(netlist, passes)


def test_the_machines_own_is_taken_where_amaranth_takes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "yosys"
    program.write_text(
        '#!/bin/sh\n[ "$1" = -V ] && { echo "Yosys 0.50"; exit; }\n'
        'while read -r line; do [ "$line" = write_json ] && echo its own; done\n:\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("AMARANTH_USE_YOSYS", "system,builtin")
    monkeypatch.setattr(yosys, "_run", None)
    assert netlist_as_json(described(1), PASSES) == "its own\n"
