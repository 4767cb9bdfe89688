"""The training curve as a picture."""

from pathlib import Path

from .replacement import replacing


def draw_curve(history: list[dict], path: Path, *, title: str) -> None:
    """Draw loss and accuracy of every epoch in ``history`` (records of ``metrics.jsonl``) to a PNG at ``path``."""
    from matplotlib.figure import Figure  # half a second to import; no pyplot, so no display and no global state

    epochs = [record["epoch"] for record in history]
    figure = Figure(figsize=(9, 3.6), dpi=120, layout="constrained")
    figure.suptitle(title)
    loss, accuracy = figure.subplots(1, 2)
    for axes, quantity, factor in ((loss, "loss", 1), (accuracy, "accuracy", 100)):
        for split, colour in (("train", "#4477aa"), ("validation", "#ee6677")):
            values = [record[f"{split}_{quantity}"] * factor for record in history]
            axes.plot(epochs, values, color=colour, label=split, marker="o" if len(epochs) == 1 else None)
        axes.set_xlabel("epoch")
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    loss.set_yscale("log")
    loss.set_ylabel("cross-entropy (nats)")
    accuracy.set_ylabel("accuracy (%)")
    best = max(history, key=lambda record: (record["validation_accuracy"], record["epoch"]))
    accuracy.plot(best["epoch"], 100 * best["validation_accuracy"], "k*", label=f"kept: epoch {best['epoch']}")
    loss.legend(frameon=False)
    accuracy.legend(frameon=False, loc="lower right")
    with replacing(path) as aside:
        figure.savefig(aside, format="png")
