"""The comparison of benchmarks/hardware.py is one of equals: every design is the same matrix, and cells are counted."""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from hadamrnn.hw.targets.catalogue import get_target

from .programs import program

SIZE = 8


@pytest.fixture(scope="module")
def benchmark() -> Iterator[Any]:
    with program("hardware") as module:
        yield module


@pytest.fixture(scope="module")
def plain(benchmark: Any) -> Any:
    return benchmark.timed(benchmark.plain_sum, benchmark.matrix(SIZE))


def test_every_design_is_the_matrix(benchmark: Any) -> None:
    designs, rows = benchmark.generated(SIZE, repeats=1)
    adders = {row["design"]: (row["adders"], row["levels"]) for row in rows}
    assert adders["butterflies"] == adders["butterflies, from-sum"] == (24, 3)
    assert adders["plain sum"] == (56, 3)
    assert len(designs) == len(rows) == 3 + 2 * (find_spec("da4ml") is not None)


def test_da4ml_finds_the_butterflies(benchmark: Any) -> None:
    pytest.importorskip("da4ml", reason="da4ml is not installed: pip install 'hadamrnn[benchmark]'")
    weights = benchmark.matrix(SIZE, np.array([1, -1, -1, 1, -1, 1, 1, 1]))
    design = benchmark.timed(benchmark.distributed_arithmetic, weights, {})
    vectors = benchmark.stimulus(weights)
    assert (design.adders, design.levels) == (24, 3)
    assert np.array_equal(benchmark.evaluate(design, vectors), vectors @ weights.T)


def test_one_wrong_sign_is_found(benchmark: Any, plain: Any) -> None:
    vectors = benchmark.stimulus(benchmark.matrix(SIZE))
    outputs = benchmark.evaluate(plain, vectors)
    assert np.array_equal(outputs, vectors @ benchmark.matrix(SIZE).T)
    verilog = plain.verilog.replace("+ x1 ", "- x1 ", 1)
    assert verilog != plain.verilog
    wrong = benchmark.Design(verilog=verilog, top=plain.top, adders=0, levels=0)
    assert list(np.flatnonzero((benchmark.evaluate(wrong, vectors) != outputs).any(axis=0))) == [0]


def test_the_stimulus_reaches_both_ends_of_an_output(benchmark: Any) -> None:
    weights = benchmark.matrix(SIZE)
    first = (benchmark.stimulus(weights) @ weights.T)[:, 0]
    assert (first.min(), first.max()) == (-2048 * SIZE, 2047 * SIZE)


@pytest.mark.long
def test_cells_and_paths_are_counted(benchmark: Any, plain: Any) -> None:
    butterflies = benchmark.timed(benchmark.butterflies, SIZE)
    counts, dense = (benchmark.mapped(design, get_target("ecp5-25k")) for design in (butterflies, plain))
    # Three levels of eight adders of 13, 14 and 15 bits, two bits to a carry cell and no look-up table beside them.
    assert (counts["carries"], counts["luts"]) == (8 * (7 + 7 + 8), 0)
    assert counts["logic_cells"] >= 2 * counts["carries"]
    assert dense["logic_cells"] > counts["logic_cells"]
    assert 0 < counts["path"] <= dense["path"]


@pytest.mark.long
def test_a_target_has_the_butterflies_that_are_smaller_there(benchmark: Any) -> None:
    designs = {how: benchmark.timed(benchmark.butterflies, SIZE, how) for how in ("direct", "from-sum")}
    for name in ("ecp5-25k", "ice40-hx8k"):
        target = get_target(name)
        cells = {how: benchmark.mapped(design, target)["logic_cells"] for how, design in designs.items()}
        assert min(cells, key=cells.__getitem__) == target.lane_difference


def test_a_step_with_another_transform_differs_in_the_transform_only(benchmark: Any, plain: Any) -> None:
    signs = np.array([1, -1, 1, 1, -1, 1, 1, 1])
    own, other = benchmark.whole_step(SIZE, signs), benchmark.whole_step(SIZE, signs, plain)
    start, instance = "module step_recurrence_transform (", "model model (.model_inp(data_in), .model_out(data_out))"
    assert own.verilog.split(start)[0] == other.verilog.split(start)[0]
    assert instance in other.verilog.split(start)[1].split("endmodule")[0]
    assert other.verilog.endswith(plain.verilog)
