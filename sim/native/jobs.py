"""The binary files between Python and the program: a job goes in, a record comes out.

All integers are little-endian. A job is "HRNNJOB2", thirteen uint64 (:data:`_HEADER`), five uint64 for each sequence
(its beats, how many beats it must bring on ``m_axis`` and ``m_trace``, its channel, and whether all before it must have
come out first), and all beats, lowest byte first, those of channel 0 first. A record is a file for the inputs and one
for each output, beat after beat in the order of their clocks: bytes, ``tlast`` (one byte), clock (uint64) and, where
there are several channels, the channel (one byte); of inputs, whose beats are known, clock and channel only.
"""

import json
from pathlib import Path

import numpy as np

from ..description import CoreDescription
from ..job import Phase, Record, Sequence, Transfers
from ..stalls import PATTERNS

_MAGIC = b"HRNNJOB2"
_HEADER = (
    *("input_bytes", "result_bytes", "row_bytes", "channels", "sequences", "beats"),
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
        "channels": description.channels,
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
    table = [
        (len(sequence.beats), sequence.results, sequence.rows, sequence.channel, number == 0)
        for batch in phase.batches()
        for number, sequence in enumerate(batch)
    ]
    with file.open("wb") as stream:
        stream.write(_MAGIC)
        stream.write(np.array([values[name] for name in _HEADER], dtype="<u8").tobytes())
        stream.write(np.array(table, dtype="<u8").tobytes())
        for sequence in _by_channel(phase):
            stream.write(sequence.beats.tobytes())


def read_record(stem: Path, description: CoreDescription, phase: Phase) -> Record:
    """The record that the program wrote for ``phase`` under the name ``stem``.

    Raises
    ------
    FileNotFoundError
        The program did not come to its end.
    """
    plain = json.loads(stem.with_suffix(".json").read_text())
    several = description.channels > 1
    errors = plain.pop("errors")
    return Record(
        inputs=_inputs(stem.with_suffix(".inputs"), phase, several),
        results=_transfers(stem.with_suffix(".results"), description.result_bytes, several),
        rows=_transfers(stem.with_suffix(".rows"), description.row_bytes, several),
        errors=sum(errors),
        channel_errors=tuple(errors) if several else (),
        **plain,
    )


def _by_channel(phase: Phase) -> list[Sequence]:
    return sorted(phase.sequences, key=lambda sequence: sequence.channel)


def _inputs(file: Path, phase: Phase, several: bool) -> Transfers:
    """What was taken of the beats of ``phase``: of each channel, the first ones."""
    taken = np.fromfile(file, dtype=[("clock", "<u8"), ("channel", "u1")] if several else [("clock", "<u8")])
    channels = taken["channel"].astype(np.int64) if several else np.zeros(len(taken), dtype=np.int64)
    sequences = _by_channel(phase)
    sent = np.concatenate([sequence.beats for sequence in sequences])
    last = np.zeros(len(sent), dtype=bool)
    last[np.cumsum([len(sequence.beats) for sequence in sequences]) - 1] = True
    beats_of = np.bincount(
        [sequence.channel for sequence in sequences], weights=[len(sequence.beats) for sequence in sequences]
    ).astype(np.int64)
    place = np.empty(len(taken), dtype=np.int64)
    for channel in np.unique(channels).tolist():
        own = np.flatnonzero(channels == channel)
        place[own] = beats_of[:channel].sum() + np.arange(len(own))
    return Transfers(sent[place], last[place], taken["clock"].astype(np.int64), channels)


def _transfers(file: Path, width: int, several: bool) -> Transfers:
    fields = [("data", "u1", (max(width, 1),)), ("last", "?"), ("clock", "<u8")] + [("channel", "u1")] * several
    beat = np.dtype(fields)
    beats = np.fromfile(file, dtype=beat) if width else np.empty(0, dtype=beat)
    channels = beats["channel"].astype(np.int64) if several else np.zeros(len(beats), dtype=np.int64)
    return Transfers(beats["data"], beats["last"], beats["clock"].astype(np.int64), channels)
