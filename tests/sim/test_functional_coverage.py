"""What a co-simulation exercised: every bin can be filled, and what is left out is named as a hole."""

from pathlib import Path
from typing import Any

import numpy as np

from hadamrnn.quant.integer import IntegerNetwork
from hadamrnn.sim.description import read_description
from hadamrnn.sim.functional_coverage import Bins, holes
from hadamrnn.sim.malformed import malformed_sequences
from hadamrnn.sim.report import CosimulationReport

from .cores import core, cosimulate_small, small_network, stimulus


def covered(folder: Path, network: IntegerNetwork, builds: Path, sequences: int, **options: Any) -> Bins:
    inputs, lengths = stimulus(network, sequences=sequences)
    malformed = options.pop("malformed", {})
    report: CosimulationReport = cosimulate_small(
        network, folder, inputs, lengths=lengths, simulator="icarus", build_folder=builds, **malformed, **options
    )
    assert report.problems == ()
    assert report.coverage is not None
    return report.coverage


def test_nothing_is_left_out(tmp_path: Path, builds: Path, icarus: None) -> None:
    network = small_network(input_shift=-2)
    folder = core(tmp_path, network)
    lengths = stimulus(network, sequences=40)[1]
    malformed = malformed_sequences(network, read_description(folder), lengths, seed=3, share=0.4)
    bins = covered(folder, network, builds, 40, resets=1000, malformed=malformed)
    assert holes(bins) == []
    assert set(bins) == {
        "sequence of steps",
        "state saturated",
        "division that ends in one half",
        "input product",
        "lane with states of both signs",
        "logit",
        "malformed sequence",
        "s_axis",
        "m_axis",
        "m_trace",
        "reset",
    }
    assert list(bins["lane with states of both signs"]) == ["0", "1", "2", "3"]
    assert sum(bins["sequence of steps"].values()) == 40
    assert sum(bins["malformed sequence"].values()) == np.count_nonzero(malformed["cut_beats"])


def test_holes_are_named(tmp_path: Path, builds: Path, icarus: None) -> None:
    """Two sequences without stalls, malformed ones and resets: what is missing is exactly that."""
    network = small_network()
    bins = covered(core(tmp_path, network), network, builds, 2, stalls="none")
    assert {
        "sequence of steps: 2",
        "malformed sequence: cut off in its first step",
        "malformed sequence: cut off later",
        "reset: in the first step",
        "reset: before the first result",
        "reset: after the first result",
    } <= set(holes(bins))
    assert bins["m_axis"]["beat that waits"] == 0


def test_bins_that_the_core_cannot_fill_are_not_there(tmp_path: Path, builds: Path, icarus: None) -> None:
    network = small_network(input_size=1, input_shift=0)  # one beat a step, inputs not shifted right
    bins = covered(core(tmp_path, network, output="class", trace=False), network, builds, 4, states=False)
    assert not {"malformed sequence", "input product", "m_trace", "logit", "lane with states of both signs"} & set(bins)
    assert "gap inside a step" not in bins["s_axis"]


def test_wrong_indices_and_channels(tmp_path: Path, builds: Path, icarus: None) -> None:
    network = small_network(hidden_size=8, input_kind="index", input_size=5, input_signed=False)
    folder = core(tmp_path, network, lanes=2, channels=2)
    wrong = np.zeros(12, dtype=int)
    wrong[[1, 4]], wrong[0] = 1, 3
    bins = covered(folder, network, builds, 12, malformed={"wrong_indices": wrong})
    assert bins["malformed sequence"] == {"wrong index in its first step": 2, "wrong index later": 1}
    assert bins["channel"] == {"0": 6, "1": 6}
    assert bins["s0_axis"]["beat that waits for the core"] > 0
