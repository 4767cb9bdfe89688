"""One network, one core and one stimulus, and the files that say so again to ``hadamrnn verify``."""

import json
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.quant.integer import FrozenNetwork, read_frozen, write_network
from hadamrnn.sim.stimulus import corner_inputs

_PLAIN = ("parameters", "stalls", "seed", "sequences", "steps", "bench")


@dataclass(frozen=True)
class Point:
    """What is compared.

    Attributes
    ----------
    network : FrozenNetwork
    parameters : fields of :class:`~hadamrnn.hw.parameters.CoreParameters`
    stalls : pattern of stalls
    seed, sequences, steps : of the stimulus, as ``hadamrnn verify`` makes it, and of the stalls
    bench : beside Icarus, what else runs the Verilog: ``"verilator"`` with cocotb, ``"native"``, or None
    """

    network: FrozenNetwork
    parameters: dict[str, Any]
    stalls: str
    seed: int
    sequences: int
    steps: int
    bench: str | None

    @property
    def core(self) -> CoreParameters:
        """The parameters of the core, checked."""
        return CoreParameters(**self.parameters)

    def stimulus(self) -> tuple[np.ndarray, np.ndarray]:
        """Inputs and lengths, those of ``hadamrnn verify`` with the same seed, sequences and steps."""
        return corner_inputs(self.network, self.seed, sequences=self.sequences, steps=self.steps)

    def save(self, folder: Path, core: Path | None) -> str:
        """Write the point, and the core that differs, into ``folder``, in place of an earlier one.

        Returns
        -------
        str
            The command that compares it again; with ``core`` its very Verilog, otherwise one generated anew.
        """
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        write_network(self.network, folder / "network.safetensors")
        (folder / "point.json").write_text(json.dumps({name: getattr(self, name) for name in _PLAIN}, indent=2))
        if core is not None:
            shutil.copytree(core, folder / "core")
        command = shlex.join(self.command(folder))
        (folder / "reproduce.sh").write_text(f"{command}\n")
        return command

    def command(self, folder: Path) -> list[str]:
        """The arguments of ``hadamrnn verify`` for a point saved in ``folder``."""
        command = ["hadamrnn", "verify", str(folder / "network.safetensors")]
        if (folder / "core").is_dir():
            command += ["--dir", str(folder / "core")]
        else:
            command += self._core_options()
        command += ["--engine", "native"] if self.bench == "native" else ["--simulator", self.bench or "icarus"]
        values = {"sequences": self.sequences, "steps": self.steps, "seed": self.seed, "stalls": self.stalls}
        return command + [part for name, value in values.items() for part in (f"--{name}", str(value))]

    def _core_options(self) -> list[str]:
        options = []
        default = CoreParameters().to_json()
        for name, value in self.core.to_json().items():
            if name == "trace":
                options += [] if value else ["--no-states"]
            elif name == "stages_per_register" and self.core.registers is not None:
                continue  # which are named
            elif value != default[name]:
                text = ",".join(value) if name == "registers" else str(value)
                options += [f"--{name.replace('_', '-')}", text]
        return options


def read_point(folder: Path) -> Point:
    """The point that was saved in ``folder``."""
    plain = json.loads((folder / "point.json").read_text())
    if plain["parameters"].get("registers") is not None:
        plain["parameters"]["registers"] = tuple(plain["parameters"]["registers"])
    return Point(network=read_frozen(folder / "network.safetensors"), **plain)
