"""What a run that is interrupted leaves behind, so that the next one need not do it again: verdicts of chunks.

A verdict is kept under a key of all that it depends on: the Verilog, the bench and how both were compiled, the network,
every input, the stalls, and the modules that judge. Only chunks that passed are kept; one that failed is run again.

Each run has a folder of its own, which it holds locked: of equal runs at one time none touches what another keeps.
Where nothing can be kept, on a full disk say, the verification goes on all the same.
"""

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from ...errors import InputError
from ...replacement import write_whole
from ..build import digest
from ..comparison import Comparison
from .chunks import ChunkRun, Outcome
from .data_set import Chunk
from .held_folder import HeldFolder, held_folder

_JUDGES = ("sim", "sim/native", "quant/integer")  # folders of the modules that decide what is expected and found


def default_work_folder() -> Path:
    """Where verdicts are kept unless told otherwise: in the user's cache folder, some 300 bytes a chunk."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "hadamrnn" / "native-runs"


@dataclass(frozen=True)
class WorkFolder:
    """A folder for the verdicts of unfinished runs.

    Attributes
    ----------
    root : the folder, made where it is missing, with one sub-folder for each run
    resume : whether a run takes over what an interrupted one left of it; otherwise that is removed and the run begins
        anew
    on_problem : called, once a run, with the reason why nothing more of it can be kept
    """

    root: Path
    resume: bool = False
    on_problem: Callable[[str], None] = lambda reason: None
    _used: list[HeldFolder] = field(default_factory=list)

    def open(self, run: ChunkRun, whole: Chunk, sequences_per_chunk: int) -> "KeptOutcomes":
        """The verdicts of ``run`` over the data set ``whole``; none where the folder cannot be used.

        Parameters
        ----------
        sequences_per_chunk : of a run that begins; one that is resumed goes on with the chunks that it began with
        """
        try:
            held = held_folder(self.root, run_key(run, whole), keep=self.resume)
        except OSError as error:
            self.on_problem(f"cannot write to {self.root}: {error.strerror}")
            return KeptOutcomes(None, sequences_per_chunk)
        self._used.append(held)
        plan = held.folder / "run.json"
        plain = _read(plan)
        found = plain.get("sequences_per_chunk") if plain else None
        if type(found) is int and found > 0:
            return KeptOutcomes(held.folder, found, self.on_problem)
        kept = KeptOutcomes(held.folder, sequences_per_chunk, self.on_problem)
        kept.write(plan, {"core": run.description.name, "sequences_per_chunk": sequences_per_chunk})
        return kept

    def discard(self) -> None:
        """Remove what was kept of the runs that were opened, and nothing else: they are over."""
        for held in self._used:
            held.discard()
        self._used.clear()


@dataclass
class KeptOutcomes:
    """The verdicts of one run, a file for each chunk that passed.

    Attributes
    ----------
    folder : where they are; None from the first that cannot be written on
    sequences_per_chunk : of the run
    on_problem : called with the reason then
    """

    folder: Path | None
    sequences_per_chunk: int
    on_problem: Callable[[str], None] = lambda reason: None

    def find(self, chunk: Chunk) -> Outcome | None:
        """The verdict of ``chunk``, if an earlier run came so far."""
        plain = None if self.folder is None else _read(_file(self.folder, chunk.first, len(chunk.inputs)))
        if plain is None:
            return None
        comparison = Comparison(**plain.pop("comparison") | {"first": ()})
        return Outcome(**plain | {"comparison": comparison, "resumed": True})

    def keep(self, outcome: Outcome) -> None:
        """Keep a verdict, if it is that all is equal and it can be written."""
        if self.folder is not None and outcome.passed and not outcome.resumed:
            self.write(_file(self.folder, outcome.first, outcome.sequences), asdict(outcome))

    def write(self, file: Path, plain: dict) -> None:
        """Write a JSON object; where that fails nothing is kept from then on."""
        try:
            write_whole(file, json.dumps(plain))
        except (OSError, InputError) as error:
            self.folder = None
            self.on_problem(str(error))


def _file(folder: Path, first: int, sequences: int) -> Path:
    return folder / f"{first}-{sequences}.json"


def run_key(run: ChunkRun, whole: Chunk) -> str:
    """A key of all that the verdicts of ``run`` over ``whole`` depend on, whatever the number of processes."""
    data = hashlib.sha256()
    for array in (whole.inputs, whole.lengths, whole.cut_beats, whole.wrong_indices, whole.channels):
        data.update(np.array(array.shape, dtype="<i8").tobytes())
        data.update(np.ascontiguousarray(array, dtype="<i8").data)
    # With the fingerprint of the network, which is that of the core.
    core = json.dumps({k: str(v) for k, v in vars(run.description).items() if k != "verilog"})
    options = run.stalls, str(run.seed), str(run.states)
    # The name of the program's folder is the key of the Verilog, of the bench, and of how they were compiled.
    return digest(run.program.parent.name, core, data.hexdigest(), *options, _judges())


def _judges() -> str:
    root = Path(__file__).parents[2]
    texts = [file.read_bytes() for folder in _JUDGES for file in sorted((root / folder).glob("*.py"))]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()


def _read(file: Path) -> dict | None:
    """A JSON object, or None where there is none: then the work is done again."""
    try:
        plain = json.loads(file.read_text())
    except (OSError, ValueError):
        return None
    return plain if isinstance(plain, dict) else None
