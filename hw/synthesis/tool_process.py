"""One run of an outside tool in a process of its own: a crash, or what it prints, touches nothing of ours."""

import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ToolRun:
    """How a tool ended.

    Attributes
    ----------
    status : exit status, 0 for success; negative for a signal
    log : lines of standard output and error together
    seconds : wall time
    """

    status: int
    log: tuple[str, ...]
    seconds: float

    @property
    def error(self) -> str:
        """The line that says what went wrong: the last with ``ERROR``, or else the last that is not empty."""
        lines = [line.strip() for line in self.log if line.strip()]
        errors = [line for line in lines if "ERROR" in line]
        return (errors or lines or [f"no message, exit status {self.status}"])[-1]


def run_tool(
    command: Sequence[str], folder: Path, log_name: str, on_line: Callable[[str], None] = lambda line: None
) -> ToolRun:
    """Run ``command`` in ``folder``; its output goes to the file ``log_name`` there, and line by line to ``on_line``.

    Any exception, also of ``on_line`` and a keyboard interrupt, ends the tool before it travels on.
    """
    start = time.monotonic()
    log = []
    with (
        (folder / log_name).open("w", encoding="utf-8") as file,
        subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        ) as process,
    ):
        try:
            assert process.stdout is not None
            for line in process.stdout:
                file.write(line)
                log.append(line.rstrip("\n"))
                on_line(log[-1])
            status = process.wait()
        except BaseException:
            process.kill()
            raise
    return ToolRun(status, tuple(log), time.monotonic() - start)
