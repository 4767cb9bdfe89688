"""The products of the read-out as Yosys maps them to the multipliers of an UltraPlus, against the Verilog."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import pyosys
import pytest

from hadamrnn.hw.read_out.product import ReadOutProduct
from hadamrnn.hw.synthesis.synthesise import YOSYS, map_design
from hadamrnn.hw.targets.catalogue import get_target
from hadamrnn.hw.targets.target import Target
from hadamrnn.hw.verilog.word_netlist import word_netlist
from hadamrnn.hw.verilog.writer import write_verilog

from ..networks import random_network

UP5K = get_target("ice40-up5k")
STATE_BITS, WEIGHT_BITS = 10, 4

# A read-out of the last state never stops its products: `enable` is constant, and registers go into the multipliers.
WRAPPED = """
module {name}(input clk, input rst, input issue, input load, input [{top}:0] state, output [{sum}:0] sums,
              output sums_valid);
  core_read_out_products products (.clk(clk), .rst(rst), .enable(1'b1), .issue(issue), .load(load), .mark(1'b0),
    .state(state), .sums(sums), .sums_valid(sums_valid));
endmodule
"""
BENCH = """
module bench;
  reg clk = 0, rst = 1, issue = 0, load = 0;
  reg [{top}:0] state = 0;
  wire [{sum}:0] expected, got;
  wire expected_valid, got_valid;
  gold gold (clk, rst, issue, load, state, expected, expected_valid);
  gate gate (clk, rst, issue, load, state, got, got_valid);
  integer step, compared = 0, wrong = 0, seed = 1;
  initial begin
    for (step = 0; step < 400; step = step + 1) begin
      clk = 0;
      #1 if (expected_valid === 1) begin
        compared = compared + 1;
        if (got_valid !== 1 || got !== expected) wrong = wrong + 1;
      end
      rst = step < 4;
      issue = !rst && $random(seed) % 4 != 0;
      load = $random(seed);
      state = {{$random(seed), $random(seed), $random(seed)}};
      #1 clk = 1;
      #1;
    end
    $display("%0d %0d", compared, wrong);
  end
endmodule
"""


def compare(
    folder: Path, target: Target, lanes: int, multipliers: int = 1, activation: str = "relu"
) -> tuple[int, int, int]:
    """Sums compared, sums that are not those of the Verilog, and multipliers, of products mapped to a target."""
    network = random_network(
        16, 16, state_bits=STATE_BITS, weight_bits=WEIGHT_BITS, seed=3, readout_activation=activation
    )
    component = ReadOutProduct(network, lanes, multipliers)
    products = write_verilog(word_netlist(component, "core_read_out_products"))
    sizes = {"top": lanes * STATE_BITS - 1, "sum": len(component.sums.as_value()) - 1}
    (folder / "design.v").write_text(products + WRAPPED.format(name="gate", **sizes))
    cells, _ = map_design(folder, "products", "gate", target)
    script = "read_json netlist.json; write_verilog -noattr gate.v"
    (folder / "netlist.ys").write_text(script.replace("; ", "\n") + "\n")
    run([sys.executable, "-P", "-c", YOSYS, "script netlist.ys"], folder)
    (folder / "gold.v").write_text(products + WRAPPED.format(name="gold", **sizes) + BENCH.format(**sizes))
    models = Path(pyosys.__path__[0]) / "share" / "ice40" / "cells_sim.v"
    defines = ("-DICE40_U", "-DNO_ICE40_DEFAULT_ASSIGNMENTS")
    run(["iverilog", "-g2012", *defines, "-s", "bench", "-o", "bench", "gold.v", "gate.v", str(models)], folder)
    compared, wrong = run(["vvp", "-N", "bench"], folder).split()[-2:]
    return int(compared), int(wrong), cells["SB_MAC16"]


def run(command: list[str], folder: Path) -> str:
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.mark.quick("4-1-relu", "2-2-relu", "1-3-none")
@pytest.mark.usefixtures("icarus")
@pytest.mark.parametrize(
    ("lanes", "multipliers", "activation"),
    [(1, 1, "relu"), (4, 1, "relu"), (2, 2, "relu"), (1, 2, "none"), (1, 3, "none"), (4, 2, "none")],
)
def test_mapped_products_are_those_of_the_verilog(
    tmp_path: Path, lanes: int, multipliers: int, activation: str
) -> None:
    compared, wrong, mapped = compare(tmp_path, UP5K, lanes, multipliers, activation)
    assert compared > 200
    assert (wrong, mapped) == (0, lanes * multipliers)


@pytest.mark.usefixtures("icarus")
def test_without_the_preparation_yosys_loses_products(tmp_path: Path) -> None:
    """Where this fails, Yosys is mended, and the preparation of the target can go."""
    _, wrong, multipliers = compare(tmp_path, dataclasses.replace(UP5K, preparation=()), 2)
    assert (wrong > 0, multipliers) == (True, 1)
