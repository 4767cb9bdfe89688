"""Trained integer networks that come with the package, and what they are worth. Imports without torch.

An entry is three files in this folder: ``NAME.safetensors``, the network; ``NAME.toml``, the configuration of its run
as used; ``NAME.json``, its figures and the commands that reproduce it.
"""

from .catalogue import FOLDER, ZooEntry, entry, names, path

__all__ = ["FOLDER", "ZooEntry", "entry", "names", "path"]
