"""Which sequences are made malformed: as many as asked for, at every place, where the core's input has room for it."""

from pathlib import Path

import numpy as np

from hadamrnn.sim.description import read_description
from hadamrnn.sim.malformed import malformed_sequences

from .cores import core, small_network

LENGTHS = np.arange(1, 401) % 7 + 1


def test_cut_off_within_a_step(tmp_path: Path) -> None:
    network = small_network(input_size=5)
    description = read_description(core(tmp_path, network, input_beat=2))
    ((name, cut),) = malformed_sequences(network, description, LENGTHS, seed=1).items()
    assert name == "cut_beats"
    assert set(cut.tolist()) == {0, 1, 2}  # of three beats a step
    assert 70 < np.count_nonzero(cut) < 130
    again = malformed_sequences(network, description, LENGTHS, seed=1)["cut_beats"]
    assert (again == cut).all()
    assert (malformed_sequences(network, description, LENGTHS, seed=2)["cut_beats"] != cut).any()
    assert np.count_nonzero(malformed_sequences(network, description, LENGTHS, 1, share=1.0)["cut_beats"]) == 399
    of_channels = malformed_sequences(network, description, LENGTHS, 1, share=1.0, channels=3)["cut_beats"]
    assert np.flatnonzero(of_channels == 0).tolist() == [397, 398, 399]  # the last of each, in turn


def test_wrong_indices(tmp_path: Path) -> None:
    network = small_network(input_size=5, input_kind="index", input_signed=False)
    description = read_description(core(tmp_path, network))
    wrong = malformed_sequences(network, description, LENGTHS, seed=1)["wrong_indices"]
    assert (wrong <= LENGTHS).all()
    assert (wrong == LENGTHS).any()
    assert (wrong == 1).any()


def test_no_room(tmp_path: Path) -> None:
    """One beat a step, or every beat an index."""
    network = small_network(input_size=1)
    assert malformed_sequences(network, read_description(core(tmp_path / "a", network)), LENGTHS, seed=1) == {}
    network = small_network(input_size=256, input_kind="index", input_signed=False)
    assert malformed_sequences(network, read_description(core(tmp_path / "b", network)), LENGTHS, seed=1) == {}
