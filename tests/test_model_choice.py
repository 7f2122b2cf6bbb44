"""The model of buying is the one that comes nearest on a hold-out period; fits at the edge are said and never chosen."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest

from crmlib.measures import model_choice
from crmlib.models import bgnbd, mbgnbd, nbd, pareto_nbd
from crmlib.models import choice as models
from crmlib.models.choice import Choice, Rules, deviance
from crmlib.models.gates import Gate
from crmlib.models.origins import Fitting, Origin
from crmlib.vocabulary.kpis import KPIS
from crmlib.vocabulary.policy import Policy
from tests.buyers import Buyers, beta_geometric, buyers
from tests.small_company import knowing

AS_OF = date(2026, 10, 31)
ROOT = Path(__file__).parent.parent

FOLDER = Path(str(find_spec("lifetimes").origin)).parent / "datasets"  # type: ignore[union-attr]
POLICY = Policy.model_validate({})
CANDIDATES = (bgnbd.fit, mbgnbd.fit, pareto_nbd.fit, nbd.fit)


def cut(days: pd.DataFrame, end: date) -> pd.DataFrame:
    """A summary in weeks of days with a purchase (customer_id, day) until `end`."""
    until = pd.Timestamp(end)
    each = days[days["day"] <= until].groupby("customer_id")["day"].agg(["min", "max", "size"]).reset_index()
    return pd.DataFrame(
        {
            "customer_id": each["customer_id"],
            "frequency": each["size"] - 1.0,
            "recency": (each["max"] - each["min"]).dt.days / 7,
            "T": (until - each["min"]).dt.days / 7,
            "time_unit": "weeks",
        }
    )


@pytest.fixture(scope="module")
def cdnow() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    names = ["master", "customer_id", "day", "cds", "amount"]
    orders = pd.read_csv(FOLDER / "CDNOW_sample.txt", sep=r"\s+", header=None, names=names, dtype=str)
    days = orders.assign(day=pd.to_datetime(orders["day"])).drop_duplicates(["customer_id", "day"])
    half = date(1997, 9, 30)
    came = days[days["day"] > pd.Timestamp(half)].groupby("customer_id").size().rename("purchases").reset_index()
    return cut(days, half), came, cut(days, date(1998, 6, 30))


def split(crowd: Buyers, weeks: float) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Histories before, what came within `weeks`, and histories then."""
    before, came = crowd.summary, crowd.later(weeks)
    soon = crowd.after <= weeks
    last = pd.Series(crowd.after[soon]).groupby(crowd.who[soon]).max().reindex(range(len(before)))
    now = before.assign(
        frequency=before["frequency"] + came,
        recency=np.where(came > 0, before["T"] + last, before["recency"]),
        T=before["T"] + weeks,
    )
    return before, pd.DataFrame({"customer_id": before["customer_id"], "purchases": came}), now


def choose(
    before: pd.DataFrame, came: pd.DataFrame, now: pd.DataFrame, candidates: Sequence[Fitting], *, days: int
) -> Choice:
    """Tried once, on what came in the days after."""
    bought = before["customer_id"].map(came.set_index("customer_id")["purchases"]).fillna(0.0).astype(float)
    origin = Origin(AS_OF, days, 9, 9, before.assign(came=bought, revenue=0.0))
    return models.choose([origin] if len(before) else [], now, candidates, Rules(), on=AS_OF)


def test_cdnow(cdnow: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]) -> None:
    """1,653 of 1,882 are BG/NBD's (Fader, Hardie and Lee 2005, figure 5)."""
    choice = choose(*cdnow, CANDIDATES, days=273)
    table = choice.table.set_index("model")
    assert (table["state"] == "fitted").all()
    assert table.loc["BG/NBD", "ratio"] == pytest.approx(1653 / 1882, rel=1e-3)
    assert table["deviance"].is_monotonic_increasing
    assert table["chosen"].to_list() == [True, False, False, False]
    assert table.index[-1] == "NBD"
    assert table.loc["NBD", "low"] > 0, "that people leave is beyond doubt here"
    assert choice.model.fit.model == choice.tried[0].model.fit.model == table.index[0]
    assert choice.model.fit.customers == len(cdnow[2])
    assert choice.model.fit.model in model_choice.note(knowing(AS_OF), choice)


def test_the_model_that_made_the_data_wins() -> None:
    """Many leave right after the first purchase: only MBG/NBD knows of that."""
    rng = np.random.default_rng(3)
    data = split(beta_geometric(20_000, (0.9, 8.0, 0.8, 1.2), rng, first=True), 30.0)
    choice = choose(*data, CANDIDATES, days=210)
    assert choice.model.fit.model == "MBG/NBD"
    assert choice.table.set_index("model").loc["MBG/NBD", "ratio"] == pytest.approx(1, abs=0.05)


def test_where_nobody_leaves_the_edge_is_said_and_nbd_is_used() -> None:
    rng = np.random.default_rng(6)
    data = split(buyers(4000, rng, rng.gamma(0.8, 0.1, 4000), oldest=60), 26.0)
    choice = choose(*data, CANDIDATES, days=182)
    table = choice.table.set_index("model")
    assert (table.loc[["BG/NBD", "MBG/NBD", "Pareto/NBD"], "state"] == "boundary").all()
    assert model_choice.table(knowing(AS_OF), choice).set_index("model")["why"].notna().to_dict() == {
        "NBD": False,
        "BG/NBD": True,
        "MBG/NBD": True,
        "Pareto/NBD": True,
    }
    assert choice.model.fit.model == "NBD"
    assert table.loc["NBD", "ratio"] == pytest.approx(1, abs=0.05)
    assert "BG/NBD, MBG/NBD and Pareto/NBD" in model_choice.note(knowing(AS_OF), choice)
    said = model_choice.leaving(knowing(AS_OF), replace(choice, gate=Gate("passed")))
    assert said.startswith("NBD takes it that nobody leaves")


def test_where_a_little_leaving_is_found_by_chance_nbd_still_comes_nearest() -> None:
    rng = np.random.default_rng(10)
    data = split(buyers(4000, rng, rng.gamma(0.8, 0.1, 4000), oldest=60), 26.0)
    choice = choose(*data, CANDIDATES, days=182)
    assert "fitted" in choice.table["state"].to_list()[1:]
    assert choice.model.fit.model == "NBD"


PASSED = Gate(
    "passed", ratio=1.08, least=0.95, most=1.2, factor=0.94, spreads=(0.1,) * 5, freedom=4.0, origins=4, months=9
)


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        (
            PASSED,
            r"it expected 1\.08 for each that came \(0\.95 to 1\.20 over 4 trials of 9 months\).* by 0\.94 .*A whole year",
        ),
        (replace(PASSED, months=12), r"multiplied by 0\.94 for that\.$"),
        (
            replace(PASSED, state="missed", ratio=1.65),
            r"^No forecast .* it expected 1\.65 of what came .*at most 1\.25",
        ),
        (replace(PASSED, state="behind"), r"^No forecast .*same months a year before came nearer"),
        (replace(PASSED, state="untested"), r"^No forecast .* with 0 months of orders on record .* takes 16"),
    ],
)
def test_the_page_promises_or_declines_in_one_sentence(
    cdnow: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame], gate: Gate, said: str
) -> None:
    choice = replace(choose(*cdnow, [bgnbd.fit], days=273), gate=gate)
    assert re.search(said, model_choice.promise(knowing(AS_OF), choice))
    assert (model_choice.declined(knowing(AS_OF), choice) == "") == gate.passed


def test_row_order_changes_nothing(cdnow: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]) -> None:
    one = choose(*cdnow, CANDIDATES, days=273).table
    early, came, now = (f.sample(frac=1, random_state=i) for i, f in enumerate(cdnow))
    other = choose(early, came, now, CANDIDATES, days=273).table
    pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_without_a_past_to_test_on_the_first_usable_is_taken_and_said(
    cdnow: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
) -> None:
    before, came, now = cdnow
    for early, later in ((before.head(0), came), (before.head(3), came), (before, came.head(0))):
        choice = choose(early, later, now, CANDIDATES, days=273)
        assert choice.model.fit.model == "BG/NBD"
        assert choice.table["deviance"].isna().all()
        assert "untested" in model_choice.note(knowing(AS_OF), choice)


def test_nothing_usable_is_a_state_and_a_sentence(cdnow: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]) -> None:
    few = cdnow[0].head(4)
    choice = choose(few, cdnow[1], few, CANDIDATES, days=273)
    assert choice.model.fit.state == "too_few"
    assert model_choice.problem(choice.model.fit) in model_choice.note(knowing(AS_OF), choice)
    assert "4" in model_choice.problem(choice.model.fit)
    assert len(choice.table) == 4


@pytest.mark.parametrize("folder", ["chapters", "chapters/zh"])
def test_no_fixed_text_speaks_of_one_model_under_the_figures_of_another(folder: str) -> None:
    """Models are introduced by name where they are offered; from there on every sentence is made of the chosen one."""
    cells = nbformat.read(ROOT / folder / "03_tiering.ipynb", as_version=4).cells
    named = {cell.id for cell in cells if cell.cell_type == "markdown" and "NBD" in cell.source}
    assert named == {"value-intro", "choose-intro"}
    assert not [kpi.name for kpi in KPIS.values() if "NBD" in f"{kpi.definition} {kpi.sentence} {kpi.label}"]


@pytest.mark.parametrize(
    ("fit", "said"),
    [(bgnbd.fit, "nobody"), (mbgnbd.fit, "right after"), (pareto_nbd.fit, "any moment"), (nbd.fit, "takes it")],
)
def test_what_is_said_of_leaving_is_that_of_the_model_chosen(
    cdnow: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame], fit: Fitting, said: str
) -> None:
    choice = replace(choose(*cdnow, [fit], days=273), gate=Gate("passed"))
    sentence = model_choice.leaving(knowing(AS_OF), choice)
    assert sentence.startswith(f"{choice.model.fit.model} ")
    assert said in sentence
    assert model_choice.parameters(knowing(AS_OF), choice.model.fit)["says"].str.startswith("How ").all()


def test_where_no_model_can_be_used_that_is_said_once(
    cdnow: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
) -> None:
    before, came, now = (f.head(9) for f in cdnow)
    choice = choose(before, came, now, CANDIDATES, days=273)
    assert model_choice.problem(choice.model.fit) in model_choice.note(knowing(AS_OF), choice)
    assert model_choice.leaving(knowing(AS_OF), choice) == ""


def test_deviance_is_least_for_the_true_expectation() -> None:
    rng = np.random.default_rng(1)
    came = rng.poisson(rng.gamma(0.4, 2.0, 50_000)).astype(float)
    tried = {mean: deviance(came, np.full(len(came), mean)).mean() for mean in (0.0, 0.5, came.mean(), 1.2)}
    assert min(tried, key=tried.__getitem__) == came.mean()
    assert deviance(np.array([0.0, 2.0]), np.array([0.0, 2.0])) == pytest.approx([0.0, 0.0], abs=1e-5)
