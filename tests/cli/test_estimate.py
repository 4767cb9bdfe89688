import csv
import json
from collections.abc import Callable
from pathlib import Path

from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.ring.schedule import Schedule
from hadamrnn.quant.integer import IntegerNetwork, write_network
from hadamrnn.sim.stimulus import random_dense_network

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


def test_channels_have_a_column_where_there_are_several(run: Run) -> None:
    def headings(*options: str) -> list[str]:
        lines = run("estimate", "--hidden", "64", "--lanes", "2", *options).out.splitlines()
        return [cell.strip() for line in lines[1:3] for cell in line.strip("┃").split("┃")]

    assert "C" not in headings()
    assert "C" in headings("--channels", "4")


def test_what_a_device_has_not_is_none_and_not_unknown(run: Run) -> None:
    out = run("estimate", "--hidden", "64", "--target", "ice40-hx8k").out
    assert "?" not in out
    assert " none " in out


def test_shapes_that_cannot_be(refused: Callable[..., str], network_file: Path) -> None:
    assert refused("estimate").startswith("give either NET or --hidden")
    assert refused("estimate", network_file, "--hidden", "64").startswith("give either NET or --hidden")
    assert refused("estimate", network_file, "--block", "4").startswith("--block goes with --hidden")
    assert refused("estimate", network_file, "--input-bits", "4").startswith("--input-bits goes with --hidden: NET has")
    assert refused("estimate", "--hidden", "64", "--block", "12") == "--block must be a power of two, not 12"
    assert refused("estimate", "--hidden", "24", "--block", "16").startswith("--block must divide the hidden size")
    line = refused("estimate", "--hidden", "100")
    assert line.startswith("--hidden 100 needs --block: at most 4, the largest power of two that divides it (see: ")
    assert "; take a multiple of 4, as 100 or 104, since " in refused("estimate", "--hidden", "102")
    line = refused("estimate", "--hidden", "64", "--recurrent-multipliers", "1", "4")  # which takes one number
    assert line.startswith("give either NET or --hidden, not both: NET is 4")
    assert refused("estimate", "--hidden", "0").startswith("--hidden must be at least 1")
    assert refused("estimate", "--hidden", "64", "--lanes", "128").startswith("--lanes must divide the hidden size 64")
    assert refused("estimate", "--hidden", "64", "--steps", "0").startswith("--steps must be at least 1")
    assert refused("estimate", "--hidden", "64", "--state-bits", "1").startswith(
        "--state-bits must be an integer from 2"
    )
    assert refused("estimate", "--hidden", "64", "--state-bits", "99").endswith("an integer from 2 to 32, not 99")
    for bits in ("0", "9"):  # which no shift or int8 takes
        line = refused("estimate", "--hidden", "64", "--weight-bits", bits)
        assert line == f"--weight-bits must be an integer from 1 to 8, not {bits}"
    assert refused("estimate", "--hidden", "64", "--input-size", "0") == "--input-size must be at least 1, not 0"
    line = refused("estimate", "--hidden", 2**43)  # more than fit into memory
    assert line == f"U and V must have at most {1 << 28} weights together, not {11 * 2**43}"
    line = refused("estimate", "--hidden", 10**6, "--family", "dense")
    assert line == f"W must have at most {1 << 28} weights, not {10**12}"


def test_cells_and_clock_are_those_of_a_target(run: Run, network_file: Path) -> None:
    (one,) = json.loads(run("estimate", network_file, "--target", "ecp5-25k", "--json").out)
    assert one["target"] == "ecp5-25k"
    assert one["fits"] is True
    assert 100 < one["logic_cells"] < 5000
    assert one["clock_low_mhz"] < one["clock_mhz"] < one["clock_high_mhz"]
    assert one["reasons"] == {}
    (other,) = json.loads(run("estimate", network_file, "--target", "ice40-hx8k", "--json").out)
    assert other["dsps"] is None
    assert other["reasons"]["dsps"] == "the device has none"
    (unknown,) = json.loads(run("estimate", network_file, "--target", "xilinx-7a35t", "--json").out)
    assert unknown["logic_cells"] is unknown["clock_mhz"] is unknown["fits"] is None
    assert unknown["reasons"]["logic_cells"].startswith("not estimated for this device")


def test_comma_separated_values_hold_every_figure(run: Run) -> None:
    out = run("estimate", "--hidden", "16", "32", "--target", "ecp5-25k", "--csv").out
    rows = list(csv.DictReader(out.splitlines()))
    plain = json.loads(run("estimate", "--hidden", "16", "32", "--target", "ecp5-25k", "--json").out)
    for row, one in zip(rows, plain, strict=True):
        assert row.keys() == one.keys() - {"reasons", "notes"}
        assert all(row[name] == ("" if one[name] is None else str(one[name])) for name in row)


def test_the_plot_is_a_picture_and_the_same_again(run: Run, tmp_path: Path) -> None:
    options = ("--hidden", "16", "64", "--lanes", "1", "4", "--target", "ecp5-25k")
    for name in ("one.svg", "two.svg"):
        assert run("estimate", *options, "-o", tmp_path / name).status == 0
    text = (tmp_path / "one.svg").read_text()
    assert text == (tmp_path / "two.svg").read_text()
    assert text.count("<path") > 8
    assert run("estimate", "--hidden", "16", "-o", tmp_path / "plain.png").status == 0
    assert (tmp_path / "plain.png").read_bytes().startswith(b"\x89PNG")


def test_options_that_cannot_be(refused: Callable[..., str], tmp_path: Path) -> None:
    assert refused("estimate", "--hidden", "16", "--target", "virtex").startswith("--target must be one of ice40-up5k")
    assert refused("estimate", "--hidden", "16", "--json", "--csv").startswith("give either --json or --csv")
    message = f"{tmp_path / 'a.bmp'}: expected a name that ends in .png, .svg, .pdf"
    assert refused("estimate", "--hidden", "16", "-o", tmp_path / "a.bmp") == message
    missing = tmp_path / "nowhere" / "a.svg"
    assert refused("estimate", "--hidden", "16", "-o", missing).startswith(f"--plot {missing}: there is no folder")


def test_a_dense_network_file(run: Run, tmp_path: Path) -> None:
    write_network(random_dense_network(3, hidden_size=24), tmp_path / "net.safetensors")
    options = ("--lanes", "3", "--recurrent-multipliers", "6", "--target", "ice40-up5k")
    (one,) = json.loads(run("estimate", tmp_path / "net.safetensors", *options, "--json").out)
    assert (one["family"], one["lanes"], one["recurrent_words"], one["recurrent_multipliers"]) == ("dense", 3, 6, 18)
    assert one["dsps"] == 18 + 3 + 3
    assert one["block_size"] is None
    assert set(one["notes"]) == {"logic_cells", "luts", "flip_flops", "carries"}
    text = run("estimate", tmp_path / "net.safetensors", *options).out
    assert "dense, 4 bits" in text
    assert "error not known: logic cells, luts, flip flops, carries: of dense cores" in text


def test_dense_shapes(run: Run, refused: Callable[..., str]) -> None:
    out = run("estimate", "--hidden", "20", "48", "--family", "dense", "--recurrent-bits", "3", "--json").out
    assert [(one["hidden_size"], one["recurrent_bits"]) for one in json.loads(out)] == [(20, 3), (48, 3)]
    assert refused("estimate", "--hidden", "16", "--recurrent-bits", "3").startswith("--recurrent-bits goes with")
    assert refused("estimate", "--hidden", "16", "--family", "dense", "--block", "4").startswith("--block goes with")
    bits = refused("estimate", "--hidden", "16", "--family", "dense", "--recurrent-bits", "9")
    assert bits == "--recurrent-bits must be an integer from 1 to 8, not 9"


def test_dense_cores_beside_each_keep_up_with_it(run: Run) -> None:
    options = ("--hidden", "64", "128", "--lanes", "1", "4", "--dense", "--target", "ecp5-85k")
    rows = json.loads(run("estimate", *options, "--json").out)
    assert [(one["family"], one["recurrent_bits"]) for one in rows] == 4 * [("hadamard", 1), ("dense", 1), ("dense", 4)]
    for ours, binary, quantised in zip(rows[::3], rows[1::3], rows[2::3], strict=True):
        for dense in (binary, quantised):
            assert dense["cycles_per_step"] <= ours["cycles_per_step"]
            assert dense["hidden_size"] == ours["hidden_size"]
        assert binary["recurrent_multipliers"] == 0
        assert quantised["recurrent_multipliers"] * ours["cycles_per_step"] >= ours["hidden_size"] ** 2
    ratio = rows[2]["logic_cells"] / rows[0]["logic_cells"]
    assert f"d = 64, P = 1: dense, 4 bits at {rows[2]['cycles_per_step']} clocks a step: logic cells × {ratio:.1f}" in (
        run("estimate", *options).out
    )


def test_where_no_dense_core_is_that_fast(run: Run, refused: Callable[..., str]) -> None:
    outcome = run("estimate", "--hidden", "16", "--lanes", "16", "--stages-per-register", "0", "--dense")
    assert "no dense core of 4 bits makes a step in 1 clocks (d = 16, P = 16)" in outcome.out
    assert refused("estimate", "--hidden", "16", "--channels", "2", "--dense").startswith("--dense goes with one chan")
