import json
import shutil
from pathlib import Path

import pytest

from hadamrnn.errors import InputError
from hadamrnn.sim.description import read_description

from .cores import core, small_network

NETWORK = small_network()


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return core(tmp_path_factory.mktemp("generated") / "core", NETWORK)


@pytest.fixture
def folder(generated: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(generated, tmp_path / "core"))


def test_folder_and_file_give_the_same(folder: Path) -> None:
    description = read_description(folder)
    assert description == read_description(folder / "hadamard_core.json")
    assert description.verilog == folder / "hadamard_core.v"
    assert (description.name, description.output, description.trace) == ("hadamard_core", "logits", True)
    assert (description.lanes, description.rows) == (4, 4)
    assert (description.beats_per_step, description.beats_per_result) == (2, 3)
    assert (description.element_bytes, description.beat_elements) == (1, 1)
    plain = json.loads((folder / "hadamard_core.json").read_text())
    assert description.cycles_per_step == plain["cycles_per_step"]
    assert description.sequence_latency(5) == (
        plain["sequence_latency"]["constant"] + 4 * plain["sequence_latency"]["per_further_step"]
    )
    description.check_network(NETWORK)


def test_verilog_that_was_edited_is_told_from_what_was_generated(folder: Path) -> None:
    description = read_description(folder)
    assert description.as_generated is True
    with description.verilog.open("a") as file:
        file.write("// mine\n")
    assert read_description(folder).as_generated is False
    path = folder / "hadamard_core.json"
    plain = json.loads(path.read_text())
    del plain["verilog_sha256"]  # of an older version
    path.write_text(json.dumps(plain))
    assert read_description(folder).as_generated is None


def test_other_json_in_the_folder_is_passed_by(folder: Path) -> None:
    (folder / "report.json").write_text('{"fmax": 48}')
    (folder / "list.json").write_text("[1, 2]")
    assert read_description(folder).name == "hadamard_core"


def test_another_network(folder: Path) -> None:
    with pytest.raises(InputError, match=r"hadamard_core\.v was generated from another network: generate it again"):
        read_description(folder).check_network(small_network(state_bits=11))


def test_figures_that_were_edited(folder: Path) -> None:
    """They are what a bench measures against."""
    assert read_description(folder).wrong_figures(NETWORK) == ()
    path = folder / "hadamard_core.json"
    plain = json.loads(path.read_text())
    plain["cycles_per_step"] += 1
    plain["streams"]["m_axis"]["bytes"] = 9
    path.write_text(json.dumps(plain))
    of_this = "hadamard_core.json is not of this core"
    assert read_description(folder).wrong_figures(NETWORK) == (
        f"{of_this}: cycles_per_step {plain['cycles_per_step']}, by its parameters {plain['cycles_per_step'] - 1}",
        f"{of_this}: result_bytes 9, by its parameters 2",
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [({"lanes": 3}, "lanes must be a power of two, not 3"), ({"speed": 1}, "not the parameters of a generated core")],
)
def test_parameters_that_no_core_has(folder: Path, change: dict[str, int], message: str) -> None:
    path = folder / "hadamard_core.json"
    plain = json.loads(path.read_text())
    plain["parameters"] |= change
    path.write_text(json.dumps(plain))
    with pytest.raises(InputError, match=message):
        read_description(path).wrong_figures(NETWORK)


@pytest.mark.parametrize(
    "file, text, message",
    [
        ("missing", None, "missing: no such file or folder, expected a generated core"),
        ("core/hadamard_core.json", "{", "core/hadamard_core.json: cannot be read as JSON (Expecting property name"),
        ("core/hadamard_core.json", "{}", "core/hadamard_core.json: not the description of a generated core (no "),
        ("core/hadamard_core.json", "[]", "core/hadamard_core.json: not the description of a generated core (no "),
        ("core/hadamard_core.v", "module", "core/hadamard_core.v: not the description"),
    ],
)
def test_what_is_no_description(file: str, text: str | None, message: str, folder: Path) -> None:
    path = folder.parent / file
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError) as error:
        read_description(path)
    expected = f"{folder.parent}/{message}"
    if path.suffix == ".v":
        expected = f"{path}: cannot be read as JSON ("
    assert str(error.value).startswith(expected)
    assert "\n" not in str(error.value)


def test_no_core_two_cores_and_a_core_without_verilog(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"empty: expected the description \(\*\.json\) of one .* core, found 0"):
        read_description(tmp_path / "empty")
    (folder / "other.json").write_text((folder / "hadamard_core.json").read_text())
    with pytest.raises(InputError, match="of one generated core, found 2"):
        read_description(folder)
    (folder / "hadamard_core.v").unlink()
    with pytest.raises(InputError, match=r"hadamard_core\.v: no such file, expected the Verilog that other\.json"):
        read_description(folder / "other.json")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"verilog": ""}, "not the description of a generated core"),
        ({"rows": "x"}, "rows must be int, not 'x'"),
        ({"rows": 0}, "rows must be at least 1, not 0"),
        ({"cycles_per_step": True}, "cycles_per_step must be int, not True"),
        ({"parameters": []}, "not the description of a generated core"),
        ({"name": 3}, "name must be str, not 3"),
        ({"name": "../../core"}, "hadamard_core.json: name must be a Verilog identifier, not '../../core'"),
    ],
)
def test_values_that_no_core_has(folder: Path, change: dict[str, object], message: str) -> None:
    path = folder / "hadamard_core.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(InputError, match=message):
        read_description(path)
