"""Entries by name, found and not found."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from hadamrnn.errors import InputError
from hadamrnn.zoo import entry, names, path
from hadamrnn.zoo.catalogue import config_path


def pretend(folder: Path, *names: str) -> None:
    for name in names:
        for kind in ("safetensors", "toml", "json"):
            (folder / f"{name}.{kind}").write_text("{}")


def test_names_are_in_order_with_numbers_as_numbers(tmp_path: Path) -> None:
    pretend(tmp_path, "smnist-512", "smnist-64", "copy-128", "smnist-128")
    (tmp_path / "half.json").write_text("{}")
    assert names(tmp_path) == ("copy-128", "smnist-64", "smnist-128", "smnist-512")


def test_files_of_a_name(tmp_path: Path) -> None:
    pretend(tmp_path, "a")
    assert path("a", tmp_path) == tmp_path / "a.safetensors"
    assert config_path("a", tmp_path) == tmp_path / "a.toml"


def test_unknown_names_are_told_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^zoo:a: no such network, the zoo is empty$"):
        path("a", tmp_path)
    pretend(tmp_path, "smnist-64", "digits-d64")
    with pytest.raises(InputError, match=r"^zoo:smnist64: no such network, did you mean smnist-64\?$"):
        path("smnist64", tmp_path)
    with pytest.raises(InputError, match=r"^zoo:x: no such network, networks: digits-d64, smnist-64$"):
        entry("x", tmp_path)
    with pytest.raises(InputError, match=r"^zoo:\.\./x: no such network, "):
        path("../x", tmp_path)


@pytest.mark.parametrize(
    ("text", "message"), [("{", "cannot be read as JSON"), ("[]", "it has no 'name'"), ("{}", "it has no 'name'")]
)
def test_damaged_descriptions(tmp_path: Path, text: str, message: str) -> None:
    pretend(tmp_path, "a")
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(InputError) as error:
        entry("a", tmp_path)
    assert str(error.value).startswith(f"{tmp_path / 'a.json'}: ")
    assert message in str(error.value)


def test_the_zoo_needs_no_torch() -> None:
    code = "import sys, json; from hadamrnn import zoo\n"
    code += "found = [zoo.entry(name).name for name in zoo.names()]\n"
    code += "assert not {'torch', 'amaranth'} & sys.modules.keys(); print(json.dumps(found))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == list(names())
