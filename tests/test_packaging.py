"""The wheel: one name, every module, the data beside them, and nothing else."""

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE_FOLDERS = ("cli", "configs", "host", "hw", "model", "quant", "sim", "zoo")
DATA = (".cpp", ".h", ".html", ".json", ".safetensors", ".toml")


def package_files() -> set[str]:
    """Every module and data file of the package, as paths inside the wheel."""
    files = [path for folder in PACKAGE_FOLDERS for path in (ROOT / folder).rglob("*")]
    files += ROOT.glob("*.py")
    kept = [path for path in files if path.suffix in (".py", *DATA) and "__pycache__" not in path.parts]
    return {f"hadamrnn/{path.relative_to(ROOT)}" for path in kept}


def test_every_folder_with_modules_is_a_package_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    listed = project["tool"]["setuptools"]["packages"]
    folders = {Path(name).parent for name in package_files() if name.endswith(".py")}
    assert sorted(listed) == sorted(".".join(folder.parts) for folder in folders)


@pytest.mark.long
def test_the_wheel_holds_the_package_and_nothing_else(tmp_path: Path) -> None:
    """Long because pip fetches setuptools for it."""
    source = tmp_path / "source"
    # A copy: setuptools leaves build folders in the tree it builds from.
    ignored = shutil.ignore_patterns(".git", ".venv", "build", "dist", "__pycache__", "*.egg-info", ".*_cache")
    shutil.copytree(ROOT, source, ignore=ignored, symlinks=True)
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "-w", str(tmp_path), str(source)]
    subprocess.run(command, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    information = {name for name in names if name.split("/")[0].endswith(".dist-info")}
    assert names - information == package_files()
    assert any(name.endswith("licenses/LICENSE") for name in information)
