"""The pytest plugin of lambda-cache: the fixture `lambda_cache_fake`.

pytest imports this in every run. lambda_cache itself is imported by tests that ask for the fixture.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lambda_cache.testing import FakeCloud


@pytest.fixture
def lambda_cache_fake() -> Iterator[FakeCloud]:
    """A fake cloud that stands in for AWS during the test; see `lambda_cache.testing`."""
    from lambda_cache import testing

    with testing.fake() as cloud:
        yield cloud
