"""The written Verilog is the circuit that Amaranth describes, proved by SAT; and a person finds the names in it."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from amaranth.back import rtlil
from amaranth.hdl import Module, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hadamrnn.hw.core import HadamardCore
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.verilog.word_netlist import word_netlist
from hadamrnn.hw.verilog.writer import write_verilog

from ..networks import random_network

# Both circuits from their initial values, with the same inputs at every clock: can an output differ?
_PREPARE = "hierarchy -top core; proc; flatten; memory; opt_clean"
_SCRIPT = f"""
read_rtlil core.il; {_PREPARE}; rename core described; design -stash described
read_verilog core.v; {_PREPARE}; rename core written; design -stash written
design -copy-from described -as described described
design -copy-from written -as written written
miter -equiv -flatten -make_assert described written both
hierarchy -top both; opt_clean
sat -verify -prove-asserts -tempinduct-baseonly -tempinduct -maxsteps CLOCKS both
"""
_YOSYS = "import sys; from pyosys import libyosys; libyosys.Design().run_pass(sys.argv[1])"


def equal(component: wiring.Component, verilog: str, folder: Path, clocks: int) -> bool:
    """Whether Verilog and component have equal outputs at every one of ``clocks`` clocks, for all inputs."""
    (folder / "core.il").write_text(rtlil.convert(component, name="core", emit_src=False))
    (folder / "core.v").write_text(verilog)
    (folder / "prove.ys").write_text(_SCRIPT.replace("; ", "\n").replace("CLOCKS", str(clocks)))
    command = [sys.executable, "-P", "-c", _YOSYS, "script prove.ys"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    log = run.stdout + run.stderr
    assert ("SUCCESS!" in log) != ("FAIL!" in log), log[-2000:]
    return "SUCCESS!" in log


class Operations(wiring.Component):
    """One of everything the writer knows, over operands of different widths and signs."""

    a: In(signed(5))
    b: In(signed(3))
    c: In(4)
    results: Out(64)
    held: Out(6)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        total = Signal(signed(7))
        m.d.comb += total.eq(self.a + self.b - self.c)
        narrow = [self.a < self.b, self.a == self.c, self.b != 0, self.a >= self.c, self.c.any(), self.c.all()]
        wide = [total, self.a * self.b, self.c ^ self.a, ~self.b, -self.c, self.c.xor(), self.a >> 1, self.c << 2]
        position = 0
        for value in (*narrow, *wide):
            m.d.comb += self.results[position : position + len(value)].eq(value)
            position += len(value)
        with m.Switch(self.c[:2]):
            with m.Case(0):
                m.d.sync += self.held.eq(total)
            with m.Case(1):
                m.d.sync += self.held.eq(self.held + 1)
            with m.Case(2):
                m.d.sync += self.held[1:4].eq(self.b)
        return m


def written(component: wiring.Component) -> str:
    return write_verilog(word_netlist(component, "core"))


def small_core(**choices: Any) -> HadamardCore:
    formats = {"state_bits": 3, "weight_bits": 2, "input_bits": 2, "output_size": 2}
    return HadamardCore(random_network(4, 4, **formats), CoreParameters(**choices))


def test_operations_are_what_they_are(tmp_path: Path) -> None:
    assert equal(Operations(), written(Operations()), tmp_path, 4)


@pytest.mark.parametrize(
    "right, wrong", [(" + ", " - "), (" ^ ", " & "), ("$signed(b)", "b"), (" == ", " != "), ("6'h0", "6'h1")]
)
def test_wrong_operations_are_found(tmp_path: Path, right: str, wrong: str) -> None:
    text = written(Operations())
    assert right in text
    assert not equal(Operations(), text.replace(right, wrong, 1), tmp_path, 4)


@pytest.mark.long
@pytest.mark.parametrize("choices", [{"trace": True}, {"lanes": 2, "output": "logits"}, {"memory_depth": 2}], ids=str)
def test_a_core_is_what_it_is(tmp_path: Path, choices: dict[str, Any]) -> None:
    core = small_core(**{"trace": True} | choices)
    text = written(core)
    assert equal(core, text, tmp_path, 16)
    # The trace shows the state within that many clocks, and so a state that is wrong.
    assert not equal(core, re.sub(r"(total_0 = .*) \+ ", r"\1 - ", text, count=1), tmp_path, 16)


def test_names_are_those_of_the_description() -> None:
    text = write_verilog(word_netlist(HadamardCore(random_network(16, 16), CoreParameters(memory_depth=4)), "core"))
    assert "\\" not in text, "an escaped identifier"
    modules = re.findall(r"^module (\w+) \($", text, re.MULTILINE)
    assert modules[0] == "core"
    for part in (
        "step_collector",
        "step_buffer",
        "input_product",
        "recurrence",
        "recurrence_root_division",
        "recurrence_transform_stage_3_butterfly",
        "recurrence_transform_stage_3_butterfly_delay_line",
        "read_out",
        "arg_max",
    ):
        assert f"core_{part}" in modules
        instance = part.rpartition("recurrence_")[2].replace("transform_", "").replace("stage_3_butterfly_d", "d")
        assert re.search(rf"^    core_{part} {instance} \($", text, re.MULTILINE), part
    for signal in ("state_register", "stage_0_register", "stage_0_phase", "coefficient_register", "signed_quotient_0"):
        assert re.search(rf"^    (wire|reg ) .*\b{signal};$", text, re.MULTILINE), signal


class Sum(wiring.Component):
    """Combinational: without clock and reset."""

    a: In(4)
    b: In(4)
    total: Out(5)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += self.total.eq(self.a + self.b)
        return m


def test_a_top_without_a_clock_has_its_own_ports_only(tmp_path: Path) -> None:
    text = written(Sum())
    declarations = re.findall(r"^ +(input|output) +wire \[\d:0\] (\w+)", text, flags=re.MULTILINE)
    assert declarations == [("input", "a"), ("input", "b"), ("output", "total")]
    assert equal(Sum(), text, tmp_path, clocks=1)


def test_equal_components_give_equal_text() -> None:
    assert written(small_core()) == written(small_core())


def test_what_nothing_reads_is_not_written() -> None:
    class Half(wiring.Component):
        a: In(8)
        y: Out(4)

        def elaborate(self, platform: object) -> Module:
            m = Module()
            total, unread = Signal(9), Signal(8)
            m.d.comb += [total.eq(self.a + 3), self.y.eq(total)]
            m.d.sync += unread.eq(self.a)
            return m

    text = written(Half())
    assert "unread" not in text
    assert "assign y = a[3:0] + 4'h3;" in text
    unused = re.findall(r"lint_off UNUSEDSIGNAL.*\n +input +wire (?:\[\d+:0\] )?(\w+)", text)
    assert unused == ["clk", "rst", "a"]


def test_a_cell_that_is_not_known_is_refused() -> None:
    class Division(wiring.Component):
        a: In(4)
        b: In(4)
        y: Out(4)

        def elaborate(self, platform: object) -> Module:
            m = Module()
            m.d.comb += self.y.eq(self.a // self.b)
            return m

    with pytest.raises(NotImplementedError, match=r"^no Verilog is known for cells of type \$divfloor$"):
        word_netlist(Division(), "core")


def test_attributes_of_memories_are_written() -> None:
    text = write_verilog(word_netlist(HadamardCore(random_network(16, 16), CoreParameters(memory_depth=4)), "core"))
    assert re.search(r"^    \(\* no_rw_check = 1 \*\)\n    reg \[\d+:0\] memory \[0:7\];$", text, re.MULTILINE)
