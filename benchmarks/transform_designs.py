"""One matrix, H_n or diag(s) H_n, as combinational Verilog: butterflies, da4ml's adders, a plain sum.

All have the ports of da4ml's: ``model_inp``, d words of w bits, and ``model_out``, d words of w + k bits, word 0 in the
low bits. ``benchmarks/hardware.py`` measures them.
"""

import re
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from amaranth.hdl import Const, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hadamrnn.hw.estimate import worst_case_network
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.ring.recurrence import RingRecurrence
from hadamrnn.hw.ring.schedule import Schedule
from hadamrnn.hw.ring.transform import Transform
from hadamrnn.hw.synthesis.tool_process import run_tool
from hadamrnn.hw.verilog.word_netlist import word_netlist
from hadamrnn.hw.verilog.writer import write_verilog
from hadamrnn.hw.widths import Widths
from hadamrnn.quant.integer import IntegerNetwork, walsh_hadamard

STATE_BITS = 12
YOSYS = [sys.executable, "-P", "-c", "from pyosys import libyosys; libyosys.Design().run_pass('script script.ys')"]
PARAMETERS = {"stages_per_register": 0}  # no register but the state's own


@dataclass(frozen=True, kw_only=True)
class Design:
    """``top`` in ``verilog``; its two-operand additions and subtractions, and the most of them on one path.

    ``seconds`` of wall time, and ``processor_seconds`` with those of the tools called, from numbers to text.
    """

    verilog: str
    top: str
    adders: int
    levels: int
    seconds: float = 0.0
    processor_seconds: float = 0.0


def timed(make: Callable[..., dict[str, Any]], *arguments: Any) -> Design:
    """``make(*arguments)``, with the time it took."""
    start, used = time.perf_counter(), _processor_seconds()
    parts = make(*arguments)
    return Design(**parts, seconds=time.perf_counter() - start, processor_seconds=_processor_seconds() - used)


def _processor_seconds() -> float:
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def matrix(size: int, signs: np.ndarray | None = None) -> np.ndarray:
    """H_n, or diag(s) H_n, int64 of shape ``(size, size)``."""
    hadamard = walsh_hadamard(np.eye(size, dtype=np.int64), size)
    return hadamard if signs is None else signs[:, None] * hadamard


class FlatTransform(wiring.Component):
    """The transform of a core with P = d = n and no registers, behind two ports of bits."""

    def __init__(self, size: int, lane_difference: str = "direct") -> None:
        self.size = size
        self.parameters = CoreParameters(lanes=size, lane_difference=lane_difference, **PARAMETERS)
        bits = STATE_BITS + size.bit_length() - 1
        super().__init__({"model_inp": In(STATE_BITS * size), "model_out": Out(bits * size)})

    def elaborate(self, platform: object) -> Module:
        schedule = Schedule.of(worst_case_network(self.size, self.size), self.parameters)
        m = Module()
        m.submodules.transform = transform = Transform(self.size, STATE_BITS, schedule, 2)
        m.d.comb += [
            transform.enable.eq(1),
            transform.input.as_value().eq(self.model_inp),
            self.model_out.eq(transform.output.as_value()),
        ]
        return m


def butterflies(size: int, lane_difference: str = "direct") -> dict[str, Any]:
    """As this package makes it, on the way that ``hadamrnn generate`` takes."""
    levels = size.bit_length() - 1
    text = write_verilog(word_netlist(FlatTransform(size, lane_difference), "model"))
    return {"verilog": text, "top": "model", "adders": size * levels, "levels": levels}


def distributed_arithmetic(weights: np.ndarray, options: dict[str, Any]) -> dict[str, Any]:
    """``weights`` by da4ml, with options for its solver; its own evaluation of the result is checked too."""
    from da4ml.codegen import VerilogModel
    from da4ml.trace import FixedVariableArrayInput, comb_trace

    size = len(weights)
    width = [np.full(size, value, dtype=np.int64) for value in (1, STATE_BITS - 1, 0)]  # sign, integer, fraction bits
    inputs = FixedVariableArrayInput(size, solver_options=options).quantize(*width)
    logic = comb_trace(inputs, inputs @ weights.T.astype(np.float32))
    with tempfile.TemporaryDirectory() as folder:
        VerilogModel(logic, "model", folder, print_latency=False).write()
        text = Path(folder, "src", "model.v").read_text(encoding="utf-8")
        parts = sorted(Path(folder, "src", "static").glob("*.v"))
        text += "".join(part.read_text(encoding="utf-8") for part in parts if f"{part.stem} #(" in text)
    levels: list[int] = []
    for operation in logic.ops:
        before = [levels[operation.id0], levels[operation.id1]] if operation.opcode in (0, 1) else [-1]
        levels.append(max(before) + 1)
    adders = sum(operation.opcode in (0, 1) for operation in logic.ops)
    return {"verilog": text, "top": "model", "adders": adders, "levels": max(levels)}


def plain_sum(weights: np.ndarray) -> dict[str, Any]:
    """A line of Verilog for each row of ``weights``, ±1: the sum of the inputs, each with its sign."""
    size = len(weights)
    bits = STATE_BITS + size.bit_length() - 1
    lines = [f"module model (input [{STATE_BITS * size - 1}:0] model_inp, output [{bits * size - 1}:0] model_out);"]
    word = f"    wire signed [{STATE_BITS - 1}:0]"
    lines += [f"{word} x{index} = model_inp[{STATE_BITS * index} +: {STATE_BITS}];" for index in range(size)]
    for index, row in enumerate(weights):
        terms = " ".join(f"{'+' if weight > 0 else '-'} x{column}" for column, weight in enumerate(row))
        lines.append(f"    wire signed [{bits - 1}:0] y{index} = {terms};")
        lines.append(f"    assign model_out[{bits * index} +: {bits}] = y{index};")
    text = "\n".join([*lines, "endmodule"]) + "\n"
    return {"verilog": text, "top": "model", "adders": size * (size - 1), "levels": (size - 1).bit_length()}


def evaluate(design: Design, inputs: np.ndarray) -> np.ndarray:
    """What the Verilog of a transform makes of ``inputs`` of shape ``(vectors, d)``, by Yosys; as integers."""
    size = inputs.shape[1]
    bits = STATE_BITS + size.bit_length() - 1
    script = ["read_verilog design.v", f"hierarchy -top {design.top}", "proc", "flatten", "opt_clean"]
    for words in inputs.tolist():
        digits = "".join(f"{word & ((1 << STATE_BITS) - 1):0{STATE_BITS}b}" for word in reversed(words))
        script.append(f"eval -set model_inp {len(digits)}'b{digits} -show model_out")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "design.v").write_text(design.verilog, encoding="utf-8")
        Path(folder, "script.ys").write_text("\n".join(script) + "\n", encoding="utf-8")
        run = run_tool(YOSYS, Path(folder), "yosys.log")
    assert not run.status, run.error
    results = re.findall(r"Eval result: \\model_out = \d+'([01]+)\.", "\n".join(run.log))
    assert len(results) == len(inputs), run.error
    words = [[int(text[place - bits : place], 2) for place in range(len(text), 0, -bits)] for text in results]
    values = np.array(words, dtype=np.int64)
    return np.where(values >> (bits - 1), values - (1 << bits), values)


def stimulus(weights: np.ndarray, seed: int = 0) -> np.ndarray:
    """Random inputs, and those that take the first, a middle and the last output to both ends of their range."""
    low, high = -(1 << (STATE_BITS - 1)), (1 << (STATE_BITS - 1)) - 1
    rows = weights[[0, len(weights) // 2, -1]]
    random = np.random.default_rng(seed).integers(low, high + 1, (6, len(weights)))
    return np.concatenate([np.where(rows > 0, high, low), np.where(rows > 0, low, high), random])


class Step(wiring.Component):
    """The whole recurrence at P = d, one step a clock, its signs constant; everything else of its streams is a port."""

    def __init__(self, network: IntegerNetwork, signs: np.ndarray) -> None:
        self.network = network
        self.signs = signs
        size = network.hidden_size
        sizes = {"values": size * Widths.of(network).drive, "first": 1, "last": 1, "valid": 1, "taken": 1}
        outputs = {"state": size * network.state_bits, "state_valid": 1, "ready": 1}
        super().__init__({n: In(b) for n, b in sizes.items()} | {n: Out(b) for n, b in outputs.items()})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        size = self.network.hidden_size
        m.submodules.recurrence = ring = RingRecurrence(self.network, CoreParameters(lanes=size, **PARAMETERS))
        payload = ring.drive.payload
        m.d.comb += [
            ring.drive.valid.eq(self.valid),
            payload["values"].as_value().eq(self.values),
            payload.negative.eq(Const(sum(1 << int(unit) for unit in np.flatnonzero(self.signs < 0)), size)),
            payload.first.eq(self.first),
            payload.last.eq(self.last),
            self.ready.eq(ring.drive.ready),
            self.state.eq(ring.last_state.payload.as_value()),
            self.state_valid.eq(ring.last_state.valid),
            ring.last_state.ready.eq(self.taken),
        ]
        return m


def whole_step(size: int, signs: np.ndarray, transform: Design | None = None) -> Design:
    """The recurrence with ``transform`` in place of its own, whose text is otherwise the same.

    ``signs`` are those that the recurrence applies: all +1 where the transform has them already.
    """
    network = worst_case_network(size, size, state_bits=STATE_BITS)
    text = write_verilog(word_netlist(Step(network, signs), "step"))
    if transform is not None:
        name = "step_recurrence_transform"
        inside = rf"(module {name} \([^;]*\);\n).*?(endmodule)"
        instance = "    model model (.model_inp(data_in), .model_out(data_out));\n"
        text, found = re.subn(inside, lambda match: match[1] + instance + match[2], text, count=1, flags=re.DOTALL)
        assert found == 1, f"no module {name}"
        text += "\n" + transform.verilog
    return Design(verilog=text, top="step", adders=0, levels=0)
