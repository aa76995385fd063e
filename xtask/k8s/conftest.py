"""The rendered overlays, once for all tests."""

import pytest

import manifests


@pytest.fixture(scope="session")
def rendered():
    """Both overlays by name. Who changes one copies it first."""
    return {overlay: manifests.render(overlay) for overlay in ("local", "production")}
