"""The stricter word counts, a newer yes takes an older no back, and nothing passes a legal block."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.rules.permission import Standing, refusal
from hub.rules.suppressions import REASONS

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
MOMENTS = st.one_of(st.none(), st.sampled_from([NOON, LATER]))
STANDINGS = st.builds(
    Standing,
    st.booleans(),
    st.booleans(),
    st.booleans(),
    MOMENTS,
    MOMENTS,
    MOMENTS,
    st.sets(st.sampled_from(sorted(set(REASONS) - {"unsubscribed"}))).map(tuple),
)
NATURES = st.sampled_from(["marketing", "transactional", "recall"])


@given(STANDINGS, NATURES)
def test_a_legal_block_is_never_passed(standing: Standing, nature: str) -> None:
    assert refusal(standing._replace(reasons=(*standing.reasons, "legal")), nature) == "legal"  # type: ignore[arg-type]


@given(STANDINGS, NATURES)
def test_what_is_suppressed_for_everything_gets_nothing_and_marketing_passes_no_block(standing: Standing, nature: str) -> None:
    found = refusal(standing, nature)  # type: ignore[arg-type]
    if any(REASONS[reason] for reason in standing.reasons):
        assert found in standing.reasons
    if standing.reasons and (nature == "marketing" or (standing.is_known and standing.is_marketing)):
        assert found in standing.reasons


@given(STANDINGS)
def test_marketing_goes_only_where_nobody_objected_since_the_last_yes(standing: Standing) -> None:
    if refusal(standing, "marketing") is None:
        assert standing.is_known
        assert standing.given_at is not None or not standing.needs_consent
        nos = [no for no in (standing.withdrawn_at, standing.unsubscribed_at) if no is not None]
        assert all(standing.given_at is not None and standing.given_at > no for no in nos)


def test_a_recall_passes_a_no_to_marketing() -> None:
    told = Standing(is_known=True, is_marketing=False, withdrawn_at=NOON, reasons=("complaint",))
    assert refusal(told, "recall") is None
    assert refusal(told, "marketing") == "complaint"
    assert refusal(told._replace(is_marketing=True), "recall") == "complaint"  # who calls it a recall does not make it one


def test_a_newer_yes_takes_a_no_back_and_one_at_once_does_not() -> None:
    known = Standing(is_known=True)
    assert refusal(known, "marketing") == "no_consent"
    assert refusal(known._replace(needs_consent=False), "marketing") is None
    assert refusal(known._replace(given_at=NOON), "marketing") is None
    assert refusal(known._replace(given_at=NOON, withdrawn_at=NOON), "marketing") == "withdrawn"
    assert refusal(known._replace(given_at=NOON, unsubscribed_at=LATER), "marketing") == "unsubscribed"
    assert refusal(known._replace(given_at=LATER, withdrawn_at=NOON, unsubscribed_at=NOON), "marketing") is None
    assert refusal(Standing(given_at=NOON), "marketing") == "no_purpose"
