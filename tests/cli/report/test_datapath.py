import re
import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest

from hadamrnn.cli.report.datapath import datapath_svg
from hadamrnn.cli.report.parts import input_parts, output_parts, ring_parts
from hadamrnn.hw.data_sheet import DataSheet
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.quant.integer import IntegerNetwork
from hadamrnn.sim.stimulus import random_network

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


def core(shape: dict[str, Any], parameters: dict[str, Any]) -> DataSheet:
    network: IntegerNetwork = random_network(0, **shape)
    return DataSheet(network, CoreParameters(**parameters))


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


@pytest.mark.parametrize(("shape", "parameters"), CASES)
def test_the_drawing_has_every_part_and_every_register(shape: dict[str, Any], parameters: dict[str, Any]) -> None:
    sheet = core(shape, parameters)
    root = ElementTree.fromstring(datapath_svg(sheet))
    space = {"svg": "http://www.w3.org/2000/svg"}
    weights, products, behind, trace = output_parts(sheet)
    parts = [*input_parts(sheet), *ring_parts(sheet), weights, products, *behind, *([trace] if trace else [])]
    drawn = [
        [text.text for text in group.findall("svg:text", space)]
        for group in root.findall(".//svg:g[@class='part']", space)
    ]
    assert sorted(drawn) == sorted([part.title, *part.lines] for part in parts)
    bars = root.findall(".//svg:rect[@class='register']", space)
    assert len(bars) == sum(part.registered for part in parts) + 1  # one in the legend
    numbers = [text.text for text in root.findall(".//svg:text", space) if "number" in text.get("class", "")]
    idle = sheet.schedule.cycles_per_step - sheet.schedule.ring_rows
    caption = f"ring of {sheet.schedule.cycles_per_step} rows: {sheet.schedule.ring_rows} of states, {idle} idle"
    assert sorted(numbers) == sorted([*(part.wire for part in parts if part.wire), caption])
    _, _, width, height = map(float, root.get("viewBox", "").split())
    for box in root.findall(".//svg:rect", space):
        x, y, wide, high = (float(box.get(name, "nan")) for name in ("x", "y", "width", "height"))
        assert 0 <= x < x + wide <= width
        assert 0 <= y < y + high <= height


def test_no_two_boxes_overlap() -> None:
    for shape, parameters in CASES:
        root = ElementTree.fromstring(datapath_svg(core(shape, parameters)))
        boxes = [group[0] for group in root.iter("{http://www.w3.org/2000/svg}g")]
        places = [(float(box.get("x", "nan")), float(box.get("y", "nan"))) for box in boxes]
        width, height = float(boxes[0].get("width", "nan")), float(boxes[0].get("height", "nan"))
        for i, (x, y) in enumerate(places):
            for other_x, other_y in places[:i]:
                assert abs(x - other_x) >= width or abs(y - other_y) >= height


def test_other_designs_are_other_drawings() -> None:
    drawings = {datapath_svg(core(*case)) for case in CASES}
    assert len(drawings) == len(CASES)
