"""The hardware needs the integer network and nothing of what trained it."""

import subprocess
import sys

IMPORT_ALL = """
import importlib, pkgutil, sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "brevitas"):
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Blocked())
import hadamrnn.hw
names = [module.name for module in pkgutil.iter_modules(hadamrnn.hw.__path__, "hadamrnn.hw.")]
for name in names:
    importlib.import_module(name)
assert "hadamrnn.hw.core" in names and "hadamrnn.hw.verilog" in names, names
assert not {"torch", "brevitas", "hadamrnn.model"} & sys.modules.keys()
try:
    import torch
except ImportError:
    print(len(names))
"""


def test_all_of_hw_imports_where_torch_is_blocked() -> None:
    run = subprocess.run([sys.executable, "-c", IMPORT_ALL], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) > 15
