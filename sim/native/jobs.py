"""The binary files between Python and the program: a job goes in, a record comes out.

All integers are little-endian. A job is "HRNNJOB1", twelve uint64 (:data:`_HEADER`), three uint64 for each sequence
(its beats, and how many beats it must bring on ``m_axis`` and ``m_trace``), and all beats, lowest byte first. A record
is one file for each port, its beats one after the other: bytes, ``tlast`` (one byte), clock (uint64); for ``s_axis``,
whose beats are known, clocks only.
"""

import json
from pathlib import Path

import numpy as np

from ..description import CoreDescription
from ..job import Phase, Record, Transfers
from ..stalls import PATTERNS

_MAGIC = b"HRNNJOB1"
_HEADER = (
    *("input_bytes", "result_bytes", "row_bytes", "sequences", "beats"),
    *("alone", "settle", "patience", "interrupted_clocks", "stalls", "seed", "record_rows"),
)


def write_job(file: Path, description: CoreDescription, phase: Phase, *, record_rows: bool) -> None:
    """Write ``phase`` as the program for the core reads it.

    Parameters
    ----------
    record_rows : whether the record shall have what comes out of ``m_trace``
    """
    values = {
        "input_bytes": description.input_bytes,
        "result_bytes": description.result_bytes,
        "row_bytes": description.row_bytes,
        "sequences": len(phase.sequences),
        "beats": sum(len(sequence.beats) for sequence in phase.sequences),
        "alone": phase.alone,
        "settle": phase.settle,
        "patience": phase.patience,
        "interrupted_clocks": phase.interrupted_clocks,
        "stalls": PATTERNS.index(phase.stalls),
        "seed": phase.seed,
        "record_rows": record_rows,
    }
    table = [(len(sequence.beats), sequence.results, sequence.rows) for sequence in phase.sequences]
    with file.open("wb") as stream:
        stream.write(_MAGIC)
        stream.write(np.array([values[name] for name in _HEADER], dtype="<u8").tobytes())
        stream.write(np.array(table, dtype="<u8").tobytes())
        for sequence in phase.sequences:
            stream.write(sequence.beats.tobytes())


def read_record(stem: Path, description: CoreDescription, phase: Phase) -> Record:
    """The record that the program wrote for ``phase`` under the name ``stem``.

    Raises
    ------
    FileNotFoundError
        The program did not come to its end.
    """
    plain = json.loads(stem.with_suffix(".json").read_text())
    clocks = np.fromfile(stem.with_suffix(".inputs"), dtype="<u8").astype(np.int64)
    sent = np.concatenate([sequence.beats for sequence in phase.sequences])[: len(clocks)]
    ends = np.cumsum([len(sequence.beats) for sequence in phase.sequences]) - 1
    last = np.zeros(len(clocks), dtype=bool)
    last[ends[ends < len(clocks)]] = True
    return Record(
        inputs=Transfers(sent, last, clocks),
        results=_transfers(stem.with_suffix(".results"), description.result_bytes),
        rows=_transfers(stem.with_suffix(".rows"), description.row_bytes),
        **plain,
    )


def _transfers(file: Path, width: int) -> Transfers:
    beat = np.dtype([("data", "u1", (max(width, 1),)), ("last", "?"), ("clock", "<u8")])
    beats = np.fromfile(file, dtype=beat) if width else np.empty(0, dtype=beat)
    return Transfers(beats["data"], beats["last"], beats["clock"].astype(np.int64))
