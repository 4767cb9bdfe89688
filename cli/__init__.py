"""The command line: one file per command, loaded when it is called, so that ``hadamrnn --help`` answers at once."""


def main() -> None:
    """Entry point of the program ``hadamrnn``; does not return."""
    from .group import hadamrnn

    hadamrnn(prog_name="hadamrnn")
