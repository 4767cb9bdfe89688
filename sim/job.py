"""What passes between the program that asks for a co-simulation and the test bench inside the simulator.

The phases of a job go in, a record of each comes out: numpy archives, without pickle, in one folder.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

JOB_VARIABLE = "HADAMRNN_JOB"  # the environment variable that names the folder
TIMING, STREAM, RESETS = "timing", "stream", "resets"  # the phases, named as their cocotb tests
_ARRAYS = ("beats", "last", "clocks", "channels")  # of transfers


@dataclass(frozen=True)
class Sequence:
    """One sequence on its way through a core.

    Attributes
    ----------
    beats : uint8, shape ``(beats, bytes)``, lowest byte first; ``tlast`` goes with the last one
    results : beats expected on ``m_axis``
    rows : beats expected on ``m_trace``, if the core has one
    channel : whose it is
    """

    beats: np.ndarray
    results: int
    rows: int
    channel: int = 0


@dataclass(frozen=True, kw_only=True)
class Phase:
    """Sequences to stream through a core after a reset.

    Attributes
    ----------
    name : :data:`TIMING`, :data:`STREAM` or :data:`RESETS`
    sequences : in their order
    alone : whether each waits until the core is idle: ``settle`` clocks after reset, and after all has come out of the
        one before it
    settle : clocks to listen for more than is expected
    patience : clocks without any transfer after which a core that owes one counts as stuck
    stalls : pattern at all ends of the streams (:mod:`~hadamrnn.sim.stalls`)
    seed : of the stalls
    interrupted_clocks : clocks of a run that a reset interrupts before the sequences begin
    batch_sizes : where ``alone``, how many sequences at a time, each of a channel of its own; one unless given
    interruptions : clocks of runs that resets interrupt, one before each batch; ``interrupted_clocks`` unless given
    window : first and last clock at which every signal of the core is recorded, as VCD; none where both are 0
    """

    name: str
    sequences: tuple[Sequence, ...]
    alone: bool
    settle: int
    patience: int
    stalls: str = "none"
    seed: int = 0
    interrupted_clocks: int = 0
    batch_sizes: tuple[int, ...] = ()
    interruptions: tuple[int, ...] = ()
    window: tuple[int, int] = (0, 0)

    def all_interruptions(self) -> Iterator[int]:
        """Clocks of the run that a reset interrupts before each batch, 0 for none; without end."""
        yield from self.interruptions or (self.interrupted_clocks,)
        while True:
            yield 0

    def batches(self) -> Iterator[tuple[Sequence, ...]]:
        """The sequences that are sent without waiting in between."""
        if self.batch_sizes:
            ends = np.cumsum(self.batch_sizes).tolist()
            yield from (self.sequences[end - size : end] for size, end in zip(self.batch_sizes, ends, strict=True))
        elif self.alone:
            yield from ((sequence,) for sequence in self.sequences)
        else:
            yield self.sequences

    def write(self, folder: Path) -> None:
        """Write the phase into ``folder``."""
        np.savez(
            folder / f"{self.name}.job.npz",
            plain=np.array(json.dumps({k: v for k, v in vars(self).items() if k != "sequences"})),
            beats=np.concatenate([sequence.beats for sequence in self.sequences]),
            counts=np.array([(len(s.beats), s.results, s.rows, s.channel) for s in self.sequences]),
        )

    @staticmethod
    def is_in(folder: Path, name: str) -> bool:
        """Whether ``folder`` has a phase of that name."""
        return (folder / f"{name}.job.npz").is_file()

    @classmethod
    def read(cls, folder: Path, name: str) -> "Phase":
        """The phase ``name`` in ``folder``."""
        with np.load(folder / f"{name}.job.npz", allow_pickle=False) as file:
            plain, beats, counts = json.loads(str(file["plain"])), file["beats"], file["counts"].tolist()
        parts = np.split(beats, np.cumsum([count[0] for count in counts])[:-1])
        sequences = (Sequence(part, *count[1:]) for part, count in zip(parts, counts, strict=True))
        plain |= {name: tuple(plain[name]) for name in ("batch_sizes", "interruptions", "window")}
        return cls(sequences=tuple(sequences), **plain)


@dataclass(frozen=True)
class Transfers:
    """The beats transferred at one port.

    Attributes
    ----------
    beats : uint8, shape ``(count, bytes)``, lowest byte first
    last : bool, shape ``(count,)``, ``tlast``
    clocks : int64, shape ``(count,)``, the clock edges of the transfers
    channels : int64, shape ``(count,)``, ``tid``, or the input port; all 0 where there is one channel
    """

    beats: np.ndarray
    last: np.ndarray
    clocks: np.ndarray
    channels: np.ndarray = field(default=None)  # type: ignore[assignment]

    def __post_init__(self) -> None:
        if self.channels is None:
            object.__setattr__(self, "channels", np.zeros(len(self.clocks), dtype=np.int64))

    def where(self, chosen: np.ndarray | slice) -> "Transfers":
        """Some of them."""
        return Transfers(*(getattr(self, name)[chosen] for name in _ARRAYS))


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
    channel_errors : pulses on each bit of ``error``, where there are several channels
    waited : by port, its beats and how many of them were offered for more than one clock; not every engine counts them
    """

    violation: str
    clocks: int
    errors: int
    seconds: float
    inputs: Transfers
    results: Transfers
    rows: Transfers
    channel_errors: tuple[int, ...] = ()
    waited: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def last_transfer(self) -> int | None:
        """Clock of the last beat at any port; None where there was none."""
        ports = (self.inputs, self.results, self.rows)
        return max((int(port.clocks[-1]) for port in ports if len(port.clocks)), default=None)

    def of_channel(self, channel: int) -> "Record":
        """What one channel did."""
        ports = {name: getattr(self, name) for name in ("inputs", "results", "rows")}
        chosen = {name: port.where(port.channels == channel) for name, port in ports.items()}
        return replace(self, **chosen, errors=self.channel_errors[channel])

    def write(self, folder: Path, name: str) -> None:
        """Write the record of the phase ``name`` into ``folder``."""
        arrays = {}
        for port in ("inputs", "results", "rows"):
            arrays |= {f"{port}.{key}": array for key, array in vars(getattr(self, port)).items()}
        names = ("violation", "clocks", "errors", "seconds", "channel_errors", "waited")
        plain = {key: getattr(self, key) for key in names}
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
                port: Transfers(*(file[f"{port}.{key}"] for key in _ARRAYS)) for port in ("inputs", "results", "rows")
            }
            fields: dict[str, Any] = json.loads(str(file["plain"]))
        fields |= ports
        fields["channel_errors"] = tuple(fields["channel_errors"])
        return cls(**fields)
