import json
from collections.abc import Callable
from pathlib import Path

from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.schedule import Schedule
from hadamrnn.quant.integer import IntegerNetwork

from .conftest import Run


def test_one_row_for_each_network_and_number_of_lanes(run: Run) -> None:
    outcome = run("estimate", "--hidden", "16", "64", "--block", "4", "16", "--lanes", "1", "2", "8", "--json")
    assert outcome.status == 0
    rows = [(one["hidden_size"], one["block_size"], one["lanes"]) for one in json.loads(outcome.out)]
    assert rows == [(d, n, lanes) for d in (16, 64) for n in (4, 16) for lanes in (1, 2, 8)]


def test_options_may_be_repeated_too(run: Run) -> None:
    together = run("estimate", "--hidden", "16", "32", "--json")
    apart = run("estimate", "--hidden", "16", "--hidden", "32", "--json")
    assert together == apart
    assert len(json.loads(apart.out)) == 2


def test_cycles_are_those_of_the_schedule(run: Run, network_file: Path, network: IntegerNetwork) -> None:
    outcome = run("estimate", network_file, "--lanes", "1", "4", "--steps", "10", "--json")
    for lanes, one in zip((1, 4), json.loads(outcome.out), strict=True):
        cycles = Schedule.of(network, CoreParameters(lanes=lanes)).cycles_per_step
        assert one["cycles_per_step"] == cycles
        assert one["sequence_clocks"] > 9 * cycles


def test_what_is_not_known_is_null_with_a_reason(run: Run) -> None:
    (one,) = json.loads(run("estimate", "--hidden", "64", "--json").out)
    unknown = {name for name, value in one.items() if value is None}
    assert unknown == one["reasons"].keys()
    assert all(one["reasons"].values())


def test_the_table_names_every_unknown_once(run: Run) -> None:
    lines = run("estimate", "--hidden", "64", "128").out.splitlines()
    (one, _) = json.loads(run("estimate", "--hidden", "64", "128", "--json").out)
    assert sum(line.startswith("?: ") for line in lines) == len(set(one["reasons"].values()))
    assert any(f" {one['cycles_per_step']} " in line for line in lines)


def test_shapes_that_cannot_be(refused: Callable[..., str], network_file: Path) -> None:
    assert refused("estimate").startswith("give either NET or --hidden")
    assert refused("estimate", network_file, "--hidden", "64").startswith("give either NET or --hidden")
    assert refused("estimate", network_file, "--block", "4").startswith("--block goes with --hidden")
    assert refused("estimate", network_file, "--input-bits", "4").startswith("--input-bits goes with --hidden: NET has")
    assert refused("estimate", "--hidden", "64", "--block", "12") == "block_size must be a power of two, not 12"
    assert refused("estimate", "--hidden", "24", "--block", "16").startswith("block_size must divide the hidden size")
    assert refused("estimate", "--hidden", "100") == "block_size must be a power of two, not 100"
    assert refused("estimate", "--hidden", "0").startswith("hidden_size must be at least 1")
    assert refused("estimate", "--hidden", "64", "--lanes", "128").startswith("lanes must divide the hidden size 64")
    assert refused("estimate", "--hidden", "64", "--steps", "0").startswith("steps must be at least 1")
    assert refused("estimate", "--hidden", "64", "--state-bits", "1").startswith("state_bits must be an integer from 2")
