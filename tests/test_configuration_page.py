"""docs/configuration.md: every key that there is, with its default, its choices and the kinds that have it."""

import dataclasses
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from hadamrnn.model.options import SIGN_SCHEDULES, TrainingOptions
from hadamrnn.model.shape import ACTIVATIONS, GATE_BIASES, READOUT_ACTIVATIONS, STRATEGIES, VARIANTS
from hadamrnn.model.task import SPLITS
from hadamrnn.model.tasks import task_names, task_options
from hadamrnn.model.tasks.arrays import KEYS
from hadamrnn.quant.network_options import BIASES, BLANK_INPUTS, KINDS, SIGNS, NetworkOptions
from hadamrnn.quant.used_keys import NEEDS
from hadamrnn.quant.weight_format import RECURRENT_SCALES

PAGE = (Path(__file__).parents[1] / "docs" / "configuration.md").read_text(encoding="utf-8")
CHOICES = {
    "kind": KINDS,
    "signs": SIGNS,
    "readout_activation": READOUT_ACTIVATIONS,
    "bias": BIASES,
    "blank_input": BLANK_INPUTS,
    "strategy": STRATEGIES,
    "recurrent_scale": RECURRENT_SCALES,
    "activation": ACTIVATIONS,
    "variant": VARIANTS,
    "gate_bias": GATE_BIASES,
    "sign_schedule": SIGN_SCHEDULES,
}


def rows(heading: str) -> list[dict[str, str]]:
    """The rows of the first table below a heading, by column; code without its backquotes where it is all of a cell."""
    section = PAGE.partition(f"\n## `[{heading}]`\n")[2].partition("\n## ")[0]
    lines = re.search(r"(?:^\|.*\|\n)+", section, re.MULTILINE)
    assert lines, f"no table of [{heading}]"
    cells = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in lines[0].splitlines()]
    columns, _, *body = cells
    assert body
    return [dict(zip(columns, row, strict=True)) for row in body]


def code(cell: str) -> list[str]:
    return re.findall(r"`([^`]*)`", cell)


def literal(cell: str) -> Any:
    """The value of a cell that is one piece of code, as TOML has it."""
    assert re.fullmatch(r"`[^`]*`", cell), f"not a value: {cell}"
    return tomllib.loads(f"value = {cell.strip('`')}")["value"]


def described(of: str) -> dict[str, Any]:
    """Every key of a table and its default; MISSING where it is required."""
    return {
        code(row["key"])[0]: dataclasses.MISSING if row["default"] == "required" else literal(row["default"])
        for row in rows(of)
    }


def same(left: dict[str, Any], right: dict[str, Any]) -> bool:
    """Equal in names and values, and in types: 1 is not 1.0, and neither is true."""
    return {key: (type(value), value) for key, value in left.items()} == {
        key: (type(value), value) for key, value in right.items()
    }


@pytest.mark.parametrize(("table", "options"), [("network", NetworkOptions), ("training", TrainingOptions)])
def test_every_key_and_default_is_that_of_the_source(table: str, options: type) -> None:
    found = {field.name: field.default for field in dataclasses.fields(options)}
    assert same(described(table), found)


def test_every_option_of_every_task_is_described() -> None:
    found: dict[str, dict[str, Any]] = {name: {} for name in task_names()}
    for row in rows("task"):
        found[code(row["task"])[0]][code(row["key"])[0]] = literal(row["default"])
    for name in task_names():
        assert same(found[name], task_options(name)), name
        assert f"`{name}`" in PAGE


def test_choices_are_those_of_the_source() -> None:
    of_page = {code(row["key"])[0]: row["values"] for table in ("network", "training") for row in rows(table)}
    for key, choices in CHOICES.items():
        assert code(of_page[key]) == list(choices), key


def test_kinds_are_those_that_have_the_key() -> None:
    def using(key: str) -> set[str]:
        return {kind for kind in KINDS if key not in NetworkOptions(kind=kind, hidden_size=16).unused}

    for row in rows("network"):
        key = code(row["key"])[0]
        assert (set(KINDS) if row["kinds"] == "all" else set(code(row["kinds"]))) == using(key), key


def test_every_array_is_named() -> None:
    def named(names: Iterable[str]) -> set[str]:
        return {name for name in names if f"`{name}`" not in PAGE}

    assert not named(KEYS)
    assert not named(f"{split}_{key}" for split in SPLITS for key in KEYS)


def test_what_training_keys_count_for_is_what_they_need() -> None:
    for row in rows("training"):
        key = code(row["key"])[0]
        if key == "state_bits":  # needs a task too: tests/quant/test_rounding_noise.py
            continue
        needs = [
            f"`{other} = {' or '.join(f'`{value}`' for value in values)}".replace("= `", "= ")
            for other, values in NEEDS.get(key, ())
        ]
        assert row["counts for"].replace('"', "") == (", ".join(needs) or "all"), key
    for row in rows("network"):
        for _, values in NEEDS.get(code(row["key"])[0], ()):
            assert f"strategy `{values[0]}`" in row["meaning"]
