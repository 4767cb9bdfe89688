"""What passes between the program that asks for a co-simulation and the test bench inside the simulator.

The phases of a job go in, a record of each comes out: numpy archives, without pickle, in one folder.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

JOB_VARIABLE = "HADAMRNN_JOB"  # the environment variable that names the folder
TIMING, STREAM = "timing", "stream"  # the phases, named as their cocotb tests


@dataclass(frozen=True)
class Sequence:
    """One sequence on its way through a core.

    Attributes
    ----------
    beats : uint8, shape ``(beats, bytes)``, lowest byte first; ``tlast`` goes with the last one
    results : beats expected on ``m_axis``
    rows : beats expected on ``m_trace``, if the core has one
    """

    beats: np.ndarray
    results: int
    rows: int


@dataclass(frozen=True, kw_only=True)
class Phase:
    """Sequences to stream through a core after a reset.

    Attributes
    ----------
    name : :data:`TIMING` or :data:`STREAM`
    sequences : in their order
    alone : whether each waits until the core is idle: ``settle`` clocks after reset, and after all has come out of the
        one before it
    settle : clocks to listen for more than is expected
    patience : clocks without any transfer after which a core that owes one counts as stuck
    stalls : pattern at all ends of the streams (:mod:`~hadamrnn.sim.stalls`)
    seed : of the stalls
    interrupted_clocks : clocks of a run that a reset interrupts before the sequences begin
    """

    name: str
    sequences: tuple[Sequence, ...]
    alone: bool
    settle: int
    patience: int
    stalls: str = "none"
    seed: int = 0
    interrupted_clocks: int = 0

    def batches(self) -> Iterator[tuple[Sequence, ...]]:
        """The sequences that are sent without waiting in between."""
        if self.alone:
            yield from ((sequence,) for sequence in self.sequences)
        else:
            yield self.sequences

    def write(self, folder: Path) -> None:
        """Write the phase into ``folder``."""
        np.savez(
            folder / f"{self.name}.job.npz",
            plain=np.array(json.dumps({k: v for k, v in vars(self).items() if k != "sequences"})),
            beats=np.concatenate([sequence.beats for sequence in self.sequences]),
            counts=np.array([(len(s.beats), s.results, s.rows) for s in self.sequences]),
        )

    @classmethod
    def read(cls, folder: Path, name: str) -> "Phase":
        """The phase ``name`` in ``folder``."""
        with np.load(folder / f"{name}.job.npz", allow_pickle=False) as file:
            plain, beats, counts = json.loads(str(file["plain"])), file["beats"], file["counts"].tolist()
        parts = np.split(beats, np.cumsum([count[0] for count in counts])[:-1])
        sequences = (Sequence(part, *count[1:]) for part, count in zip(parts, counts, strict=True))
        return cls(sequences=tuple(sequences), **plain)


@dataclass(frozen=True)
class Transfers:
    """The beats transferred at one port.

    Attributes
    ----------
    beats : uint8, shape ``(count, bytes)``, lowest byte first
    last : bool, shape ``(count,)``, ``tlast``
    clocks : int64, shape ``(count,)``, the clock edges of the transfers
    """

    beats: np.ndarray
    last: np.ndarray
    clocks: np.ndarray


@dataclass(frozen=True)
class Record:
    """What a core did in one phase.

    Attributes
    ----------
    violation : the rule that it broke, or where it stood still; empty if neither
    clocks : clock edges simulated
    errors : pulses on ``error``
    seconds : wall time of the simulation, without start and end of the simulator
    inputs, results, rows : transfers at ``s_axis``, ``m_axis`` and ``m_trace`` (none without the port)
    """

    violation: str
    clocks: int
    errors: int
    seconds: float
    inputs: Transfers
    results: Transfers
    rows: Transfers

    def write(self, folder: Path, name: str) -> None:
        """Write the record of the phase ``name`` into ``folder``."""
        arrays = {}
        for port in ("inputs", "results", "rows"):
            arrays |= {f"{port}.{key}": array for key, array in vars(getattr(self, port)).items()}
        plain = {key: getattr(self, key) for key in ("violation", "clocks", "errors", "seconds")}
        np.savez(folder / f"{name}.record.npz", plain=np.array(json.dumps(plain)), **arrays)

    @classmethod
    def read(cls, folder: Path, name: str) -> "Record":
        """The record of the phase ``name`` in ``folder``.

        Raises
        ------
        FileNotFoundError
            The phase was never run to its end.
        """
        with np.load(folder / f"{name}.record.npz", allow_pickle=False) as file:
            ports = {
                port: Transfers(*(file[f"{port}.{key}"] for key in ("beats", "last", "clocks")))
                for port in ("inputs", "results", "rows")
            }
            fields: dict[str, Any] = json.loads(str(file["plain"]))
        fields.update(ports)
        return cls(**fields)
