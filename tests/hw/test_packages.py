"""The hardware and the host program need the integer network and nothing of what trained it."""

import subprocess
import sys

IMPORT_ALL = """
import importlib, pkgutil, sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "brevitas"):
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Blocked())
import hadamrnn.host
import hadamrnn.hw
names = []
for package in (hadamrnn.hw, hadamrnn.host):
    names += [module.name for module in pkgutil.walk_packages(package.__path__, package.__name__ + ".")]
for name in names:
    importlib.import_module(name)
assert "hadamrnn.hw.core" in names and "hadamrnn.hw.boards.build" in names and "hadamrnn.host.session" in names, names
assert not {"torch", "brevitas", "hadamrnn.model"} & sys.modules.keys()
try:
    import torch
except ImportError:
    print(len(names))
"""


def test_all_of_hw_and_host_imports_where_torch_is_blocked() -> None:
    run = subprocess.run([sys.executable, "-c", IMPORT_ALL], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) > 15
