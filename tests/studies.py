"""What takes too long for every test run: `python -m tests.studies NAME [...]`; without a name, what there is.

A study is a file `study_NAME.py` beside this one with `main(arguments) -> exit code`; its first line says what it shows.
"""

import sys
from importlib import import_module
from pathlib import Path

STUDIES = sorted(path.stem.removeprefix("study_") for path in Path(__file__).parent.glob("study_*.py"))


def main(arguments: list[str]) -> int:
    """Run the study named first, with the other arguments."""
    if not arguments or arguments[0] not in STUDIES:
        for name in STUDIES:
            says = (import_module(f"tests.study_{name}").__doc__ or "").strip().splitlines()[0]
            print(f"  {name:12} {says}")
        return 2 if arguments else 0
    code: int = import_module(f"tests.study_{arguments[0]}").main(arguments[1:])
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
