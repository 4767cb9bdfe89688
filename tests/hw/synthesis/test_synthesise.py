"""Synthesis with the real tools, on designs whose cells can be counted by hand."""

import dataclasses
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from hadamrnn.errors import InputError
from hadamrnn.hw.synthesis.report import SynthesisReport
from hadamrnn.hw.synthesis.synthesise import synthesise
from hadamrnn.hw.synthesis.tool_process import run_tool
from hadamrnn.hw.targets.catalogue import TARGETS, get_target
from hadamrnn.hw.targets.target import Target

# A 24-bit counter, 512 bytes, and a 12 by 12 bit product between registers: 24 + 24 + 24 flip-flops, one block
# RAM, and one multiplier where there are any. It has 83 port bits: more than a UP5K-SG48 has pins.
MIXED = """
module mixed(input clk, input rst, input [11:0] a, input [11:0] b, input write, output reg [23:0] count,
             output reg [7:0] word, output reg [23:0] product);
  reg [7:0] memory [0:511];
  reg [11:0] ra, rb;
  always @(posedge clk) begin
    count <= rst ? 0 : count + 1;
    if (write) memory[a[8:0]] <= b[7:0]; else word <= memory[b[8:0]];
    ra <= a;
    rb <= b;
    product <= ra * rb;
  end
endmodule
"""
COUNTER = """
module counter(input clk, input rst, output reg [WIDTH-1:0] count);
  always @(posedge clk) count <= rst ? 0 : count + 1;
endmodule
"""
TOO_MUCH_MEMORY = """
module memory(input clk, input [13:0] a, input [15:0] d, input w, output reg [15:0] q);
  reg [15:0] m [0:16383];
  always @(posedge clk) begin if (w) m[a] <= d; q <= m[a]; end
endmodule
"""
LUT_MEMORY = """
module memory(input clk, input [3:0] a, input [7:0] d, input w, output [7:0] q);
  reg [7:0] m [0:15];
  assign q = m[a];
  always @(posedge clk) if (w) m[a] <= d;
endmodule
"""
UP5K = get_target("ice40-up5k")
QUICK = (
    "ice40-hx8k",
    "ice40-up5k",
    "ecp5-25k",
    "gowin-gw1n-9",
    "xilinx-7a35t",
)  # one of each family
PLACED = [name for name, target in TARGETS.items() if target.place_and_route is not None]


def quick_or_long(names: list[str]) -> list[Any]:
    return [pytest.param(name, marks=() if name in QUICK else pytest.mark.long) for name in names]


def write(folder: Path, text: str, name: str = "design.v") -> Path:
    path = folder / name
    path.write_text(text)
    return path


class Reports(dict[str, tuple[SynthesisReport, Path]]):
    """The report on MIXED for a target, and the folder in which it was made: when it is asked for first."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder, self.path = folder, write(folder, MIXED)

    def __missing__(self, name: str) -> tuple[SynthesisReport, Path]:
        folder = self.folder / name
        self[name] = synthesise(self.path, "mixed", TARGETS[name], clock_mhz=30, work_folder=folder), folder
        return self[name]


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    """Of all targets."""
    return Reports(tmp_path_factory.mktemp("mixed"))


@pytest.mark.quick("ice40-up5k", "ecp5-25k")
@pytest.mark.parametrize("name", quick_or_long(PLACED))
def test_cells_are_those_of_the_design(mixed: Reports, name: str) -> None:
    report, _ = mixed[name]
    assert (report.target, report.top, report.fits, report.reason) == (name, "mixed", True, None)
    assert report.used("block_rams") == 1
    if name in ("ice40-lp1k", "ice40-lp8k", "ice40-hx8k"):
        assert report.used("dsps") is None  # it has none: the product is made of logic
        assert report.used("luts") > 100
        assert report.used("flip_flops") == 24 + 24 + 24
    elif name == "ice40-up5k":
        assert report.used("dsps") == 1
        assert report.used("flip_flops") == 24  # the registers around the product are inside the SB_MAC16
        assert report.used("carries") == 22  # the lowest and the highest bit of a counter need none
        # One for each bit, three that begin and end the carry chain and drive constant one, one that inverts `write`.
        assert report.used("logic_cells") == 24 + 3 + 1
        assert report.used("luts") == 24 + 1
    elif name.startswith("gowin"):
        assert (report.used("dsps"), report.used("small_dsps")) == (1, 0)
        assert report.used("flip_flops") == 24 + 24 + 24
        assert report.used("carries") == 24
        assert report.used("distributed_rams") == 0
        assert report.used("logic_cells") > 24 + report.used("luts")  # and what carry chains begin and end with
    else:
        assert report.used("dsps") == 1
        assert report.used("flip_flops") == 24 + 24 + 24
        assert report.used("carries") == 12  # two bits each
        assert report.used("distributed_rams") == 0


@pytest.mark.parametrize("name", quick_or_long([name for name in TARGETS if name not in PLACED]))
def test_yosys_alone_counts_the_cells(mixed: Reports, name: str) -> None:
    report, _ = mixed[name]
    assert (report.fits, report.achieved_mhz, report.reason) == (None, None, TARGETS[name].clock_unknown)
    assert report.unknown["achieved_mhz"] == TARGETS[name].clock_unknown
    assert (report.used("block_rams"), report.used("dsps"), report.used("distributed_rams")) == (1, 1, 0)
    # Some take the registers around the product into the multiplier.
    assert report.used("flip_flops") == (24 + 24 + 24 if name == "xilinx-ku5p" else 24)
    assert report.used("carries") == {"nexus-lifcl-40": 13}.get(name, 6)
    assert report.used("logic_cells") == report.used("luts") + (26 if name == "nexus-lifcl-40" else 0)


@pytest.mark.quick("ecp5-25k")
@pytest.mark.parametrize("name", quick_or_long(PLACED))
def test_the_device_has_what_nextpnr_says(mixed: Reports, name: str) -> None:
    report, folder = mixed[name]
    placed = json.loads((folder / "placement.json").read_text())["utilization"]
    checked = 0
    for resource in TARGETS[name].resources:
        assert report.resources[resource.name].available == resource.available
        if resource.placed_as is not None:
            assert placed[resource.placed_as]["available"] == resource.available
            checked += 1
    assert checked >= 2
    if name.startswith("ecp5"):
        assert placed["TRELLIS_RAMW"]["available"] == TARGETS[name].resource("distributed_rams").available


@pytest.mark.parametrize("name", quick_or_long(PLACED))
def test_the_clock_is_that_of_the_slowest_path(mixed: Reports, name: str) -> None:
    report, _ = mixed[name]
    path = report.critical_path
    assert report.achieved_mhz is not None
    assert path is not None
    assert 1000 / (path.logic_ns + path.routing_ns) == pytest.approx(report.achieved_mhz, rel=1e-3)
    assert path.logic_ns > 0
    assert path.routing_ns > 0
    assert (report.requested_mhz, report.meets_clock) == (30, True)
    assert report.unknown == {}


@pytest.mark.long
def test_a_longer_carry_chain_is_slower(tmp_path: Path) -> None:
    clocks = []
    for width in (8, 96):
        path = write(tmp_path, COUNTER.replace("WIDTH", str(width)))
        report = synthesise(path, "counter", UP5K, clock_mhz=45)
        assert report.used("flip_flops") == width
        clocks.append(report.achieved_mhz)
        assert report.meets_clock is (width == 8)
    assert clocks[0] > 1.5 * clocks[1]


@pytest.mark.quick("ecp5-25k")
@pytest.mark.parametrize("name", ["ice40-hx8k", "ecp5-25k"])
def test_cutting_the_ports_changes_no_count(mixed: Reports, name: str, tmp_path: Path) -> None:
    """The same design with all its ports on pins, on the packages that have enough of them."""
    _, folder = mixed[name]
    shutil.copyfile(folder / "design.v", tmp_path / "design.v")
    script = (folder / "synthesis.ys").read_text()
    kept = [line for line in script.splitlines() if not line.startswith("delete")]
    assert len(kept) == len(script.splitlines()) - 1
    (tmp_path / "synthesis.ys").write_text("\n".join(kept) + "\n")
    yosys = "from pyosys import libyosys; libyosys.Design().run_pass('script synthesis.ys')"
    assert run_tool([sys.executable, "-P", "-c", yosys], tmp_path, "yosys.log").status == 0
    tool = TARGETS[name].place_and_route
    entry = f"import sys; from {tool.module} import {tool.function} as run; sys.exit(run(sys.argv[1:]))"
    command = [sys.executable, "-P", "-c", entry, *tool.arguments, "--json", "netlist.json", "--report", "pins.json"]
    assert run_tool([*command, "--timing-allow-fail"], tmp_path, "nextpnr.log").status == 0
    pins = json.loads((tmp_path / "pins.json").read_text())["utilization"]
    cut = json.loads((folder / "placement.json").read_text())["utilization"]
    pads = "SB_IO" if name == "ice40-hx8k" else "TRELLIS_IO"
    assert (pins.pop(pads)["used"], cut.pop(pads)["used"]) == (83, 2)
    assert pins == cut


@pytest.mark.long
def test_equal_input_gives_an_equal_report(mixed: Reports, tmp_path: Path) -> None:
    report, _ = mixed["ice40-up5k"]
    elsewhere = write(tmp_path, MIXED, "another name.v")
    again = synthesise(elsewhere, "mixed", UP5K, clock_mhz=30)
    assert again == report
    other_seed = synthesise(elsewhere, "mixed", UP5K, clock_mhz=30, seed=2)
    assert other_seed != report
    assert other_seed.resources == report.resources


def test_the_report_is_plain_json(mixed: Reports) -> None:
    report, _ = mixed["ice40-up5k"]
    plain = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert plain["resources"]["block_rams"] == {
        "used": 1,
        "available": 30,
        "utilisation": 0.0333,
        "unit": TARGETS["ice40-up5k"].resource("block_rams").unit,
        "bits_each": 4096,
    }
    assert plain["clock"]["requested_mhz"] == 30
    assert plain["clock"]["met"] is True
    assert plain["tools"].keys() == plain["seconds"].keys() == {"yosys", "nextpnr-ice40"}
    assert all(seconds > 0 for seconds in plain["seconds"].values())


def test_small_memories_of_the_ecp5_are_counted(tmp_path: Path) -> None:
    report = synthesise(write(tmp_path, LUT_MEMORY), "memory", get_target("ecp5-25k"))
    assert report.used("distributed_rams") == 2
    assert report.used("block_rams") == 0
    assert report.requested_mhz is None
    assert report.meets_clock is None


def test_a_design_that_does_not_fit_is_a_report(tmp_path: Path) -> None:
    report = synthesise(write(tmp_path, TOO_MUCH_MEMORY), "memory", UP5K)
    assert report.fits is False
    assert report.reason == "the device has too few: block_rams 64 of 30"
    assert report.used("block_rams") == 64
    assert report.resources["block_rams"].utilisation == pytest.approx(64 / 30)
    assert report.achieved_mhz is None
    assert report.unknown == {
        "achieved_mhz": "the design does not fit",
        "critical_path": "the design does not fit",
    }


def test_a_design_without_a_clock_has_none_and_not_zero(tmp_path: Path) -> None:
    path = write(tmp_path, "module sum(input [7:0] a, input [7:0] b, output [7:0] y); assign y = a + b; endmodule\n")
    report = synthesise(path, "sum", UP5K)
    assert report.fits is True
    assert report.used("luts") == 8
    assert report.achieved_mhz is None
    assert report.unknown["achieved_mhz"] == "no path between two flip-flops of clock 'clk'"


def test_a_target_without_place_and_route_is_counted_by_yosys(tmp_path: Path) -> None:
    target = dataclasses.replace(
        UP5K,
        place_and_route=None,
        clock_unknown="no open place-and-route",
        resources=tuple(resource for resource in UP5K.resources if resource.cells),
    )
    report = synthesise(write(tmp_path, COUNTER.replace("WIDTH", "16")), "counter", target)
    assert (report.fits, report.reason) == (None, "no open place-and-route")
    assert report.used("flip_flops") == 16
    assert report.achieved_mhz is None
    assert report.unknown["achieved_mhz"] == "no open place-and-route"
    assert report.tools.keys() == {"yosys"}


@pytest.mark.parametrize(
    ("text", "top", "message"),
    [
        ("module a(input clk; endmodule\n", "a", r"Yosys refuses .*design\.v: line 1: ERROR: syntax error"),
        ("module a(input clk); endmodule\n", "b", r"Yosys refuses .*design\.v: .*Module `b' not found"),
        ("module a(input clk); missing m(clk); endmodule\n", "a", r"Yosys refuses .*missing"),
    ],
)
def test_verilog_that_yosys_refuses_is_one_line(tmp_path: Path, text: str, top: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        synthesise(write(tmp_path, text), top, UP5K)
    assert "\n" not in str(error.value)


def test_bad_arguments_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, COUNTER.replace("WIDTH", "4"))
    with pytest.raises(InputError, match=r"nothing\.v: no such file"):
        synthesise(tmp_path / "nothing.v", "counter", UP5K)
    with pytest.raises(InputError, match="top must be the name of a module, not 'a; shell'"):
        synthesise(path, "a; shell", UP5K)
    for clock in (0, -1.0, float("nan"), float("inf")):
        with pytest.raises(InputError, match="clock_mhz must be a positive number of MHz"):
            synthesise(path, "counter", UP5K, clock_mhz=clock)
    for seed in (-1, 1 << 31, True):
        with pytest.raises(InputError, match="seed must be an integer from 0 to 2147483647"):
            synthesise(path, "counter", UP5K, seed=seed)


def test_a_missing_tool_is_one_line_that_says_how_to_get_it(tmp_path: Path) -> None:
    tool = dataclasses.replace(UP5K.place_and_route, module="not_installed_nextpnr")
    target: Target = dataclasses.replace(UP5K, place_and_route=tool)
    with pytest.raises(InputError, match=r"^nextpnr-ice40 is not installed, .*pip install 'hadamrnn\[synth\]'$"):
        synthesise(write(tmp_path, MIXED), "mixed", target)


def test_nothing_is_left_behind_and_stages_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, COUNTER.replace("WIDTH", "4"))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    told: list[str] = []
    synthesise(path, "counter", UP5K, progress=told.append)
    assert [stage for stage in told if "first use" not in stage] == [
        "Yosys: mapping to ice40-up5k",
        "nextpnr-ice40: packing",
        "nextpnr-ice40: placing",
        "nextpnr-ice40: routing",
    ]
    assert list(scratch.iterdir()) == []
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["design.v"]


def test_a_work_folder_is_never_read_from_an_earlier_run(tmp_path: Path) -> None:
    good = write(tmp_path, COUNTER.replace("WIDTH", "4"))
    bad = write(tmp_path, "module counter(input clk; endmodule\n", "bad.v")
    work = tmp_path / "work"
    synthesise(good, "counter", UP5K, work_folder=work)
    assert (work / "placement.json").is_file()
    with pytest.raises(InputError, match="Yosys refuses"):
        synthesise(bad, "counter", UP5K, work_folder=work)


LATER = "time.sleep(60); open('came to its end', 'w')"


def test_an_interrupt_ends_the_tool(tmp_path: Path) -> None:
    def interrupt(line: str) -> None:
        started.append(int(line))
        raise KeyboardInterrupt

    started: list[int] = []
    command = [sys.executable, "-c", f"import os, time; print(os.getpid(), flush=True); {LATER}"]
    with pytest.raises(KeyboardInterrupt):
        run_tool(command, tmp_path, "log", interrupt)
    (tool,) = started
    with pytest.raises(ProcessLookupError):  # it has ended, and was waited for
        os.kill(tool, 0)
    assert not (tmp_path / "came to its end").exists()
