"""Pictures are written whole or not at all, and leave matplotlib as it was."""

from pathlib import Path

import pytest

from hadamrnn.cli.estimate_plot import plot_estimates
from hadamrnn.cli.picture import check_format, write_picture
from hadamrnn.errors import InputError
from hadamrnn.hw.estimate import estimate, worst_case_network
from hadamrnn.hw.parameters import CoreParameters


@pytest.mark.parametrize("name, form", [("a.svg", "svg"), ("a.PNG", "png"), ("b.c.pdf", "pdf")])
def test_the_name_says_the_format(name: str, form: str) -> None:
    assert check_format(Path(name)) == form


@pytest.mark.parametrize("name", ["a", "a.jpg", ".svg", "svg"])
def test_other_formats_are_refused(name: str) -> None:
    with pytest.raises(InputError) as refusal:
        check_format(Path(name))
    assert str(refusal.value) == f"{name}: expected a name that ends in .png, .svg, .pdf"


@pytest.mark.parametrize("form", ["svg", "png", "pdf"])
def test_the_same_figure_gives_the_same_bytes(tmp_path: Path, form: str) -> None:
    estimates = [estimate(worst_case_network(d, d), CoreParameters()).to_json() for d in (16, 64)]
    for name in ("one", "two"):
        plot_estimates(estimates, tmp_path / f"{name}.{form}")
    assert (tmp_path / f"one.{form}").read_bytes() == (tmp_path / f"two.{form}").read_bytes()


def test_a_failure_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib.figure import Figure

    def half(self: Figure, path: Path, **options: object) -> None:
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    path = tmp_path / "a.svg"
    path.write_text("before")
    monkeypatch.setattr(Figure, "savefig", half)
    estimates = [estimate(worst_case_network(16, 16), CoreParameters()).to_json()]
    for write in (lambda: plot_estimates(estimates, path), lambda: write_picture(Figure(), path)):
        with pytest.raises(OSError, match="No space left"):
            write()
        assert [file.name for file in tmp_path.iterdir()] == ["a.svg"]
        assert path.read_text() == "before"


def test_settings_of_matplotlib_stay(tmp_path: Path) -> None:
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    plot_estimates([estimate(worst_case_network(16, 16), CoreParameters()).to_json()], tmp_path / "a.svg")
    assert dict(mpl.rcParams) == before
