"""The exports of the company that lives on: `python -m crmlib.teaching.continued FOLDER LIST` adds the month after the last.

FOLDER is a copy of the company's exports, LIST what the review of its last month proposed. `lists/` there keeps each month's list
with what became of it, as a team writes it back; from the seed and these the months before are lived again, which is all that
is remembered. `living.json` says what the last month was and what is planted in it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from crmlib.teaching import plan
from crmlib.teaching.ahead import LONGEST
from crmlib.teaching.carrying import FATES
from crmlib.teaching.files import append_source, fill_source
from crmlib.teaching.living import Life, Lived, begun, live
from crmlib.teaching.sources import CASES, sources
from crmlib.teaching.truth import reordered
from crmlib.vocabulary.reasons_to_act import WHAT

STATE, LISTS = "living.json", "lists"
READ: Final = ["action_id", "customer_id", "why", "channel", "arm", "explore", "due_on"]
STATUS: Final = dict(zip(FATES, ("done", "done", "open", "called_off", ""), strict=True))
OTHERS: Final = "habit"
"""Reason whose purpose a moment of the company's own has."""


def next_month(folder: Path, proposed: Path) -> dict[str, Any]:
    """Live the month after the last and add it to the exports in `folder`; what `living.json` then says.

    Raises `ValueError` for a list that is none of this company's, or when it has lived all its months.
    """
    about, lists = state(folder), folder / LISTS
    life, lived = _lived(folder)
    given = pd.read_csv(proposed, dtype="str", keep_default_na=False, encoding="utf-8-sig")
    if missing := [name for name in READ if name not in given.columns and name != "explore"]:
        raise ValueError(f"{proposed}: the list has no column {missing[0]!r}; give the proposals of the month's review")
    # The numbers of actions hang on the copy's key; what comes of a list does not.
    given = given.reindex(columns=READ, fill_value="").sort_values(["customer_id", "why"], ignore_index=True)
    month = life.name
    new = live(life, _listed(life, given))
    for name, frame in sources(new.frames).items():
        append_source(folder, name, frame)
    fill_source(folder, "desk_cases.csv.gz", [CASES["ticket_id"]], _written_cases(new.solved))
    fill_source(folder, "consents.parquet", ["customer_id", "channel", "purpose"], new.withdrawn)
    lists.mkdir(exist_ok=True)
    given.assign(**_written_back(new.done)).to_csv(lists / f"{month}.csv", index=False, lineterminator="\n")
    every = [compared(one.done) for one in (*lived, new)]
    about |= {
        "month": month,
        "list": str(Path(LISTS) / f"{month}.csv"),
        "fates": {name: int((new.done["fate"] == name).sum()) for name in FATES},
        "planted": planted(every[-1]),
        "planted_of_all": planted(pd.concat([_programme(life), *every])),
    }
    (folder / STATE).write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    return about


def lived_on(folder: Path) -> Life:
    """The company as it stands after the last month of the exports in a folder."""
    return _lived(folder)[0]


def _lived(folder: Path) -> tuple[Life, list[Lived]]:
    """The company, and the months that it has lived since its past, from the seed and the lists kept."""
    about = state(folder)
    life = begun(about["customers"], about["seed"])
    kept = (pd.read_csv(path, dtype="str", keep_default_na=False) for path in _kept(folder / LISTS))
    return life, [live(life, _listed(life, given)) for given in kept]


def state(folder: Path) -> dict[str, Any]:
    """What is known of a copy: seed and number of customers, the committed company's by default, and its last month."""
    file = folder / STATE
    about: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return {"seed": plan.SEED, "customers": 8000, **about}


def _kept(lists: Path) -> list[Path]:
    return sorted(lists.glob("[0-9]*.csv"))[:LONGEST]


def _listed(life: Life, given: pd.DataFrame) -> pd.DataFrame:
    """A list as `living.live` takes it."""
    held = life.made.held
    entity = given["customer_id"].map(dict(zip(held["record_id"], held["entity_id"], strict=True)))
    if entity.isna().any():
        raise ValueError(
            f"the list names a customer whom this company does not have: {given['customer_id'][entity.isna()].iloc[0]}"
        )
    due = (pd.to_datetime(given["due_on"].str[:10], errors="coerce") - pd.Timestamp(plan.START)).dt.days
    return pd.DataFrame(
        {
            "entity": entity.astype(int),
            "why": given["why"],
            "purpose": [WHAT.get(why, WHAT[OTHERS])[1] for why in given["why"]],
            "channel": given["channel"],
            "arm": given["arm"],
            "due": due.fillna(0.0),
            "explored": given["explore"].str.lower() == "true",
        }
    )


def _written_back(done: pd.DataFrame) -> dict[str, Any]:
    """What the team writes into the list: status, day and outcome; nothing for those who are left alone."""
    day = pd.Timestamp(plan.START) + pd.to_timedelta(np.floor(done["at"]), unit="D")
    said = np.where(done["answered"], "reached", "no_answer")
    said = np.where(done["fate"] == "not_allowed", "consent_withdrawn", np.where(done["at"].isna(), "", said))
    return {"status": done["fate"].map(STATUS), "done_at": day.dt.strftime("%Y-%m-%d").fillna(""), "outcome": said}


def _written_cases(solved: pd.DataFrame) -> pd.DataFrame:
    out = solved.rename(columns=CASES)
    for name in (CASES["first_response_at"], CASES["resolved_at"]):
        out[name] = out[name].dt.strftime("%Y-%m-%d %H:%M:%S")
    return out


def compared(done: pd.DataFrame) -> pd.DataFrame:
    """The rows that chapter 6 holds against each other: of reasons of which the lot drew both arms, exploring apart."""
    rows = done[done["arm"].isin(("act", "hold_out")) & ~done["explored"]]
    return rows[rows.groupby("why")["arm"].transform("nunique") == 2]


def _programme(life: Life) -> pd.DataFrame:
    """What was planted in the programme of the company's past, by the orders that would have come."""
    rows = life.made.actions
    would = rows["lost_order"] | (reordered(life.made) & ~rows["extra_order"])
    return rows.assign(expected=np.where(would, -rows["chance_lost"], rows["chance_extra"]))


def planted(rows: pd.DataFrame) -> float:
    """Orders more that acting was to bring for each proposal of the arm that was acted on, done or not."""
    return float(rows.loc[rows["arm"] == "act", "expected"].mean())


def main(arguments: list[str]) -> int:
    """Add the next month to a copy; what is to be said of it as one line of JSON, what went wrong as one line of text."""
    try:
        print(json.dumps(next_month(Path(arguments[0]), Path(arguments[1]))))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
