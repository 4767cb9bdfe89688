import dataclasses

import pytest

from hadamrnn.errors import InputError
from hadamrnn.hw.targets.catalogue import TARGETS, get_target
from hadamrnn.hw.targets.target import Resource, Target


def test_a_target_is_found_by_its_name() -> None:
    target = get_target("ice40-up5k")
    assert target is TARGETS["ice40-up5k"]
    assert (target.family, target.package) == ("ice40", "sg48")


def test_an_unknown_target_is_refused_with_the_choices() -> None:
    choices = ", ".join(TARGETS)
    assert choices.startswith("ice40-up5k, ice40-hx8k, ice40-lp1k, ")
    with pytest.raises(InputError, match=f"target must be one of {choices}, not 'virtex-2'"):
        get_target("virtex-2")


def test_targets_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        TARGETS["mine"] = get_target("ice40-up5k")  # type: ignore[index]
    with pytest.raises(dataclasses.FrozenInstanceError):
        get_target("ice40-up5k").name = "mine"  # type: ignore[misc]


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS.keys())
def test_every_target_says_what_its_cells_are(target: Target) -> None:
    names = [resource.name for resource in target.resources]
    assert names[:3] == ["logic_cells", "luts", "flip_flops"]
    assert len(set(names)) == len(names)
    assert all(resource.unit and resource.available > 0 for resource in target.resources)
    assert all((resource.bits is not None) == resource.name.endswith("_rams") for resource in target.resources)


def test_of_the_ice40_only_the_up5k_has_multipliers() -> None:
    without = [name for name, target in TARGETS.items() if target.resource("dsps") is None]
    assert without == ["ice40-hx8k", "ice40-lp1k", "ice40-lp8k"]


def test_a_resource_is_counted_in_one_place() -> None:
    with pytest.raises(ValueError, match="luts must have either placed_as or cells"):
        Resource(name="luts", unit="LUT", available=1)
    with pytest.raises(ValueError, match="luts must have either placed_as or cells"):
        Resource(name="luts", unit="LUT", available=1, placed_as="LC", cells=("LUT4",))


def test_a_target_without_place_and_route_says_why_it_knows_no_clock() -> None:
    target = get_target("ice40-up5k")
    with pytest.raises(ValueError, match="must have either place_and_route or a reason in clock_unknown"):
        dataclasses.replace(target, place_and_route=None)
    with pytest.raises(ValueError, match="must count its resources by cells"):
        dataclasses.replace(target, place_and_route=None, clock_unknown="no open place-and-route")


def test_a_cell_can_be_several_of_a_resource() -> None:
    resource = Resource(name="luts", unit="LUT", available=1, cells=("LUT?", "RAM32M"), weights=(("RAM32M", 4),))
    assert resource.count({"LUT1": 2, "LUT6": 3, "RAM32M": 5, "FDRE": 7}) == 2 + 3 + 4 * 5
