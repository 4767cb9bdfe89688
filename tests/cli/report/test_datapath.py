import re
import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest

from hadamrnn.cli.report.datapath import datapath_svg
from hadamrnn.cli.report.dense_parts import recurrence_parts, recurrent_weights
from hadamrnn.cli.report.parts import Part, input_parts, output_parts, ring_parts
from hadamrnn.hw.data_sheet import DataSheet
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.quant.integer import IntegerNetwork
from hadamrnn.sim.stimulus import random_dense_network, random_network

CASES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"hidden_size": 64, "block_size": 64}, {}),
    ({"hidden_size": 64, "block_size": 32}, {"lanes": 2, "trace": True, "stages_per_register": 2}),
    ({"hidden_size": 32, "block_size": 8}, {"lanes": 32, "output": "logits", "stages_per_register": 0}),
    ({"hidden_size": 64, "block_size": 16}, {"lanes": 4, "arrangement": "commutator", "channels": 3}),
    ({"hidden_size": 2, "block_size": 1}, {"trace": True}),
    ({"hidden_size": 256, "block_size": 32, "input_size": 40}, {"input_beat": 4, "readout_multipliers": 5}),
    ({"hidden_size": 64, "block_size": 16, "input_size": 24}, {"input_beat": 4, "channels": 2, "output": "logits"}),
    ({"hidden_size": 32, "block_size": 8, "input_kind": "index", "input_size": 300, "readout": "every"}, {"lanes": 4}),
]
DENSE_CASES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"hidden_size": 64, "recurrent_multiplier": 1 << 9}, {}),
    ({"hidden_size": 60, "activation": "modrelu"}, {"lanes": 5, "recurrent_multipliers": 20, "trace": True}),
    ({"hidden_size": 64, "activation": "relu", "binary": True}, {"lanes": 8, "recurrent_multipliers": 4}),
    ({"hidden_size": 10, "readout": "every", "binary": True, "input_size": 20}, {"output": "logits"}),
    ({"hidden_size": 6, "input_kind": "index", "input_size": 9}, {"lanes": 6, "recurrent_multipliers": 6}),
    ({"hidden_size": 2, "recurrent_bits": 8, "state_bits": 24}, {"trace": True}),
]


def core(shape: dict[str, Any], parameters: dict[str, Any]) -> DataSheet:
    network: IntegerNetwork = random_network(0, **shape)
    return DataSheet(network, CoreParameters(**parameters))


def dense_core(shape: dict[str, Any], parameters: dict[str, Any]) -> DataSheet:
    return DataSheet(random_dense_network(0, **shape), CoreParameters(**parameters))


ALL_CORES = [core(*case) for case in CASES] + [dense_core(*case) for case in DENSE_CASES]


def recurrence(sheet: DataSheet) -> list[Part]:
    """The parts of the loop and what feeds it."""
    if sheet.network.family == "hadamard":
        return ring_parts(sheet)
    return [*recurrence_parts(sheet), recurrent_weights(sheet)]


def caption(sheet: DataSheet) -> str:
    schedule = sheet.schedule
    if sheet.network.family == "hadamard":
        idle = schedule.cycles_per_step - schedule.ring_rows
        return f"ring of {schedule.cycles_per_step} rows: {schedule.ring_rows} of states, {idle} idle"
    rows, clocks = (
        f"{count} {name}{'s' * (count > 1)}" for count, name in ((schedule.rows, "row"), (schedule.row_cycles, "clock"))
    )
    return f"recurrence: {rows} of {clocks}, {schedule.idle_cycles} idle"


@pytest.mark.parametrize(("shape", "parameters"), DENSE_CASES)
def test_registers_of_a_dense_recurrence_are_its_latency(shape: dict[str, Any], parameters: dict[str, Any]) -> None:
    sheet = dense_core(shape, parameters)
    parts, schedule = recurrence_parts(sheet), sheet.schedule
    inside = sum(
        int(match[1]) for part in parts for line in part.lines if (match := re.search(r"(\d+) registers?$", line))
    )
    assert sum(part.registered for part in parts) + inside + 2 == schedule.latency  # the memory: written and read


def test_what_a_dense_recurrence_holds() -> None:
    """d = 60, P = 5, M = 20: 12 rows of 3 parts, 4 banks of two pages of 4 words; modReLU."""
    sheet = dense_core(*DENSE_CASES[1])
    found = {part.title: (part.lines, part.wire) for part in recurrence_parts(sheet)}
    network, widths = sheet.network, sheet.widths
    assert found["two states"] == (("4 of 8 × 60 bits", "read 12 times a step"), "20 × 12")
    assert found["W h"] == (("20 products a lane", "3 clocks a row"), "100 × 16")
    assert found["add up"] == (("3 parts a row", "5 levels, 5 registers"), f"5 × {widths.recurrent_sum}")
    title = f"× {network.recurrent_multiplier} ÷ 2^{network.recurrent_shift}"
    assert found[title][1] == f"5 × {widths.quotient}"
    assert found["modReLU, saturate"][0][1] == f"{widths.shifted} to 12 bits, 1 register"
    weights = recurrent_weights(sheet)
    assert (weights.lines, weights.wire) == (("36 × 400 bits",), "100 × 4")
    memory = sheet.schedule.figures()
    assert memory["state_memory_bits"] == 4 * 8 * 60
    assert memory["recurrent_weight_memory_bits"] == 36 * 400


def test_binary_weights_are_a_bit_each_and_multiply_nothing() -> None:
    sheet = dense_core(*DENSE_CASES[2])
    weights, products = recurrent_weights(sheet), recurrence_parts(sheet)[3]
    counts = sheet.schedule.count_bits
    assert weights.lines == ("128 × 32 bits", f"−1s: 8 × {8 * counts} bits")
    assert (products.lines[0], products.wire) == ("4 words or inverse a lane", "32 × 12")


@pytest.mark.parametrize(("shape", "parameters"), CASES)
def test_what_the_boxes_hold_and_the_bars_add_up_to_the_ring(shape: dict[str, Any], parameters: dict[str, Any]) -> None:
    sheet = core(shape, parameters)
    parts = ring_parts(sheet)
    rows = sum(int(match[1]) for part in parts if (match := re.match(r"(\d+) rows? of", part.lines[0])))
    inside = sum(
        int(match[1]) for part in parts for line in part.lines if (match := re.search(r"(\d+) registers?$", line))
    )
    registers = sum(part.registered for part in parts)
    assert rows + registers + inside + 1 == sheet.schedule.cycles_per_step  # one in the state register
    state = [part.title for part in parts].index("state register")
    butterflies = [part for part in parts if part.title.startswith("butterfly")]
    assert len(butterflies) == sheet.network.block_bits
    lanes, w = sheet.parameters.lanes, sheet.network.state_bits
    words = (lambda bits: f"{lanes} × {bits}") if lanes > 1 else str
    assert parts[state].wire == words(w)
    assert [part.wire for part in butterflies] == [words(w + index + 1) for index in range(len(butterflies))]
    for part in parts:
        held = re.match(r"(\d+) rows? of", part.lines[0])
        if held:
            assert part.kind == ("memory" if int(held[1]) >= sheet.parameters.memory_depth else "flip-flops")


@pytest.mark.parametrize("sheet", ALL_CORES)
def test_the_drawing_has_every_part_and_every_register(sheet: DataSheet) -> None:
    root = ElementTree.fromstring(datapath_svg(sheet))
    space = {"svg": "http://www.w3.org/2000/svg"}
    weights, products, behind, trace = output_parts(sheet)
    parts = [*input_parts(sheet), *recurrence(sheet), weights, products, *behind, *([trace] if trace else [])]
    drawn = [
        [text.text for text in group.findall("svg:text", space)]
        for group in root.findall(".//svg:g[@class='part']", space)
    ]
    assert sorted(drawn) == sorted([part.title, *part.lines] for part in parts)
    bars = root.findall(".//svg:rect[@class='register']", space)
    assert len(bars) == sum(part.registered for part in parts) + 1  # one in the legend
    numbers = [text.text for text in root.findall(".//svg:text", space) if "number" in text.get("class", "")]
    assert sorted(numbers) == sorted([*(part.wire for part in parts if part.wire), caption(sheet)])
    _, _, width, height = map(float, root.get("viewBox", "").split())
    for box in root.findall(".//svg:rect", space):
        x, y, wide, high = (float(box.get(name, "nan")) for name in ("x", "y", "width", "height"))
        assert 0 <= x < x + wide <= width
        assert 0 <= y < y + high <= height


def test_no_two_boxes_overlap() -> None:
    for sheet in ALL_CORES:
        root = ElementTree.fromstring(datapath_svg(sheet))
        boxes = [group[0] for group in root.iter("{http://www.w3.org/2000/svg}g")]
        places = [(float(box.get("x", "nan")), float(box.get("y", "nan"))) for box in boxes]
        width, height = float(boxes[0].get("width", "nan")), float(boxes[0].get("height", "nan"))
        for i, (x, y) in enumerate(places):
            for other_x, other_y in places[:i]:
                assert abs(x - other_x) >= width or abs(y - other_y) >= height


def test_other_designs_are_other_drawings() -> None:
    assert len({datapath_svg(sheet) for sheet in ALL_CORES}) == len(CASES) + len(DENSE_CASES)
