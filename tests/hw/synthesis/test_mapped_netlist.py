"""Mapped netlists with models of their cells, and those that there are no models for."""

import subprocess
from pathlib import Path

import pytest

from hadamrnn.errors import InputError
from hadamrnn.hw.synthesis.mapped_netlist import MappedNetlist, mapped_netlist
from hadamrnn.hw.targets.catalogue import get_target

MEMORY = """
module example(input clk, input write, input [10:0] place, input [17:0] word, output reg [17:0] read);
  reg [17:0] memory [0:2047];
  always @(posedge clk) begin
    if (write) memory[place] <= word;
    read <= memory[place];
  end
endmodule
"""
MULTIPLIER = """
module example(input clk, input a, output p);
  MULT18X18D #(.REG_INPUTA_CLK("CLK0")) multiplier (.A0(a), .CLK0(clk), .P0(p));
endmodule
"""
PRODUCTS = """
module example(input signed [8:0] a, input signed [10:0] b, input [8:0] c, input [10:0] d,
              output signed [19:0] ab, output [19:0] cd, output signed [20:0] ad, output signed [20:0] cb);
  assign ab = a * b;
  assign cd = c * d;
  assign ad = a * $signed({1'b0, d});
  assign cb = $signed({1'b0, c}) * b;
endmodule
"""
BENCH = """
module bench;
  reg [8:0] a; reg [10:0] b;
  wire [19:0] ab, cd; wire [20:0] ad, cb;
  wire [19:0] ab_gold, cd_gold; wire [20:0] ad_gold, cb_gold;
  example gate(a, b, a, b, ab, cd, ad, cb);
  gold gold(a, b, a, b, ab_gold, cd_gold, ad_gold, cb_gold);
  integer step, wrong = 0, seed = 1;
  initial begin
    for (step = 0; step < 2000; step = step + 1) begin
      a = step < 4 ? {step[0], {8{step[1]}}} : $random(seed);
      b = step < 4 ? 11'h400 : $random(seed);
      #1 if ({ab, cd, ad, cb} !== {ab_gold, cd_gold, ad_gold, cb_gold}) wrong = wrong + 1;
    end
    $display("%0d of %0d", wrong, step);
  end
endmodule
"""


def mapped(folder: Path, text: str, target: str) -> MappedNetlist:
    (folder / "design.v").write_text(text)
    return mapped_netlist(folder / "design.v", "example", get_target(target))


@pytest.mark.usefixtures("icarus")
@pytest.mark.parametrize("target", ["ecp5-25k", "ice40-up5k"])
def test_products_of_all_signs(tmp_path: Path, target: str) -> None:
    netlist = mapped(tmp_path, PRODUCTS, target)
    assert netlist.target == target
    assert netlist.cells[{"ecp5-25k": "MULT18X18D", "ice40-up5k": "SB_MAC16"}[target]] == 4
    gold = PRODUCTS.replace("module example", "module gold")
    (tmp_path / "bench.v").write_text(netlist.verilog + gold + BENCH)
    subprocess.run(["iverilog", "-g2005", "-s", "bench", "-o", "bench", "bench.v"], cwd=tmp_path, check=True)
    run = subprocess.run(["vvp", "-N", "bench"], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert run.stdout.split() == ["0", "of", "2000"]


@pytest.mark.parametrize(
    ("text", "target", "message"),
    [
        (MEMORY, "ecp5-25k", "the netlist for ecp5-25k has a DP16KD, of which Yosys has no model to simulate"),
        (
            MULTIPLIER,
            "ecp5-85k",
            "the netlist for ecp5-85k has a MULT18X18D with registers, of which there is no model",
        ),
        (
            PRODUCTS,
            "gowin-gw1n-9",
            "Yosys has no models of all cells of gowin-gw1n-9: expected a target of family ice40, ecp5",
        ),
        ("module example(", "ice40-hx8k", None),
    ],
)
def test_what_there_is_no_netlist_of(tmp_path: Path, text: str, target: str, message: str | None) -> None:
    with pytest.raises(InputError) as refusal:
        mapped(tmp_path, text, target)
    assert str(refusal.value) == message or message is None
    assert "\n" not in str(refusal.value)
