"""Our answers to what customers ask: contacts of ours that serve, and the first answers to their cases (D088)."""

from __future__ import annotations

import ibis
from ibis import _
from ibis.expr.types import Table

from crmlib.facts import cases, contacts
from crmlib.facts.company import Company, fact

SERVICE = "service"


@fact
def asked(c: Company) -> Table:
    """Contacts from customers that ask something of us, as `contacts`: of purpose service, or of none on record."""
    return contacts.theirs(c).filter(_.purpose.isnull() | (_.purpose == SERVICE))


@fact
def replies(c: Company) -> Table:
    """One row per answer of ours: customer_id, begun (when the contact was made, or the case opened), at (when they were
    answered). First answers to cases stand here as far as they are on record.
    """
    sent = contacts.ours(c).filter(_.purpose.isnull() | (_.purpose == SERVICE))
    rows = sent.select("customer_id", "at", begun="at")
    if not c.knows("tickets.first_response_at"):
        return rows
    first = cases.cases(c).filter(_.first_response_at.notnull())
    return ibis.union(rows, first.select("customer_id", at="first_response_at", begun="opened_at"))
