"""How every test runs: hypothesis without deadlines (machines are shared), and the same examples on every run of CI."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("house", deadline=None, derandomize="CI" in os.environ, print_blob=True)
settings.load_profile("house")
