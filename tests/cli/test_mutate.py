import json
from pathlib import Path

import pytest

from hadamrnn.quant.integer import write_network
from hadamrnn.sim.stimulus import random_dense_network

from .conftest import Run


@pytest.mark.long
def test_a_few_mutants_of_a_network(run: Run, network_file: Path, tmp_path: Path, icarus: None) -> None:
    options = ("--mutants", "2", "--sequences", "3", "--steps", "3", "--proof-seconds", "1", "--jobs", "1")
    outcome = run("mutate", network_file, "--lanes", "2", *options, "-o", tmp_path / "report")
    report = json.loads((tmp_path / "report" / "mutation.json").read_text())
    assert outcome.status == int(report["survived"] > 0), outcome
    assert report["mutants"] == 2
    assert report["cores"] == [network_file.stem]
    assert outcome.out.splitlines()[-1].endswith(f"survived; icarus {report['simulator_version']}")
    assert "mutate: 2 of 2" in outcome.err


@pytest.mark.long
def test_a_few_mutants_of_a_dense_network(run: Run, tmp_path: Path, icarus: None) -> None:
    network = random_dense_network(3, hidden_size=4, output_size=3, state_bits=4, input_bits=3, recurrent_bits=3)
    write_network(network, tmp_path / "net.safetensors")
    options = ("--mutants", "2", "--sequences", "3", "--steps", "3", "--proof-seconds", "1", "--jobs", "1")
    parameters = ("--lanes", "2", "--recurrent-multipliers", "2", "--output", "logits")
    outcome = run("mutate", tmp_path / "net.safetensors", *parameters, *options, "--json")
    report = json.loads(outcome.out)
    assert outcome.status == int(report["survived"] > 0), outcome
    assert report["mutants"] == 2
    assert report["killed"] >= 1


def test_bad_options(run: Run, network_file: Path, tmp_path: Path) -> None:
    outcome = run("mutate", "--lanes", "2")
    assert outcome.status == 2
    assert "--lanes goes with NET: the set of small cores has its own" in outcome.err
    outcome = run("mutate", network_file, "--mutants", "0")
    assert (outcome.status, "--mutants must be at least 1, not 0" in outcome.err) == (2, True)
    outcome = run("mutate", "--seed", "-1")
    assert (outcome.status, "--seed must be at least 0, not -1" in outcome.err) == (2, True)
    (tmp_path / "file").write_text("")
    outcome = run("mutate", network_file, "-o", tmp_path / "file" / "x")
    assert outcome.status == 2
    assert "--report" in outcome.err
