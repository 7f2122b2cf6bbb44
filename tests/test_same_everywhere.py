"""The same data give the same figures to the last digit: under another hash seed, time zone, locale, number of threads, key of
pseudonyms, and with the rows of every file in another order.

`python -m tests.test_same_everywhere FOLDER` prints the figures of the company in it.
"""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from crmlib.border.company import load_description
from crmlib.border.ingest import ingest
from crmlib.facts.company import read_company
from crmlib.vocabulary import language
from crmlib.vocabulary.months import last_day
from crmlib.vocabulary.policy import load
from crmlib.vocabulary.schema import TABLES
from tests.study_known import desk_tables
from tests.test_golden import BY_LOT, figures, written
from tests.told import CHAPTERS

ROOT = Path(__file__).parents[1]
HERE = {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
ELSEWHERE = {
    "PYTHONHASHSEED": "77",
    "TZ": "Pacific/Kiritimati",
    "LC_ALL": "tr_TR.UTF-8",
    "OMP_NUM_THREADS": "3",
    "OPENBLAS_NUM_THREADS": "3",
}


def company(folder: Path, *, shuffled: bool) -> None:
    """Files of a service desk of eighty customers, its people among them."""
    folder.mkdir()
    frames = desk_tables(80)
    frames["customers"] = pd.DataFrame({"customer_id": [f"k{i:04d}" for i in range(80)]}).assign(
        name=[f"Person {i}" for i in range(80)], phone=[f"015123{i:05}" for i in range(80)], acquired_on="2024-01-01"
    )
    lines = ['name = "desk"', 'currency = "CNY"', 'time_zone = "Asia/Shanghai"']
    for name, frame in frames.items():
        rows = frame.sample(frac=1, random_state=9) if shuffled else frame
        rows.to_csv(folder / f"{name}.csv", index=False)
        lines += [f"[{name}]", f'from = "{name}.csv"', f"[{name}.fields]"]
        lines += [f'{c} = "{c}"' for c in frame.columns if c in TABLES[name].names]
    (folder / "company.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def told(folder: Path) -> str:
    """Every figure of the six chapters, and the account of the rows, as text."""
    described = load_description(folder)
    policy = load(None)
    read = ingest(described, folder / "out", policy=policy)
    c = read_company(folder / "out" / "tables", as_of=last_day(read.latest_month), policy=policy)
    with language.using("en", "CNY"):
        rows = pd.concat([figures(c, path) for path in CHAPTERS])
    rows = rows[~rows["kpi"].isin(BY_LOT)]
    return written(rows) + read.account.to_csv(index=False, lineterminator="\n")


@pytest.mark.slow
def test_every_figure_is_the_same_elsewhere(tmp_path: Path) -> None:
    found = []
    for name, given in (("here", HERE), ("elsewhere", ELSEWHERE)):
        company(tmp_path / name, shuffled=name == "elsewhere")
        ran = subprocess.run(
            [sys.executable, "-m", "tests.test_same_everywhere", str(tmp_path / name)],
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), **given}, capture_output=True, text=True, encoding="utf-8",
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr[-2000:]
        found.append(ran.stdout.splitlines())
    keys = [(tmp_path / name / ".crmlib" / "key").read_bytes() for name in ("here", "elsewhere")]
    assert keys[0] != keys[1]
    assert len(found[0]) > 80
    assert found[0] == found[1]


if __name__ == "__main__":
    print(told(Path(sys.argv[1])), end="")
