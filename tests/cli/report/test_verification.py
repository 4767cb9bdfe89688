"""What the page of a verification says was compared."""

from hadamrnn.cli.report.verification import compared

from .given import cosimulation


def test_sequences_of_an_earlier_run_are_named() -> None:
    assert dict(compared(cosimulation()))["sequences"] == "21"
    rows = dict(compared(cosimulation(sequences_resumed=4)))
    assert rows["sequences"] == "21, 4 of them by an earlier run that was interrupted"


def test_verilog_that_is_not_as_it_was_generated_is_named() -> None:
    said = {
        known: dict(compared(cosimulation(verilog_as_generated=known)))["the Verilog"] for known in (True, False, None)
    }
    unknown = said.pop(None)
    assert said == {True: "as it was generated", False: "edited since it was generated"}
    assert unknown.startswith("not known whether it was edited: ")
