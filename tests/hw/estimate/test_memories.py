"""What becomes of a memory, against the pass of Yosys that decides it."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from hadamrnn.hw.estimate.memories import map_memory
from hadamrnn.hw.estimate.parts import Memory

WORDS = (8, 16, 27, 64, 126, 372, 1152, 2048)
BITS = (4, 9, 13, 31, 60)
LIBRARIES = {
    "ice40": ("+/ice40/brams.txt",),
    "ecp5": ("+/lattice/lutrams_trellis.txt", "+/lattice/brams_16kd.txt"),
}
KINDS = {
    "$__ICE40_RAM4K_": "block_rams",
    "$__TRELLIS_DPR16X4_": "distributed_rams",
    "$__DP16KD_": "block_rams",
    "$__PDPW16KD_": "block_rams",
}
YOSYS = "import sys; from pyosys import libyosys; libyosys.Design().run_pass(sys.argv[1])"


def memories() -> list[Memory]:
    """Tables of constants that are not too long to write down, and memories of all sizes."""
    shapes = [(words, bits) for words in WORDS for bits in BITS]
    tables = [Memory(words, bits, initialised=True) for words, bits in shapes if words * bits < 12000]
    return tables + [Memory(words, bits, initialised=False) for words, bits in shapes]


def verilog(number: int, memory: Memory, generator: np.random.Generator) -> str:
    address, top = f"[{max((memory.words - 1).bit_length(), 1) - 1}:0]", memory.bits - 1
    head = f"module m{number}(input clk, input en, input {address} a, output reg [{top}:0] q"
    if memory.initialised:
        values = generator.integers(0, 1 << min(memory.bits, 60), memory.words)
        table = " ".join(f"m[{place}] = {memory.bits}'d{value};" for place, value in enumerate(values))
        body = f"initial begin {table} end always @(posedge clk) if (en) q <= m[a];"
        return f"{head}); reg [{top}:0] m [0:{memory.words - 1}]; {body} endmodule\n"
    body = "always @(posedge clk) begin if (en) q <= m[a]; if (write) m[b] <= d; end"
    ports = f", input write, input {address} b, input [{top}:0] d"
    return f"{head}{ports}); (* no_rw_check *) reg [{top}:0] m [0:{memory.words - 1}]; {body} endmodule\n"


@pytest.mark.quick("ecp5")
@pytest.mark.parametrize("family", LIBRARIES)
def test_memories_become_what_yosys_makes_of_them(family: str, tmp_path: Path) -> None:
    every, generator = memories(), np.random.default_rng(1)
    text = "".join(verilog(number, memory, generator) for number, memory in enumerate(every))
    (tmp_path / "memories.v").write_text(text)
    libraries = " ".join(f"-lib {name}" for name in LIBRARIES[family])
    script = f"read_verilog memories.v; proc; opt; memory_dff; opt_clean; memory_collect; memory_libmap {libraries}; "
    script += "tee -q -o cells.json stat -json"
    (tmp_path / "run.ys").write_text(script.replace("; ", "\n") + "\n")
    command = [sys.executable, "-P", "-c", YOSYS, "script run.ys"]
    subprocess.run(command, cwd=tmp_path, check=True, stdout=subprocess.DEVNULL)
    modules = json.loads((tmp_path / "cells.json").read_text())["modules"]
    for number, memory in enumerate(every):
        found: Counter[str] = Counter()
        for kind, count in modules[f"\\m{number}"]["num_cells_by_type"].items():
            if kind in KINDS:
                found[KINDS[kind]] += count
        mapped = map_memory(family, memory)
        assert found == ({} if mapped.kind is None else {mapped.kind: mapped.cells}), memory


def test_a_memory_that_gives_old_values_takes_logic_or_another_cell() -> None:
    plain, old = (Memory(512, 16, initialised=False, collisions=value) for value in (False, True))
    assert map_memory("ice40", plain).read_first is False
    assert map_memory("ice40", old).read_first is True
    small = Memory(16, 4, initialised=False, collisions=True)
    assert (map_memory("ecp5", small).kind, map_memory("ecp5", small).read_first) == ("distributed_rams", False)
