"""How good a network is, in floating point and in integers, as its file, the zoo or its run have recorded it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...zoo import FOLDER, entry, names
from ..recorded_figures import Figures, frozen_figures, recorded_figures

if TYPE_CHECKING:
    from ...quant.integer import FrozenNetwork


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """Figures of the test set; what is not known is missing or None, with a reason.

    Attributes
    ----------
    in_floats, in_integers : accuracy and sequence accuracy, 0 to 1, and loss; empty where none is known
    sequences : of the test set
    saturations : states that the integers clipped on all of it
    reasons : why ``float`` or ``integer`` is not known
    """

    in_floats: Figures = field(default_factory=dict)
    in_integers: Figures = field(default_factory=dict)
    sequences: int | None = None
    saturations: int | None = None
    reasons: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        counts = {"test_sequences": self.sequences, "saturations": self.saturations}
        return {"float": self.in_floats or None, "integer": self.in_integers or None, **counts, "reasons": self.reasons}


def zoo_name(path: Path) -> str | None:
    """The name in the zoo that comes with the package, where ``path`` is the file of one of its networks."""
    return path.stem if path.parent.resolve() == FOLDER.resolve() and path.stem in names() else None


def recorded_accuracy(network: FrozenNetwork, path: Path, result: Mapping[str, Any] | None = None) -> Accuracy:
    """What is recorded of the network in ``path``.

    Parameters
    ----------
    result : ``result.json`` of the run that it was frozen from, for what the file does not say
    """
    name = zoo_name(path)
    if name is not None:
        about = entry(name).description
        found = {kind: recorded_figures(about[kind], f"its description, {kind}") for kind in ("float", "integer")}
        counts = (about.get("test_sequences"), about["integer"].get("saturations"))
    else:
        found = {kind: frozen_figures(network.trained, kind) for kind in ("float", "integer")}
        tested = network.trained.get("test")
        tested = tested if isinstance(tested, Mapping) else {}
        counts = (tested.get("sequences"), tested.get("saturations"))
    if not found["float"][0] and result is not None:
        found["float"] = recorded_figures(result.get("test"), "result.json, test")
    reasons = {
        kind: wrong or "the file does not say" for kind, (figures, wrong) in found.items() if wrong or not figures
    }
    sequences, saturations = (count if type(count) is int and count >= 0 else None for count in counts)
    return Accuracy(
        in_floats=found["float"][0],
        in_integers=found["integer"][0],
        sequences=sequences,
        saturations=saturations,
        reasons=reasons,
    )
