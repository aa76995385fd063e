"""The overlays as they are: nothing is wrong with them. And broken in one way each: it is found."""

import copy
import re

import pytest

import ends
import hardening
import network
import schemas
import shop
from breaks import BREAKS, DELETE


def faults(manifests, overlay):
    """Everything that any check finds."""
    yield from schemas.faults(manifests)
    yield from hardening.faults(manifests)
    yield from ends.faults(manifests)
    yield from network.faults(manifests, overlay)


@pytest.mark.parametrize("overlay", ["local", "production"])
def test_nothing_is_wrong_with(overlay, rendered):
    assert list(faults(rendered[overlay], overlay)) == []


@pytest.mark.parametrize("broken", BREAKS)
def test_is_found(broken, rendered):
    resource, pointer, value, sentence = BREAKS[broken]
    kind, name = resource.split("/")
    overlay = "production" if kind in ("Gateway", "HTTPRoute") else "local"
    manifests = copy.deepcopy(rendered[overlay])

    change(manifests.of(kind)[name], pointer, value)

    assert any(sentence in fault for fault in faults(manifests, overlay))


def change(place, pointer, value):
    *path, last = [
        int(step) if re.fullmatch(r"-?\d+", step) else step.replace("~1", "/") for step in pointer.split("/")
    ]
    for step in path:
        place = place[step]
    if value is DELETE:
        del place[last]
    else:
        place[last] = value


def test_a_way_to_the_edge_past_the_gateway_is_found(rendered):
    manifests = copy.deepcopy(rendered["production"])
    del manifests.of("NetworkPolicy")["edge"]["spec"]["ingress"][0]["from"]

    assert "network: the way in from stranger to edge at TCP 8080 is open" in faults(manifests, "production")


def test_a_secret_key_that_the_readme_does_not_name_is_found(rendered, monkeypatch):
    documented = shop.documented_secrets()
    documented["orders"].remove("redis")
    monkeypatch.setattr(ends, "documented_secrets", lambda: documented)

    found = list(ends.faults(rendered["production"]))

    assert len(found) == 1 and found[0].startswith("orders: it reads")
