"""Single faults of single cells: what they change, and what they leave alone because it would change nothing."""

from typing import Any

import pytest

from hadamrnn.hw.verilog.word_netlist import Bit, Cell
from hadamrnn.sim.mutation import edits


def cell(kind: str, parameters: dict[str, Any] | None = None, **inputs: list[Bit]) -> Cell:
    return Cell("it", kind, parameters or {}, inputs, {"Q" if kind == "register" else "Y": [90, 91, 92]})


def texts(found: Any) -> list[str]:
    return [text for text, _ in found]


def test_operators() -> None:
    ((text, edited),) = edits.operators(cell("$add", A=[1, 2, 3], B=[4, 5, 6]))
    assert (text, edited.type) == ("add becomes sub", "$sub")
    assert texts(edits.operators(cell("$add", A=[1], B=[2]))) == []  # the same in one bit
    assert texts(edits.operators(cell("$lt", {"A_SIGNED": "1"}, A=[1, 2], B=[3, 4]))) == [
        "lt becomes le",
        "signed becomes unsigned",
    ]
    ((text, edited),) = edits.operators(cell("$mux", A=[1, 2], B=[3, 4], S=[5]))
    assert (text, edited.inputs["A"], edited.inputs["B"]) == ("choice turned round", [3, 4], [1, 2])
    assert texts(edits.operators(cell("$mux", A=[1, 2], B=[1, 2], S=[5]))) == []


def test_constants() -> None:
    ((text, edited),) = edits.constants(cell("$eq", A=[1, 2, 3], B=["0", "1", "1"]))
    assert text == "constant 110 becomes 111"
    assert edited.inputs["B"] == ["1", "1", "1"]
    assert texts(edits.constants(cell("$eq", A=[1, 2], B=[3, "0"]))) == []  # part of it is a signal


def test_widths() -> None:
    ((text, edited),) = edits.widths(cell("register", D=[1, 2, 3]))
    assert (text, edited.inputs["D"]) == ("stored in 2 bits, not 3", [1, 2, 2])
    found = edits.widths(cell("$add", {"A_SIGNED": "1"}, A=[1, 2, 2], B=[3, 4, 5]))
    assert [edited.inputs for _, edited in found] == [
        {"A": [1, 1, 1], "B": [3, 4, 5]},
        {"A": [1, 2, 2], "B": [3, 4, 4]},
    ]
    assert texts(edits.widths(cell("$add", A=[1, "0", "0"], B=["1", "0", "0"]))) == []  # nothing above one bit


def test_enables_and_resets() -> None:
    register = cell("register", {"SRST_VALUE": "100"}, D=[1, 2, 3], EN=[7], SRST=[8])
    assert [(text, edited.inputs["EN"]) for text, edited in edits.enables(register)] == [
        ("always enabled", ["1"]),
        ("never enabled", ["0"]),
    ]
    (_, without), (text, other) = edits.resets(register)
    assert "SRST" not in without.inputs
    assert (text, other.parameters["SRST_VALUE"]) == ("reset to 101, not 100", "101")
    assert texts(edits.resets(cell("register", D=[1]))) == texts(edits.enables(cell("register", D=[1]))) == []


def test_memories() -> None:
    parameters = {"INIT": "1111000010100101", "WIDTH": "100", "SIZE": "100", "WR_PORTS": "0"}
    found = list(edits.memories(cell("$mem_v2", parameters, RD_ADDR=[1, 2])))
    assert len(found) == 4 + 1
    for word, (text, edited) in enumerate(found[:4]):
        flipped = int(edited.parameters["INIT"], 2) ^ int(parameters["INIT"], 2)
        assert flipped.bit_count() == 1
        assert (flipped.bit_length() - 1) // 4 == word
        assert text == f"bit {(flipped.bit_length() - 1) % 4} of word {word} flipped"
    assert found[4][0] == "read at even addresses only"
    assert found[4][1].inputs["RD_ADDR"] == ["0", 2]


@pytest.mark.parametrize("port, stuck", [("output_ready", 2), ("state_valid", 2), ("payload", 0)])
def test_handshakes(port: str, stuck: int) -> None:
    found = list(edits.handshakes(cell("some_component", **{port: [4]})))
    assert [edited.inputs[port] for _, edited in found] == [["0"], ["1"]][:stuck]
    assert texts(edits.handshakes(cell("some_component", **{port: ["1"]}))) == []
