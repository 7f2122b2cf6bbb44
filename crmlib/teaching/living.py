"""The teaching company lives on: after its 36 months each further month as its customers are planted, its list carried out.

What a customer buys of their own accord is drawn ahead once, from where the past ends, so that logins fall before they leave here
too; contacts then change it as `reactions` says. Each month has streams of its own: the past stays as it was, and the same seed
with the same lists gives the same months.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.random import Generator

from crmlib.teaching import names, plan, programmes, service, use
from crmlib.teaching.ahead import HORIZON, LONGEST, buy_ahead, clock, next_due
from crmlib.teaching.carrying import carried_out
from crmlib.teaching.contacts import acquisition
from crmlib.teaching.dispositions import disposed
from crmlib.teaching.orders import Favourites, Trade, favourites, late_service, order_frame, season_of
from crmlib.teaching.people import Floats, Ints, coming, entities, records, stream, with_ids
from crmlib.teaching.programmes import month_start
from crmlib.teaching.world import ALL, World, stamps, tables, world
from crmlib.vocabulary.reasons_to_act import OWED

SOLVED: Final = 0.7
"""Share of the cases left open that are solved in a month in which nobody was to see to them."""
MONTHS_AHEAD, WAVES, WELCOME = 4000, 4001, 4002
"""Streams of the months; of the surveys of a quarter, which go on into the next month; of who is welcomed."""


@dataclass
class Life:
    """The company as it stands at the end of a month: `month` is the number of the next one, `made` all that is so until then.

    Orders of customers' own accord are there already for the months to come.
    """

    made: World
    favourites: Favourites
    pace: Floats
    birthday: Ints
    month: int = plan.MONTHS

    @property
    def name(self) -> str:
        """The next month, as 2026-11."""
        return str(pd.Period(plan.START.strftime("%Y-%m"), "M") + self.month)


@dataclass(frozen=True)
class Lived:
    """A month that was lived: `frames` the new rows of each canonical table; `solved` the cases and `withdrawn` the consents of
    before that have changed (with the keys of their tables); `done` the list with what became of it (`carrying.carried_out`).
    """

    frames: dict[str, pd.DataFrame]
    solved: pd.DataFrame
    withdrawn: pd.DataFrame
    done: pd.DataFrame


def begun(customers: int = 8000, seed: int = plan.SEED, *, defects: bool = True) -> Life:
    """The company as `make` makes it, with what its customers will buy of their own accord."""
    made = world(customers, seed, ALL, defects=defects)
    own = favourites(customers, len(made.orders), seed)
    made.numbered = (1_000_001 + len(made.orders), 1 + len(made.contacts.frame()), 10_001 + len(made.cases))
    made.cases = made.cases.assign(number=10_001 + np.arange(len(made.cases)))
    rng = stream(seed, MONTHS_AHEAD)
    who = np.flatnonzero(~made.people["never_buys"] & np.isinf(made.trade.left))
    buy_ahead(made.people, made.trade, who, next_due(made.people, made.trade, who, rng), rng)
    return Life(made, own, use.paces(customers, seed), names.birthday_of_year(made.known))


def live(life: Life, listed: pd.DataFrame) -> Lived:
    """Live the next month, the list made at the end of the last one carried out in it; `life` goes on by the month.

    `listed` has a row per proposal: entity (number of the customer), why, purpose, channel, arm, due (day, by number). Raises
    `ValueError` when the company has lived all its months.
    """
    if life.month >= plan.MONTHS + LONGEST:
        raise ValueError(f"the company lives on for {LONGEST} months, and has; begin another one")
    made, first, end = life.made, month_start(life.month), month_start(life.month + 1)
    seed = int(np.random.SeedSequence([made.seed, MONTHS_AHEAD, life.month]).generate_state(1)[0])
    came = len(made.people)
    new = _come(life, seed, first, end)
    made.contacts.rng, made.contacts.batches, made.contacts.campaigns = stream(seed, 9), [], []
    cases = service.tickets(made.people, made.trade, seed, end)
    cases = cases[cases["at"] >= first].reset_index(drop=True)
    recent = made.cases[made.cases["at"] > first - plan.LATE_SERVICE["days"]]
    late_service(made.trade, pd.concat([recent, cases]), stream(seed, 11), first, end)
    programmes.mailings(made.contacts, range(life.month, life.month + 1))
    done = carried_out(made.contacts, listed, first, end, stream(seed, 12))
    _programmes(life, came, first, end)
    cases = service.of_customers(cases, made.trade)
    solved = _solve(made, done, first, end, stream(seed, 13))
    answers = _answers(life, pd.concat([cases, solved]), first, end, seed)
    withdrawn = _withdraw(made)
    month = _month(life, cases, answers, first, end, seed)
    frames = tables(month, ("orders", "interactions", "tickets", "surveys", "activity"))
    frames |= {"customers": new["records"], **tables(replace(month, consents=new["consents"]), ("consents",))}
    solved = pd.DataFrame(
        {
            "ticket_id": ("T" + solved["number"].astype(str)).astype(object),
            "first_response_at": stamps(solved["first"]),
            "resolved_at": stamps(solved["solved"]),
        }
    )
    _go_on(life, month, frames, new["consents"])
    return Lived(frames, solved, withdrawn, done)


def _come(life: Life, seed: int, first: int, end: int) -> dict[str, pd.DataFrame]:
    """The customers of a month join: one record each, consents, and what they will buy. Gives the
    `records` as a table, and `consents`.
    """
    made, rng, n = life.made, stream(seed, 1), len(life.made.people)
    usual = coming(end)
    base = int((made.people["acquired"] < plan.DAYS).sum())
    k = max(1, int(rng.poisson(base * usual[first:].sum() / usual[: plan.DAYS].sum())))
    people = disposed(entities(k, seed, np.sort(rng.integers(first, end, k))), seed)
    held = records(people, seed)
    held = held[held["primary"]].assign(created=people["acquired"]).reset_index(drop=True)
    most = made.held.groupby("system")["number"].max()
    held["number"] = held.groupby("system").cumcount() + 1 + held["system"].map(most).fillna(0).astype(int)
    held = with_ids(held)
    known = names.details(people, seed)
    _mark(known, life.month)
    table = tables(replace(made, people=people, held=held, known=known, seed=seed, end=end), ("customers",))[
        "customers"
    ]
    _join(life, people, held, known, rng)
    given = programmes.consents(people, seed, end).assign(withdrawn=np.nan)
    for pair, (since, until) in made.contacts.given.items():
        made.contacts.given[pair] = (np.r_[since, np.full(k, np.inf)], np.r_[until, np.full(k, np.inf)])
    for (channel, purpose), rows in given.groupby(["channel", "purpose"], observed=True):
        made.contacts.given[str(channel), str(purpose)][0][n + rows["entity"].to_numpy()] = rows["granted"]
    given["entity"] += n
    return {"records": table, "consents": given}


def _mark(known: pd.DataFrame, month: int) -> None:
    """Give the newcomers of a month contact points that nobody has yet."""
    more = 2_000_000 + 90_000 * (month - plan.MONTHS)
    known["phone"] = known["phone"].map(lambda text: f"1470{int(text[4:]) + more:07}", na_action="ignore")
    # Nobody's tag begins with a nought or has more than five digits, but theirs.
    known["email"] = known["email"].map(lambda text: re.sub(r"(\d+@)", rf"0{month}\1", text), na_action="ignore")
    known["wechat"] = known["wechat"].map(lambda text: f"{text}{month}", na_action="ignore")


def _join(life: Life, people: pd.DataFrame, held: pd.DataFrame, known: pd.DataFrame, rng: Generator) -> None:
    """Newcomers become customers like the others, and what they will buy is drawn."""
    made, n, k = life.made, len(life.made.people), len(people)
    held = held.assign(entity_id=n + held["entity_id"])
    first, more = made.held[made.held["primary"]], made.held[~made.held["primary"]]
    made.held = pd.concat([first, held, more], ignore_index=True)
    made.people = pd.concat([made.people, people.assign(entity_id=n + np.arange(k))], ignore_index=True)
    made.known = pd.concat([made.known, known], ignore_index=True)
    out, nobody = made.trade, np.full(k, -1)
    out.left, out.cause = np.r_[out.left, np.full(k, np.inf)], np.r_[out.cause, nobody]
    out.incident = np.r_[out.incident, nobody]
    life.birthday = np.r_[life.birthday, names.birthday_of_year(known)]
    made.greeted = np.r_[made.greeted, (life.birthday[n:] >= 0) & (rng.random(k) < plan.GREETED)]
    life.favourites = tuple(np.r_[own, rng.random(k)] for own in life.favourites)
    life.pace = np.r_[life.pace, rng.gamma(6, 1 / 6, k)]
    made.contacts.people = made.people
    begins = (
        made.people["acquired"].to_numpy()
        + rng.random(n + k)
        + np.where(rng.random(n + k) < 0.6, 0, rng.exponential(9, n + k))
    )
    who = np.flatnonzero(~made.people["never_buys"] & (np.arange(n + k) >= n) & (begins < HORIZON))
    buy_ahead(made.people, out, who, clock(season_of(made.people)[who], begins[who]), rng)


def _programmes(life: Life, came: int, first: int, end: int) -> None:
    """The running programmes of a month, whose newcomers are numbered from `came` on."""
    made, contacts, month = life.made, life.made.contacts, range(life.month, life.month + 1)
    n, acquired, rng = len(made.people), made.people["acquired"].to_numpy(), contacts.rng
    acquisition(contacts, came)
    programmes.calls(contacts, month)
    if life.month % 3 == 0:
        programmes.reviews(contacts, life.month)
    welcome = stream(made.seed, WELCOME).random(n) < programmes.WELCOMED
    for after in programmes.WELCOME_DAYS:
        who = np.flatnonzero(welcome & (acquired + after >= first) & (acquired + after < end))
        contacts.reach(who, acquired[who] + float(after), "wechat", "onboarding", f"day-{after}")
    day = (pd.Timestamp(life.name[:4]) - pd.Timestamp(plan.START)).days + life.birthday
    who = np.flatnonzero(made.greeted & (life.birthday >= 0) & (day >= first) & (day < end))
    contacts.reach(who, day[who], "wechat", "care", "birthday")
    for feast in plan.LATER_FESTIVALS:
        if first <= feast - 2 < end:
            contacts.reach(np.flatnonzero(rng.random(n) < 0.3), feast - 2, "wechat", "care", "spring-festival")
    programmes.inbound(contacts, first, end)
    if made.defects:
        programmes.unlawful(contacts, month)


def _solve(made: World, done: pd.DataFrame, first: int, end: int, rng: Generator) -> pd.DataFrame:
    """Solve cases that were open when the month began: those that the list had somebody see to, and most of the others."""
    waits = made.cases[made.cases["solved"].isna() & (made.cases["at"] < first)]
    seen = done[done["at"].notna() & done["why"].isin(OWED)].groupby("entity")["at"].min()
    lot, wait = rng.random(len(waits)), rng.exponential(5.0, len(waits))
    own = np.where(lot < SOLVED, first + wait, np.inf)
    solved = (waits["entity"].map(seen) + 0.1 + lot).fillna(pd.Series(own, index=waits.index))
    answered = waits["first"].fillna(np.maximum(first + 0.4, solved - 0.2 - lot))
    waits = waits.assign(first=answered, solved=np.maximum(solved, answered))[solved < end]
    made.cases.loc[waits.index, ["first", "solved"]] = waits[["first", "solved"]]
    return waits


def _answers(life: Life, cases: pd.DataFrame, first: int, end: int, seed: int) -> pd.DataFrame:
    """Answers of the month: after cases, and to the surveys of a quarter that runs in it."""
    made = life.made
    parts = [service.after_cases(made.people, made.trade, stream(seed, 8), cases)]
    for quarter in range(12, 12 + LONGEST):
        day = service.asked_from(quarter)
        if first - service.ANSWERED_WITHIN < day < end:
            # Of those who were customers when it began, so that its second month asks nobody else.
            n = int((made.people["acquired"] < month_of(day)).sum())
            out, mine = made.trade, made.trade.customer < n
            some = Trade(
                out.customer[mine], out.at[mine], out.kind[mine], out.left[:n], out.cause[:n], out.incident[:n]
            )
            rng = np.random.default_rng([made.seed, WAVES, quarter])
            parts += service.quarterly(made.people.iloc[:n], some, made.greeted[:n], rng, [quarter])
    return service.answered(parts, first, end)


def month_of(day: int) -> int:
    """The first day of the month that a day lies in."""
    return day - (plan.START + pd.Timedelta(days=day)).day + 1


def _withdraw(made: World) -> pd.DataFrame:
    """Take over who has withdrawn consent in the month; those consents, with the keys of their table."""
    before = made.consents["withdrawn"]
    made.consents = programmes.withdrawn(made.consents, made.contacts.given)
    changed = made.consents[before.isna() & made.consents["withdrawn"].notna()]
    return pd.DataFrame(
        {
            "customer_id": made.held["record_id"].to_numpy()[changed["entity"]],
            "channel": changed["channel"].to_numpy(dtype=object),
            "purpose": changed["purpose"].to_numpy(dtype=object),
            "withdrawn_at": stamps(changed["withdrawn"]),
        }
    )


def _month(life: Life, cases: pd.DataFrame, answers: pd.DataFrame, first: int, end: int, seed: int) -> World:
    """The month by itself: its orders, cases, answers and use; its contacts are those collected."""
    made, out = life.made, life.made.trade
    inside = (out.at >= first) & (out.at < end)
    bought = Trade(out.customer[inside], out.at[inside], out.kind[inside], out.left, out.cause, out.incident)
    used = use.activity(made.people, out, made.trial, seed, outage=False, since=first, end=end, pace=life.pace)
    orders = order_frame(made.people, bought, seed, life.favourites)
    return replace(made, seed=seed, orders=orders, cases=cases, answers=answers, used=used, end=end)


def _go_on(life: Life, month: World, frames: dict[str, pd.DataFrame], given: pd.DataFrame) -> None:
    """What the month brought becomes part of the past."""
    made = life.made
    number = made.numbered[2] + np.arange(len(month.cases))
    made.orders = pd.concat([made.orders, month.orders], ignore_index=True)
    made.cases = pd.concat([made.cases, month.cases.assign(number=number)], ignore_index=True)
    made.consents = pd.concat([made.consents, given], ignore_index=True)
    made.numbered = tuple(  # type: ignore[assignment]
        n + len(frames[name]) for n, name in zip(made.numbered, ("orders", "interactions", "tickets"), strict=True)
    )
    made.end = month.end
    life.month += 1
