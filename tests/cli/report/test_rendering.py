"""A real browser lays the report out: on a phone, on a desk, in the dark, on paper."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hadamrnn.cli.report.accuracy import Accuracy
from hadamrnn.cli.report.commands import Command
from hadamrnn.cli.report.contents import report_contents
from hadamrnn.cli.report.core_report import CoreReport
from hadamrnn.cli.report.page import write_report
from hadamrnn.cli.report.verification import verification_contents
from hadamrnn.hw.data_sheet import DataSheet
from hadamrnn.hw.estimate import estimate
from hadamrnn.hw.parameters import CoreParameters
from hadamrnn.hw.targets.catalogue import get_target
from hadamrnn.sim.state_error import state_error
from hadamrnn.sim.stimulus import random_dense_network, random_network

from . import browser
from .given import cosimulation, synthesis
from .pages import Page, svgs

WIDTHS = {"phone": 360, "desk": 1200, "dark": 360, "print": browser.PRINTED}
SMALLEST = 8.5  # pixels of a letter


@pytest.fixture(scope="session")
def chromium() -> None:
    if browser.find_browser() is None:
        pytest.skip(f"no Chromium ({', '.join(browser.NAMES)}) is installed")


def plain_report() -> CoreReport:
    """A core with one lane and little else known of it."""
    network = random_network(0, hidden_size=64, block_size=64)
    core = DataSheet(network, CoreParameters())
    inputs = np.random.default_rng(0).integers(0, 256, (3, 100, 1))
    return CoreReport(
        name="digits.safetensors",
        core=core,
        task=None,
        steps=100,
        accuracy=Accuracy(reasons={"float": "the file does not say", "integer": "the file does not say"}),
        epochs=(),
        images="",
        inputs="3 random sequences",
        state_error=state_error(network, inputs),
        trained_error=None,
        verification=None,
        syntheses=(),
        outdated=(),
        estimates=(estimate(network, core.parameters, steps=100, target=get_target("ecp5-25k")),),
        commands=(Command("verify", "hadamrnn verify digits.safetensors -o core", False),),
        config=None,
        version="0.1.0",
    )


def full_report() -> CoreReport:
    """A core with everything that there is, wide words, long names and large numbers."""
    network = random_network(0, hidden_size=1024, block_size=256, input_size=40, state_bits=18, weight_bits=8)
    parameters = CoreParameters(lanes=16, input_beat=4, readout_multipliers=5, trace=True)
    core = DataSheet(network, parameters)
    error = state_error(network, np.random.default_rng(0).integers(0, 256, (2, 30, 40)))
    names = ("ice40-up5k", "xilinx-ku5p")
    epochs = [{"epoch": n, "train_loss": 2 / n, "validation_accuracy": 1 - 0.5 / n} for n in range(1, 30)]
    word = "a_very_long_name_of_a_cell_in_a_netlist" * 4
    reports = [synthesis(name, "", unknown={"luts": word}) for name in names]
    path = reports[0].critical_path
    assert path is not None
    reports[0] = replace(reports[0], critical_path=replace(path, start=word, end=word), achieved_mhz=9.87)
    return replace(
        plain_report(),
        name=f"/{'folder/' * 20}network.safetensors",
        core=core,
        task="mnist permuted=true",
        steps=7840000,
        accuracy=Accuracy(
            in_floats={"accuracy": 0.98765, "sequence_accuracy": 0.5, "loss": 1.2345e-17},
            in_integers={"accuracy": 0.98764, "sequence_accuracy": None, "loss": 1.2346e-17},
            sequences=10000,
            saturations=123456789012,
        ),
        epochs=epochs,
        state_error=error,
        trained_error=error.mean * 2,
        verification=cosimulation(problems=(f"sequence 3, step 1, unit {word}",), differences=10**12),
        syntheses=tuple(reports),
        outdated=("gowin-gw1n-9",),
        estimates=tuple(estimate(network, parameters, target=get_target(name)) for name in (*names, "gowin-gw1n-9")),
        commands=(
            Command("generate", f"hadamrnn generate {word}", True),
            Command("synth", f"hadamrnn synth {word}", False),
        ),
        config=f'[task]\nname = "{word}"\n',
    )


def dense_report() -> CoreReport:
    """A dense core with large numbers in its boxes."""
    network = random_dense_network(0, hidden_size=1000, state_bits=20, recurrent_bits=8, activation="modrelu")
    core = DataSheet(network, CoreParameters(lanes=20, recurrent_multipliers=100, readout_multipliers=10, trace=True))
    error = state_error(network, np.random.default_rng(0).integers(0, 256, (2, 4, 1)))
    target = get_target("ecp5-25k")
    estimates = (estimate(network, core.parameters, steps=100, target=target),)
    return replace(plain_report(), core=core, state_error=error, estimates=estimates)


@pytest.fixture(params=[pytest.param(plain_report, marks=pytest.mark.long), full_report, dense_report])
def page(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    write_report(tmp_path / "report.html", report_contents(request.param()))
    return (tmp_path / "report.html").read_text()


def test_nothing_leaves_the_page_and_no_text_is_cut(chromium: None, page: str, tmp_path: Path) -> None:
    found = browser.measure(page, WIDTHS, tmp_path)
    assert set(found) == set(WIDTHS)
    for name, frame in found.items():
        assert frame["inner"] == WIDTHS[name]
        assert frame["width"] <= frame["inner"], name
        assert frame["wide"] == frame["clipped"] == frame["scrolled"] == [], name
        assert [drawing["name"] for drawing in frame["drawings"]].count("datapath") == 1
        assert len(frame["drawings"]) == len(svgs(page))
        for drawing in frame["drawings"]:
            assert 300 <= drawing["width"] <= frame["inner"]
            assert drawing["height"] > 150
            assert drawing["texts"] > 10
            assert drawing["smallest"] >= SMALLEST, (name, drawing)
    papers = {name: frame["paper"] for name, frame in found.items()}
    inks = {name: {drawing["ink"] for drawing in frame["drawings"]} for name, frame in found.items()}
    assert papers["phone"] == papers["print"] == "rgb(255, 255, 255)"
    assert papers["dark"] != papers["phone"]
    assert inks["phone"] == inks["desk"] == inks["print"]
    assert len(inks["dark"]) == 1
    assert not inks["dark"] & inks["phone"]


@pytest.mark.parametrize("problems", [(), ("sequence 3, step 1, unit " + "a_very_long_name" * 9,)])
def test_the_page_of_a_verification_fits_too(chromium: None, problems: tuple[str, ...], tmp_path: Path) -> None:
    report = cosimulation(problems=problems, differences=len(problems))
    contents = verification_contents(report, None, "hadamrnn verify net", "a core")
    write_report(tmp_path / "verification.html", contents, "verification.html")
    page = (tmp_path / "verification.html").read_text()
    text = Page(page).texts
    assert all(problem in text for problem in problems)
    assert text.endswith(contents["footer"])
    for name, frame in browser.measure(page, WIDTHS, tmp_path).items():
        assert frame["width"] <= frame["inner"] == WIDTHS[name]
        assert frame["wide"] == frame["clipped"] == frame["scrolled"] == [], name


def test_the_check_sees_what_is_wrong(chromium: None, tmp_path: Path) -> None:
    """A paragraph wider than the page, a box with more in it than it shows, and a text longer than its part."""
    write_report(tmp_path / "report.html", report_contents(plain_report()))
    page = (tmp_path / "report.html").read_text()
    faults = '<p style="width: 500px">much</p>'
    faults += '<div style="overflow: hidden; width: 2rem; white-space: nowrap">much more</div>'
    page = page.replace("<h2>Cycles", faults + "<h2>Cycles")
    page = page.replace(">saturate<", ">saturate and a little more than that<")
    frame = browser.measure(page, {"phone": 360}, tmp_path)["phone"]
    assert frame["width"] > frame["inner"] == 360
    assert frame["wide"] == ["P."]
    assert frame["scrolled"] == ["DIV."]
    assert "part: saturate and a little more than that" in frame["clipped"]


def test_it_prints(chromium: None, page: str, tmp_path: Path) -> None:
    browser.run(f"--print-to-pdf={tmp_path / 'report.pdf'}", "--no-pdf-header-footer", str(tmp_path / "report.html"))
    pdf = (tmp_path / "report.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-")
    pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
    assert 2 <= pages <= 8
