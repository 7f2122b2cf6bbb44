"""Study: all pages of a month in both languages at every width, by day and in the dark: axe, and nothing that sticks out.

`python -m tests.studies access` runs the test of `test_one_page.py` that the suite runs at one width a page.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.test_one_page import EVERY_WIDTH


def main(arguments: Sequence[str] = ()) -> int:
    """The exit code of the tests; `arguments` are handed on to pytest."""
    file = Path(__file__).with_name("test_one_page.py")
    with patch.dict(os.environ, {EVERY_WIDTH: "1"}):
        return int(pytest.main([str(file), "-k", "open_to_everybody", *arguments]))
