"""``hadamrnn report``: a network and a core as one self-contained HTML file; and the page of a verification."""

from .command import command

__all__ = ["command"]
