"""The group of all commands: loads a command only when it is called, and turns errors into one line and a status."""

import errno
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from .. import __version__
from ..errors import InputError

# Name, module in this folder and one-line help: what --help shows without importing any of them.
_COMMANDS = {
    "train": "Train a network; leaves a run folder.",
    "runs": "List trained runs and how good they are.",
    "compare": "Compare runs, frozen networks and the zoo.",
    "freeze": "Freeze a trained run to integers.",
    "zoo": "Trained networks that come with the package.",
    "generate": "Write a frozen network as Verilog.",
    "verify": "Prove bit for bit that Verilog and reference agree.",
    "mutate": "Count the faults that verification finds.",
    "estimate": "Say what a core costs, before synthesis.",
    "explore": "Find the largest networks that fit a device at a rate.",
    "synth": "Synthesise, place and route a generated core.",
    "report": "One HTML file about a network and its core.",
    "board": "Build a core for a real board, down to the bitstream.",
    "host": "Send sequences to a board and check what it answers.",
    "demo": "All of it on handwritten digits, in a few minutes.",
}

STATUS_DIFFERENCE = 1
STATUS_INPUT = 2
STATUS_INTERRUPTED = 130  # 128 + SIGINT, as a shell reports it
STATUS_UNREAD = 141  # 128 + SIGPIPE

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # of a write, which names no file


class CommandGroup(click.Group):
    """The commands by name.

    Bad input, an unknown option and a file that cannot be used are one line on standard error, beginning with
    ``hadamrnn: error:``, and status 2; an interrupt is status 130. Anything else is a defect of ours and keeps its
    traceback.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the pipeline."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the file of the command; None for an unknown one."""
        if cmd_name not in _COMMANDS:
            return None
        return importlib.import_module(f".{cmd_name}", __package__).command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def main(self, args: Any = None, *positional: Any, **options: Any) -> Any:
        """Run the command line and exit; see the class for the statuses."""
        args = sys.argv[1:] if args is None else list(args)
        options["standalone_mode"] = False
        for stream in ("stdout", "stderr"):
            if getattr(sys, stream) is None:  # closed before we began
                setattr(sys, stream, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115  # to the end
        try:
            status = super().main(args or ["--help"], *positional, **options)
            sys.stdout.flush()
        except InputError as error:
            _fail(self._as_typed(str(error), args))
        except click.UsageError as error:
            command = error.ctx.command_path if error.ctx is not None else "hadamrnn"
            _fail(f"{error.format_message()} (see: {command} --help)")
        except click.ClickException as error:
            _fail(error.format_message(), error.exit_code)
        except (click.Abort, KeyboardInterrupt):
            print("hadamrnn: interrupted", file=sys.stderr)
            sys.exit(STATUS_INTERRUPTED)
        except MemoryError as error:
            _fail(f"not enough memory: {error}" if str(error) else "not enough memory")
        except RuntimeError as error:
            if "can't allocate memory" not in str(error):  # torch's word for it
                raise
            _fail(f"not enough memory: {str(error).partition('memory: ')[2]}")
        except SystemExit:  # commands return their status: click's, where our reader left, as in `hadamrnn … | head`
            sys.exit(STATUS_UNREAD)
        except OSError as error:
            if error.errno == errno.EPIPE:  # found out by the last flush
                _close_output()
                sys.exit(STATUS_UNREAD)
            if error.filename is None and error.errno in _FULL:
                _close_output()
                _fail(f"cannot write: {error.strerror}")
            if error.filename is None:
                raise
            _fail(f"{error.filename}: {error.strerror}")
        sys.exit(status if isinstance(status, int) else 0)

    def _as_typed(self, message: str, args: Sequence[str]) -> str:
        """The message with an option in place of the parameter that it begins with, where that option was typed."""
        command = next((name for name in args if name in _COMMANDS), None)
        loaded = None if command is None else self.get_command(click.Context(self), command)
        given = {argument.partition("=")[0] for argument in args}
        for parameter in [] if loaded is None else loaded.params:
            for option in given & {name for name in parameter.opts if name.startswith("--")}:
                typed = option.removeprefix("--").replace("-", "_")
                for name in (parameter.name or "", typed, f"{typed}_size"):
                    if message.startswith(f"{name} must "):
                        return option + message.removeprefix(name)
        return message


def _close_output() -> None:
    """Write no more to standard output, not when Python ends either."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(message: str, status: int = STATUS_INPUT) -> NoReturn:
    print(f"hadamrnn: error: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(status)


@click.group(
    cls=CommandGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Example:
  hadamrnn train --task digits -o run
  hadamrnn freeze run -o digits.safetensors
  hadamrnn generate digits.safetensors -o core --lanes 1
  hadamrnn verify digits.safetensors --dir core --task digits
  hadamrnn synth core --target ice40-up5k""",
)
@click.version_option(__version__, prog_name="hadamrnn")
def hadamrnn() -> None:
    """Hardware co-design toolkit for Hadamard recurrent networks.

    A network is trained, frozen to integers, generated as Verilog, proven to agree with its software reference bit for
    bit, and synthesised.
    """
