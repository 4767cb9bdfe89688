"""What is read in nextpnr's log while it runs."""

import pytest

from hadamrnn.hw.synthesis.place_and_route import RouterStalled, RouterWatch

HEAD = "Info:    IterCnt |  w/ripup   wo/ripup |  w/r  wo/r |      arcs| batch(sec) total(sec)|"


def line(with_ripup: int, without: int) -> str:
    count = with_ripup + without
    return f"Info: {count:10d} | {with_ripup:8d} {without:10d} | 1000     0 |      1615|       0.31     587.99|"


def test_a_router_that_takes_the_same_arcs_for_ever_is_stopped() -> None:
    watch = RouterWatch()
    watch.see(HEAD)
    for count in range(200):
        watch.see(line(1000 * count, 1707))
    with pytest.raises(RouterStalled, match="the router makes no progress in 200,000 arcs"):
        watch.see(line(1000 * 200, 1707))


def test_a_router_that_gets_on_is_left_alone() -> None:
    watch = RouterWatch()
    for count in range(2000):
        watch.see(line(1000 * count, 1707 + count // 150))
        watch.see("Info: Critical path report for clock 'clk' (posedge -> posedge):")
