"""What a careful person would map of the sample companies of ../shared/data/companies, line by line."""

from __future__ import annotations

from tests.exports import Export

CAREFUL = (
    Export("saas", {}, {
        "customers.customer_id": "account_id", "customers.name": "account_name", "customers.industry": "industry", "customers.region": "country",
        "customers.acquired_on": "signup_date", "customers.acquisition_channel": "referral_source",
        "contracts.contract_id": "subscription_id", "contracts.customer_id": "account_id", "contracts.started_on": "start_date",
        "contracts.ended_on": "end_date", "contracts.amount": "mrr_amount | arr_amount", "contracts.period": "'month' | 'year'",
        "contracts.plan": "plan_tier", "contracts.seats": "seats", "contracts.trial": "is_trial", "contracts.renews": "auto_renew_flag",
        "tickets.ticket_id": "ticket_id", "tickets.customer_id": "account_id", "tickets.opened_at": "submitted_at", "tickets.resolved_at": "closed_at",
        "tickets.severity": "priority", "tickets.first_response_at": "~submitted_at+first_response_time_minutes",
        "surveys.customer_id": "account_id", "surveys.at": "closed_at", "surveys.score": "satisfaction_score", "surveys.scale_to": "5",
        "activity.customer_id": "account_id", "activity.day": "usage_date", "activity.events": "usage_count", "activity.errors": "error_count",
        "events.event_id": "churn_event_id", "events.customer_id": "account_id", "events.at": "churn_date", "events.kind": "'cancellation'",
        "events.reason": "reason_code",
    }, frozenset({"customers.type", "surveys.instrument", "surveys.item", "surveys.scale_from", "surveys.higher_is"})),
    Export("tickets", {}, {
        "tickets.ticket_id": "number", "tickets.customer_id": "caller_id", "tickets.opened_at": "opened_at", "tickets.resolved_at": "resolved_at",
        "tickets.closed_at": "closed_at", "tickets.status": "ident_state | active", "tickets.met": "made_sla", "tickets.reassigned": "reassignment_count",
        "tickets.severity": "priority", "tickets.category": "category", "tickets.cause": "closed_code", "tickets.reopened": "~reopen_count",
    }, frozenset({"tickets.recorded_at"})),
    Export("marketplace", {}, {
        "orders.order_id": "order_id", "orders.customer_id": "customer_unique_id", "orders.ordered_at": "order_purchase_timestamp",
        "orders.amount": "payment_value", "orders.promised_at": "order_estimated_delivery_date", "orders.delivered_at": "order_delivered_customer_date",
        "lines.order_id": "order_id", "lines.product": "product_id", "lines.amount": "price",
        "customers.customer_id": "customer_unique_id", "customers.city": "customer_city", "customers.region": "customer_state",
        "customers.postcode": "customer_zip_code_prefix",
        "surveys.customer_id": "customer_unique_id", "surveys.at": "review_answer_timestamp | review_creation_date", "surveys.score": "review_score",
        "surveys.asked_at": "review_creation_date", "surveys.scale_from": "1", "surveys.scale_to": "5", "surveys.order_id": "order_id",
    }, frozenset({"surveys.instrument", "surveys.item", "surveys.higher_is", "surveys.answer_id"})),
    Export("grocery_campaigns", {}, {
        "orders.order_id": "basket_id", "orders.customer_id": "household_id", "orders.ordered_at": "transaction_timestamp", "orders.amount": "sales_value",
        "lines.order_id": "basket_id", "lines.product": "product_id", "lines.category": "product_category | department", "lines.quantity": "quantity",
        "lines.amount": "sales_value",
        "interactions.customer_id": "household_id", "interactions.at": "start_date", "interactions.campaign": "campaign_type | campaign_id",
        "interactions.responded_at": "redemption_date",
        "outcomes.customer_id": "household_id", "outcomes.at": "redemption_date", "outcomes.name": "'redemption'", "outcomes.value": "1",
        "states.customer_id": "household_id", "states.attribute": "name", "states.value": "value",
    }, frozenset({"orders.quantity", "orders.discount", "lines.customer_id", "lines.ordered_at", "interactions.channel", "interactions.direction", "interactions.campaign_type", "outcomes.campaign"})),
    Export("telco_snapshot", {}, {
        "customers.customer_id": "customerID", "states.customer_id": "customerID", "states.attribute": "name", "states.value": "value",
    }),
    Export("mobile_survey", {}, {
        "surveys.customer_id": "__line", "surveys.item": "name", "surveys.score": "value", "surveys.scale_from": "1", "surveys.scale_to": "10",
        "surveys.dimension": "~regexp_extract(name",
    }, frozenset({"surveys.instrument", "surveys.higher_is"})),
    Export("people", {}, {
        "customers.customer_id": "unique_id", "customers.name": "~first_name+surname", "customers.birthday": "dob", "customers.city": "city",
        "customers.email": "email",
    }),
)  # fmt: skip
"""One a company, its files lying where the study finds them."""
