"""The teaching company put together: every table with canonical columns, before each system exports it its own way."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.random import Generator

from crmlib.teaching import names as names
from crmlib.teaching import plan
from crmlib.teaching import programmes as programmes
from crmlib.teaching import service as service
from crmlib.teaching import use as use
from crmlib.teaching.contacts import Contacts, acquisition
from crmlib.teaching.dispositions import disposed
from crmlib.teaching.drawn import actions, channel_test
from crmlib.teaching.orders import Trade, late_service, order_frame, trade
from crmlib.teaching.people import Floats, Ints, entities, record_of, records, stream, with_ids

ALL = ("customers", "orders", "interactions", "tickets", "surveys", "activity", "consents", "actions")
LAST = plan.DAYS - 1 / 86400
"""The last second of the data, when the systems were exported."""


@dataclass
class World:
    """The company's true state, from which tables are made."""

    people: pd.DataFrame
    held: pd.DataFrame
    known: pd.DataFrame
    birthday: Ints
    trade: Trade
    contacts: Contacts
    test: pd.DataFrame
    actions: pd.DataFrame
    trial: pd.DataFrame
    greeted: np.ndarray
    consents: pd.DataFrame
    cases: pd.DataFrame
    seed: int
    defects: bool = True
    orders: pd.DataFrame = field(default_factory=pd.DataFrame)
    typos: int = 0
    end: int = plan.DAYS
    """The systems are exported at the first second of this day."""
    numbered: tuple[int, int, int] = (1_000_001, 1, 10_001)
    """The first number of an order, a contact and a case."""
    answers: pd.DataFrame | None = None
    used: pd.DataFrame | None = None

    @property
    def last(self) -> float:
        """The last second of the data."""
        return self.end - 1 / 86400


def world(customers: int, seed: int, wanted: tuple[str, ...], *, defects: bool = True) -> World:
    """Everything that happens, in order; names and programmes of contact only when a wanted table shows them."""
    people = disposed(entities(customers, seed), seed)
    held = with_ids(records(people, seed))
    out = trade(people, seed)
    cases = service.tickets(people, out, seed)
    late_service(out, cases, stream(seed, 11))
    given = programmes.consents(people, seed)
    contacts = Contacts(people, out, stream(seed, 9), programmes.lookup(given, customers))
    programmes.mailings(contacts)
    given = programmes.withdrawn(given, contacts.given)
    test = channel_test(contacts)
    done = actions(contacts)
    invited = programmes.trial(contacts)
    named = bool({"customers", "interactions", "surveys"} & set(wanted))
    known = names.details(people, seed) if named else pd.DataFrame()
    birthday = names.birthday_of_year(known) if named else np.full(customers, -1)
    greeted = np.zeros(customers, dtype=bool)
    if {"interactions", "surveys"} & set(wanted):
        acquisition(contacts)
        greeted = programmes.run(contacts, birthday)
        if defects:
            programmes.unlawful(contacts)
    cases = service.of_customers(cases, out)
    made = World(
        people, held, known, birthday, out, contacts, test, done, invited, greeted, given, cases, seed, defects
    )
    made.orders = order_frame(people, out, seed)
    return made


def stamps(days: Floats | pd.Series) -> np.ndarray:
    """Days since the first day as timestamps to the second; NaN becomes NaT."""
    values = np.asarray(days, dtype=float)
    seconds = np.floor(np.where(np.isnan(values), 0, values) * 86400).astype("int64")
    out = np.datetime64(plan.START, "s") + seconds.astype("timedelta64[s]")
    return np.where(np.isnan(values), np.datetime64("NaT", "s"), out)


def dates(days: Ints | pd.Series) -> np.ndarray:
    """Day numbers as dates (timestamps at midnight)."""
    return np.datetime64(plan.START, "s") + np.asarray(days, dtype="int64") * np.timedelta64(86400, "s")


def tables(made: World, wanted: tuple[str, ...]) -> dict[str, pd.DataFrame]:
    """The canonical tables asked for."""
    makers = {
        "customers": _customers,
        "orders": _orders,
        "interactions": _interactions,
        "tickets": _tickets,
        "surveys": _surveys,
        "activity": _activity,
        "consents": _consents,
        "actions": _actions,
    }
    return {name: makers[name](made) for name in ALL if name in wanted}


def _between(
    rng: Generator, begun: Floats | pd.Series, ended: Floats | pd.Series, where: np.ndarray | pd.Series, last: float
) -> np.ndarray:
    """Stamps drawn evenly between two times (days), neither after the `last` of the data; NaT where not `where`."""
    first = np.asarray(begun, dtype=float)
    drawn = first + rng.random(len(first)) * (np.minimum(np.asarray(ended, dtype=float), last) - first)
    return stamps(np.where(where, drawn, np.nan))


def _ids(made: World, entity: pd.Series, day: Floats | Ints | pd.Series, concept: int) -> tuple[pd.Categorical, Ints]:
    rng = stream(made.seed, concept)
    row = record_of(rng, made.held, entity.to_numpy(), np.asarray(day))
    return pd.Categorical.from_codes(row, categories=made.held["record_id"].to_list()), row


def _number(prefix: str, n: int, start: int) -> np.ndarray:
    return np.char.add(prefix, (np.arange(n) + start).astype(str)).astype(object)


def _customers(made: World) -> pd.DataFrame:
    frame, typo = names.customers(made.people, made.held, made.known, made.seed, made.end)
    made.typos = len(typo)
    born = frame["birthday"].to_numpy()
    birth = np.where(
        born >= 0,
        np.datetime64("1940-01-01", "s") + np.maximum(born, 0) * np.timedelta64(86400, "s"),
        np.datetime64("NaT", "s"),
    )
    return frame.assign(
        acquired_on=dates(frame["acquired_on"]),
        birthday=birth,
        updated_at=stamps(frame["updated_at"]),
        recorded_at=stamps(frame["recorded_at"]),
    )


def _orders(made: World) -> pd.DataFrame:
    o = made.orders
    ids, row = _ids(made, o["entity"], o["at"], 20)
    system = made.held["system"].to_numpy()[row]
    arrives = np.minimum(o["at"].to_numpy() + o["lag"].to_numpy() / 24, made.last)
    back_at = _between(stream(made.seed, 33), o["at"], o["at"] + plan.REFUND_DAYS, o["refunded"] > 0, made.last)
    return pd.DataFrame(
        {
            "order_id": pd.Series(_number("SO", len(o), made.numbered[0])),
            "customer_id": ids,
            "ordered_at": stamps(o["at"]),
            "amount": o["amount"],
            "margin": o["margin"],
            "refunded": o["refunded"],
            "refunded_at": back_at,
            "discount": o["discount"],
            "lines": o["lines"],
            "channel": o["channel"],
            "category": o["category"],
            "source_system": pd.Categorical.from_codes(system, categories=["shop", "crm", "erp"]),
            "recorded_at": stamps(arrives),
        }
    )


def _interactions(made: World) -> pd.DataFrame:
    f = made.contacts.frame(made.end)
    ids, _ = _ids(made, f["entity"], f["at"], 21)
    rng = stream(made.seed, 31)
    return pd.DataFrame(
        {
            "interaction_id": pd.Series(_number("I", len(f), made.numbered[1])),
            "customer_id": ids,
            "at": stamps(f["at"]),
            "channel": f["channel"],
            "direction": f["direction"],
            "purpose": f["purpose"],
            "campaign": f["campaign"],
            "arm": f["arm"],
            "script": f["script"],
            "cost": f["cost"].round(2),
            "opened_at": stamps(f["opened"]),
            "responded_at": stamps(f["responded"]),
            "opted_out_at": stamps(f["opted_out"]),
            "recorded_at": stamps(np.minimum(f["at"] + rng.exponential(0.08, len(f)).clip(0, 1), made.last)),
        }
    )


def _tickets(made: World) -> pd.DataFrame:
    t = made.cases
    ids, _ = _ids(made, t["entity"], t["at"], 22)
    rng, dated = stream(made.seed, 32), stream(made.seed, 34)
    answered = t["first"].fillna(t["at"])
    solved = t["solved"].fillna(answered + plan.OPEN_DAYS)
    cause, again = t["cause"].replace("", None), solved + plan.REOPEN_DAYS
    return pd.DataFrame(
        {
            "ticket_id": pd.Series(_number("T", len(t), made.numbered[2])),
            "customer_id": ids,
            "opened_at": stamps(t["at"]),
            "first_response_at": stamps(t["first"]),
            "resolved_at": stamps(t["solved"]),
            "severity": t["severity"],
            "category": t["category"],
            "cause": cause,
            "diagnosed_at": _between(dated, answered, solved, cause.notna(), made.last),
            "reopened": t["reopened"],
            "reopened_at": _between(dated, t["solved"].fillna(answered), again, t["reopened"], made.last),
            "found_by": t["found_by"],
            "recorded_at": stamps(np.minimum(t["at"] + rng.exponential(0.02, len(t)).clip(0, 1), made.last)),
        }
    )


def _surveys(made: World) -> pd.DataFrame:
    s = made.answers
    if s is None:
        s = service.surveys(made.people, made.trade, made.cases, made.greeted, made.seed)
    primary = pd.Categorical.from_codes(s["entity"].to_numpy(), categories=made.held["record_id"].to_list())
    return pd.DataFrame(
        {
            "customer_id": primary,
            "at": stamps(s["at"]),
            "instrument": s["instrument"],
            "item": s["item"],
            "expectation": s["expectation"],
            "perception": s["perception"],
            "score": s["score"],
            "recorded_at": stamps(np.minimum(s["at"] + 0.25, made.last)),
        }
    )


def _activity(made: World) -> pd.DataFrame:
    a = made.used
    if a is None:
        a = use.activity(made.people, made.trade, made.trial, made.seed, outage=made.defects)
    ids = pd.Categorical.from_codes(a["entity"].to_numpy(), categories=made.held["record_id"].to_list())
    return pd.DataFrame(
        {
            "customer_id": ids,
            "day": dates(a["day"]),
            "logins": a["logins"],
            "events": a["events"],
            "errors": a["errors"],
        }
    )


def _consents(made: World) -> pd.DataFrame:
    c = made.consents
    ids = pd.Categorical.from_codes(c["entity"].to_numpy(), categories=made.held["record_id"].to_list())
    return pd.DataFrame(
        {
            "customer_id": ids,
            "channel": c["channel"],
            "purpose": c["purpose"],
            "granted_at": stamps(c["granted"]),
            "withdrawn_at": stamps(c["withdrawn"]),
        }
    )


def _actions(made: World) -> pd.DataFrame:
    a = made.actions
    ids = pd.Categorical.from_codes(a["entity"].to_numpy(), categories=made.held["record_id"].to_list())
    return pd.DataFrame(
        {
            "action_id": pd.Series(_number("A", len(a), 1)),
            "customer_id": ids,
            "proposed_on": dates(a["proposed"]),
            "why": a["why"],
            "what": a["what"],
            "channel": a["channel"],
            "owner": made.people["owner"].to_numpy()[a["entity"]],
            "due_on": dates(a["due"]),
            "arm": a["arm"],
            "done_at": stamps(a["done"]),
            "outcome": a["outcome"],
            "outcome_at": _between(
                stream(made.seed, 35), a["done"], a["done"] + 2 / 24, a["outcome"].notna(), made.last
            ),
        }
    )
