"""The training curve as a picture."""

from io import BytesIO
from pathlib import Path

from ..replacement import write_whole


def draw_curve(history: list[dict], path: Path, *, title: str, kept: int | None = None) -> None:
    """Draw loss and accuracy of every epoch in ``history`` (records of ``metrics.jsonl``) to a PNG at ``path``.

    A regression has no accuracy: its loss has the picture for itself. The epoch ``kept`` gets a star.
    """
    from matplotlib.figure import Figure  # half a second to import; no pyplot, so no display and no global state

    regression = history[0]["validation_accuracy"] is None
    quantities = {"loss": ("mean squared error" if regression else "cross-entropy (nats)", 1.0)}
    if not regression:
        quantities["accuracy"] = ("accuracy (%)", 100.0)
    figure = Figure(figsize=(9, 3.6), dpi=120, layout="constrained")
    figure.suptitle(title)
    epochs = [record["epoch"] for record in history]
    for axes, (quantity, (name, factor)) in zip(
        figure.subplots(1, len(quantities), squeeze=False)[0], quantities.items(), strict=True
    ):
        positive = False
        for split, colour in (("train", "#4477aa"), ("validation", "#ee6677")):
            values = [record[f"{split}_{quantity}"] * factor for record in history]
            positive = positive or max(values) > 0
            axes.plot(epochs, values, color=colour, label=split, marker="o" if len(epochs) == 1 else None)
            if kept is not None and split == "validation":
                axes.plot(kept, values[epochs.index(kept)], "k*", label=f"kept: epoch {kept}")
        axes.set_xlabel("epoch")
        axes.set_ylabel(name)
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_yscale("log" if quantity == "loss" and positive else "linear")  # of one class only, the loss is 0
        axes.legend(frameon=False)
    buffer = BytesIO()
    figure.savefig(buffer, format="png")
    write_whole(path, buffer.getbuffer())
