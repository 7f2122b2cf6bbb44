"""Chapter 4 on companies of known truth: noise stays noise, the channel that causes is first, and Hillstrom's figures come out.

`python -m tests.studies channels [noise N] [planted N] [hillstrom]`: how often the band of the Qini curve holds nought everywhere
where no contact changes anybody more than others; how often the channel that brings orders is first and the one that is only
answered is not said to bring any; the effect of the women's e-mail by what customers had bought. About ten minutes in all.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from crmlib.facts.company import Company, company_from
from crmlib.measures import channel_effects, trials, uplift
from crmlib.vocabulary.policy import Policy
from tests.test_channel_effects import lots
from tests.test_real_trials import HILLSTROM, SHARED, reviewed

AS_OF = date(2026, 10, 31)
LOT = Policy.model_validate({"trials": {"drawn_by_lot": ["all"]}})
KNOWN = """
[states]
from = "hillstrom.parquet"
unpivot = ["recency", "history", "mens", "womens", "zip_code", "newbie", "channel"]
[states.fields]
customer_id = "__line"
attribute = "name"
value = "value"
"""
"""What is known of Hillstrom's customers before the campaign."""
HELD, FIRST = 0.93, 0.95
"""Least share of noise companies whose band holds nought, and of planted ones in which the right channel is first."""


def noise(seed: int, n: int = 900) -> Company:
    """A campaign of two arms that changes the outcome by the same for all, and five attributes of which one tells the outcome."""
    rng = np.random.default_rng(seed)
    ids, arm = [f"c{i:05}" for i in range(n)], rng.choice(["control", "mail"], n)
    known = rng.normal(size=(n, 5)).round(3)
    share = 1 / (1 + np.exp(1.2 - 0.8 * known[:, 0]))
    came = rng.random(n) < share
    day = pd.Timestamp("2026-09-01 09:00")
    contacts = pd.DataFrame(
        {"interaction_id": ids, "customer_id": ids, "at": day, "channel": "email", "direction": "out"}
    )
    outcomes = pd.DataFrame({"outcome_id": ids, "customer_id": ids, "at": day + pd.Timedelta(days=3), "name": "visit"})
    states = pd.DataFrame(known, columns=[f"x{i}" for i in range(5)]).assign(customer_id=ids)
    states = states.melt("customer_id", var_name="attribute", value_name="value").assign(at=pd.Timestamp("2026-08-31"))
    frames = {
        "interactions": contacts.assign(campaign="autumn", arm=arm),
        "outcomes": outcomes.assign(value=came.astype(float)),
        "states": states.assign(value=states["value"].astype(str)),
    }
    return company_from(frames, as_of=AS_OF, policy=LOT)


def held(seed: int) -> bool:
    """Whether the band of a noise company holds nought everywhere."""
    c = noise(seed)
    curve = uplift.gains(c, uplift.study(c))
    assert len(curve)
    return bool(((curve["low"] <= 0) & (curve["high"] >= 0)).all())


def first(seed: int) -> bool:
    """Whether the channel that brings orders is first by lot, and the one that is answered most is not said to bring any."""
    c = lots(seed)
    told = channel_effects.effects(c, trials.compare(c))
    told = told[told["basis"] == channel_effects.BY_LOT].set_index("channel")
    return told.index[0] == "wechat" and told.loc["phone", "verdict"] != "more"


def hillstrom() -> bool:
    """Whether the women's e-mail adds .0731 to the visits of past buyers of women's wear, and .0111 to those of the rest."""
    with TemporaryDirectory() as folder:
        c = reviewed(Path(folder), HILLSTROM + KNOWN, SHARED).under(LOT)
        told = uplift.splits(c, uplift.study(c)).set_index(["arm", "attribute", "among"])["change"]
    bought, rest = (told[("Womens E-Mail", "womens", group)] for group in ("1", "0"))
    print(f"Hillstrom, women's e-mail: {bought:+.4f} among past buyers of women's wear, {rest:+.4f} among the rest")
    return (round(bought, 4), round(rest, 4)) == (0.0731, 0.0111)


def main(arguments: list[str]) -> int:
    """Run the parts named (all without any), each so many times; 1 where one falls short."""
    wanted = dict.fromkeys(("noise", "planted", "hillstrom"), 0) | {"noise": 200, "planted": 100}
    if arguments:
        times = {name: after for name, after in zip(arguments, [*arguments[1:], ""], strict=True) if name in wanted}
        wanted = {name: int(n) if n.isdigit() else wanted[name] for name, n in times.items()}
    bad = 0
    for part, check, least in (("noise", held, HELD), ("planted", first, FIRST)):
        if part in wanted:
            came = [check(seed) for seed in range(wanted[part])]
            print(f"{part}: {sum(came)} of {len(came)} ({np.mean(came):.3f}, at least {least})", flush=True)
            bad |= bool(np.mean(came) < least)
    if "hillstrom" in wanted and SHARED.exists():
        bad |= not hillstrom()
    return int(bad)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
