import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from hadamrnn import __version__
from hadamrnn.cli import core_options
from hadamrnn.cli.group import hadamrnn
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.model.options import TrainingOptions

from .conftest import Run

COMMANDS = hadamrnn.list_commands(None)  # type: ignore[arg-type]  # needs no context
HEAVY = ("torch", "brevitas", "numpy", "amaranth", "matplotlib", "rich", "jinja2", "cocotb", "sklearn", "pyosys")
LOADED = "import sys; sys.argv = {arguments!r}; from hadamrnn.cli import main\ntry: main()\nexcept SystemExit: pass\n"


def loaded_by(*arguments: str) -> set[str]:
    """Which of the heavy libraries a fresh process has imported after a call."""
    code = LOADED.format(arguments=["hadamrnn", *arguments])
    code += f"print('loaded:', *(name for name in {HEAVY} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    last = done.stdout.splitlines()[-1]
    assert last.startswith("loaded:")
    return set(last.split()[1:])


def test_help_imports_nothing_heavy() -> None:
    assert loaded_by("--help") == set()
    assert loaded_by("--version") == set()


def test_the_check_sees_what_is_imported() -> None:
    assert {"numpy", "amaranth", "rich"} <= loaded_by("estimate", "--hidden", "16")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_waits_for_no_torch(command: str) -> None:
    assert not loaded_by(command, "--help") & {"torch", "brevitas", "amaranth", "matplotlib", "cocotb", "sklearn"}


def test_help_answers_at_once() -> None:
    """It loads click, its own modules, and of the standard library what those two need: some 200 modules in all."""
    code = LOADED.format(arguments=["hadamrnn", "--help"])
    code += "print('loaded:', *{name.partition('.')[0] for name in sys.modules} - sys.stdlib_module_names)"
    before = "import sys; print('loaded:', *{name.partition('.')[0] for name in sys.modules} - sys.stdlib_module_names)"

    def loaded(text: str) -> set[str]:
        done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
        return set(done.stdout.splitlines()[-1].split()[1:])

    assert loaded(code) - loaded(before) == {"hadamrnn", "click"}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(run: Run, command: str) -> None:
    outcome = run(command, "--help")
    assert (outcome.status, outcome.err) == (0, "")
    assert re.search(rf"Examples?:\n    hadamrnn {command} ", outcome.out)


def examples(command: str) -> list[str]:
    epilog = hadamrnn.get_command(None, command).epilog  # type: ignore[arg-type, union-attr]  # needs no context
    return [line.strip() for line in epilog.splitlines() if line.startswith(f"  hadamrnn {command} ")]


EXAMPLES = [line for name in ("estimate", "explore") for line in examples(name)]
SLOW = {line: pytest.mark.long for line in EXAMPLES if "--bits 8 10 12" in line}  # all cores of three widths


@pytest.mark.quick(3)
@pytest.mark.parametrize("example", [pytest.param(line, marks=SLOW.get(line, ())) for line in EXAMPLES])
def test_examples_of_what_is_estimated_run(
    run: Run, network_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, example: str
) -> None:
    shutil.copy(network_file, tmp_path / "digits.safetensors")
    monkeypatch.chdir(tmp_path)
    _, *arguments = shlex.split(example)
    if "--synthesise" in arguments:
        del arguments[arguments.index("--synthesise") :]  # minutes for each core: test_explore.py does a small one
    outcome = run(*arguments)
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out


def test_help_lists_every_command(run: Run) -> None:
    outcome = run("--help")
    assert outcome.status == 0
    assert all(f"\n  {command} " in outcome.out for command in COMMANDS)
    assert run().out == outcome.out
    assert "\n    hadamrnn freeze run -o digits.safetensors\n" in outcome.out  # an example of lines of their own


def test_version(run: Run) -> None:
    assert run("--version").out == f"hadamrnn, version {__version__}\n"


def test_every_parameter_of_a_core_is_an_option_with_help() -> None:
    assert set(core_options._HELP) == {field.name for field in fields(CoreParameters)}
    generate = hadamrnn.get_command(None, "generate")  # type: ignore[arg-type]
    options = {parameter.name: parameter for parameter in generate.params}
    for field in fields(CoreParameters):
        assert options[field.name].default == field.default
        assert options[field.name].help


def test_help_of_training_says_the_defaults(run: Run) -> None:
    shown = " ".join(run("train", "--help").out.split())
    for key in ("epochs", "patience", "batch_size", "learning_rate", "seed"):
        about = shown.partition(f" --{key.replace('_', '-')} ")[2].partition(" --")[0]
        assert f"[default: CONFIG.toml's, else {getattr(TrainingOptions(), key)}]" in about
    assert "docs/configuration.md" in shown
