"""Verilator's own C++ in compiled form, which is the same for every core, kept for all builds to come.

It takes four fifths of the time of the first build of a small core, and its headers two thirds of what the others take.
"""

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from .simulators import Simulator

_FORMAT = "2"  # of the folders whose names are digests; a new number makes old ones unused
_HEADER = "headers.h"
_PRECOMPILED = (_HEADER, f"{_HEADER}.gch")
_ASIDE = ".keep-"
_HEADERS = ("verilated.h", "verilated_vpi.h")


class VerilatorRuntime:
    """Objects, copied into each build before ``make``, which then finds them up to date; and a precompiled header.

    Kept once per Verilator, compiler and flags in the user's cache folder, some 80 MB. A shortcut only: where any of it
    fails, ``make`` compiles as ever, and a header that was not precompiled with these flags is read as text.
    """

    def __init__(self, simulator: Simulator, *flags: str) -> None:
        cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        self.simulator = simulator
        self.folder = Path(cache) / "hadamrnn" / "verilator-runtime" / digest(*flags, *compiler_settings(simulator))

    def prepare(self, folder: Path) -> tuple[str, ...]:
        """Put what is kept into a folder that is about to be built in.

        Returns
        -------
        tuple
            Arguments of Verilator, that make the compiler take the header; none where there is none yet.
        """
        self._copy_objects(folder)
        header = folder / _HEADER
        if re.fullmatch(r"[\w./+-]+", str(header)) is None:  # as it is in a makefile and in a shell
            return ()
        try:
            for name in _PRECOMPILED:
                os.link(self.folder / name, folder / name)  # which nobody removes before it is read
        except OSError:
            return ()
        # Large cores are compiled file by file, behind a precompiled header of their own: GCC takes one for each file.
        return "-CFLAGS", f"$(if $(filter 1,$(VM_PARALLEL_BUILDS)),,-include {header})"

    def _copy_objects(self, folder: Path) -> None:
        tomorrow = time.time() + 86400  # make wants them newer than the makefile that Verilator is about to write
        try:
            for file in self.folder.glob("verilated*.o"):
                os.utime(shutil.copyfile(file, folder / file.name), (tomorrow, tomorrow))
        except OSError:
            pass

    def keep(self, folder: Path, log: Path) -> None:
        """Keep what was compiled in ``folder``, unless it is kept already; ``log`` has the commands of ``make``."""
        for name in _PRECOMPILED:
            folder.joinpath(name).unlink(missing_ok=True)
        if self.folder.is_dir():
            if not self.folder.joinpath(_HEADER).is_file():  # kept by a large core, whose commands are others
                self._add_header(folder, log)
            return
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            self._sweep()
            aside = Path(tempfile.mkdtemp(prefix=_ASIDE, dir=self.folder.parent))
        except OSError:
            return
        try:
            for file in folder.glob("verilated*.o"):
                shutil.copyfile(file, aside / file.name)
            self._precompile(aside, folder, log)
            aside.rename(self.folder)
        except OSError:
            pass
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def _add_header(self, folder: Path, log: Path) -> None:
        try:
            aside = Path(tempfile.mkdtemp(prefix=_ASIDE, dir=self.folder.parent))
        except OSError:
            return
        try:
            self._precompile(aside, folder, log)
            for name in _PRECOMPILED[::-1]:  # the header last: where it is, all is
                aside.joinpath(name).replace(self.folder / name)
        except OSError:
            pass
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def _sweep(self) -> None:
        """Remove what killed runs have left."""
        for left in self.folder.parent.glob(f"{_ASIDE}*"):
            if time.time() - left.stat().st_mtime > 3600:
                shutil.rmtree(left, ignore_errors=True)

    def _precompile(self, aside: Path, folder: Path, log: Path) -> None:
        """The headers, by the command that compiled the core."""
        if "clang" in self.simulator.compiler:  # which looks for precompiled headers elsewhere
            return
        text = log.read_text(errors="replace")
        compiled = re.search(r"^.* -c -o \S*__ALL\.o \S*__ALL\.cpp$", text, flags=re.MULTILINE)
        if compiled is None:
            return
        try:
            command, *options = shlex.split(compiled[0])
        except ValueError:  # a command that no shell would take
            return
        options = [option for option in options[:-4] if not option.startswith(("-MMD", "-DHADAMRNN"))]
        header = aside / _HEADER
        header.write_text("".join(f'#include "{name}"\n' for name in _HEADERS))
        to = ["-x", "c++-header", str(header), "-o", f"{header}.gch"]
        with self.simulator.active():
            run = subprocess.run([command, *options, *to], cwd=folder, capture_output=True, check=False)
        if run.returncode != 0:
            header.unlink()


def compiler_settings(simulator: Simulator) -> tuple[str, ...]:
    """All but the C++ text that decides what the compiler makes of it."""
    variables = (os.environ.get(name, "") for name in ("CXXFLAGS", "CPPFLAGS", "LDFLAGS"))
    return simulator.version, simulator.compiler, simulator.environment.get("MAKEFLAGS", ""), *variables


def digest(*parts: str) -> str:
    """A key of texts: 80 bits in hexadecimal."""
    return hashlib.sha256("\0".join((_FORMAT, *parts)).encode()).hexdigest()[:20]
