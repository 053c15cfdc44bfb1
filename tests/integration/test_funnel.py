"""The funnel counts what stands where, adds up amounts by currency, and sees what stands too long."""

import json
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
import typer
from typer.testing import CliRunner

from contracts.opportunities import OPPORTUNITY_OPENED, OPPORTUNITY_WON
from hub.cli.funnel import funnel as funnel_word
from hub.consumers.crm_sync import crm_sync
from hub.errors import InputError
from hub.operations.funnel import funnel
from hub.stream.slips import Stored
from tests.support.crm import Words, base_data
from tests.support.engine import NOON, Engine, Log

STANDARD = "standard"


@pytest.fixture
async def engine(database: str) -> AsyncIterator[Engine]:
    log = Log()
    base_data(log)
    async with Engine(database, crm_sync) as engine:
        await engine.lay(log)
        yield engine


@pytest.fixture
async def sales(engine: Engine) -> Engine:
    """Two dealers' sales: in `talk` (10 %) and `offer` (50 %), in two currencies, some closed."""
    here, there = Words(Log()), Words(Log(), "ham-001")

    def opened(words: Words, ref: str, stage: str, minor: int | None = None, currency: str = "EUR", hours: float = 0) -> Stored:
        amount = {} if minor is None else {"amount": {"minor": minor, "currency": currency}}
        return words.say(OPPORTUNITY_OPENED, {"opportunity": ref, "stage": stage, **amount}, hours)

    await engine.apply(
        [
            opened(here, "O1", "talk", 1_000),
            opened(here, "O2", "talk", 2_001),
            opened(here, "O3", "offer", 4_000),
            opened(here, "O4", "offer", 9_000, "SEK", hours=48),
            opened(here, "O5", "offer"),
            opened(here, "O6", "offer", 5_000),
            here.say(OPPORTUNITY_WON, {"opportunity": "O6", "stage": "offer", "amount": {"minor": 7_000, "currency": "EUR"}}, 5),
            here.opened("O7"),
            here.lost("O7"),
        ]
    )
    await engine.apply([there.opened("O1", stage="talk"), there.opened("O2"), there.lost("O2")])
    return engine


async def test_an_empty_store_has_an_empty_funnel(engine: Engine) -> None:
    assert await funnel(engine.url) == []
    assert "No opportunities yet" in typed(engine)
    assert "No opportunities match" in typed(engine, "--dealer", "ber-001")
    assert json.loads(typed(engine, "--json")) == []


async def test_each_stage_has_its_counts_amounts_and_conversion(sales: Engine) -> None:
    [model] = await funnel(sales.url, dealer="ber-001")
    talk, offer = model.stages
    assert (talk.stage, talk.open, talk.won, talk.lost, talk.reached, talk.conversion) == ("talk", 2, 0, 0, 7, 71.4)
    assert (offer.stage, offer.open, offer.won, offer.lost, offer.reached, offer.conversion) == ("offer", 3, 1, 1, 5, 20.0)
    assert (talk.amounts, talk.weighted) == ({"EUR": 3_001}, {"EUR": 300})
    assert (offer.amounts, offer.weighted) == ({"EUR": 4_000, "SEK": 9_000}, {"EUR": 2_000, "SEK": 4_500})
    assert (model.open, model.won, model.lost, model.win_rate) == (5, 1, 1, 50.0)
    assert (model.open_amounts, model.won_amounts) == ({"EUR": 7_001, "SEK": 9_000}, {"EUR": 7_000})
    assert model.weighted == {"EUR": 2_300, "SEK": 4_500}


async def test_all_dealers_count_unless_one_is_asked_for(sales: Engine) -> None:
    [model] = await funnel(sales.url)
    assert (model.open, model.won, model.lost) == (6, 1, 2)
    [model] = await funnel(sales.url, dealer="ham-001")
    assert (model.open, model.won, model.lost) == (1, 0, 1)


async def test_a_period_holds_both_its_days(sales: Engine) -> None:
    day = NOON.date()
    counts = {
        (since, until): sum(model.open for model in await funnel(sales.url, dealer="ber-001", since=since, until=until))
        for since, until in ((day, day), (day + timedelta(days=2), None), (None, day - timedelta(days=1)), (None, day + timedelta(days=2)))
    }
    assert list(counts.values()) == [4, 1, 0, 5]
    with pytest.raises(InputError, match="--from"):
        await funnel(sales.url, since=date(2026, 3, 2), until=date(2026, 3, 1))


async def test_a_model_that_was_never_laid_down_is_told(sales: Engine) -> None:
    assert len(await funnel(sales.url, model=STANDARD)) == 1
    with pytest.raises(InputError, match=r"--model: expected a sales model: standard, got 'fleet'"):
        await funnel(sales.url, model="fleet")


@pytest.mark.parametrize(("days", "stuck"), [(1, 2), (3650, 0)])
async def test_what_stands_longer_than_its_stage_allows_is_stuck(sales: Engine, days: int, stuck: int) -> None:
    limit = "jsonb_set(body, '{stages,0,ageing_days}', to_jsonb($1::int))"
    await sales.db.execute(f"UPDATE base_data SET body = {limit}, row_version = row_version + 1 WHERE id = 'standard'", days)  # noqa: S608 - a test's own words
    [model] = await funnel(sales.url, dealer="ber-001")
    talk, offer = model.stages
    assert (talk.ageing_days, talk.stuck, offer.ageing_days, offer.stuck, model.stuck) == (days, stuck, None, 0, stuck)
    assert talk.median_days is not None
    assert talk.median_days > 1


async def test_a_stage_that_the_model_no_longer_has_still_counts(sales: Engine) -> None:
    gone = "jsonb_set(body, '{stages}', (body -> 'stages') - 0)"
    await sales.db.execute(f"UPDATE base_data SET body = {gone}, row_version = row_version + 1 WHERE id = 'standard'")  # noqa: S608 - a test's own words
    [model] = await funnel(sales.url)
    assert [(stage.stage, stage.name, stage.open) for stage in model.stages] == [("offer", "Offer", 3), ("talk", None, 3)]
    assert (model.open, model.stages[1].weighted) == (6, {})


async def test_more_than_64_bits_add_up(engine: Engine) -> None:
    most = {"minor": 2**63 - 1, "currency": "EUR"}
    words = Words(Log())
    await engine.apply([words.say(OPPORTUNITY_OPENED, {"opportunity": ref, "stage": "offer", "amount": most}, 0) for ref in ("O1", "O2")])
    [model] = await funnel(engine.url)
    assert model.open_amounts == {"EUR": 2 * (2**63 - 1)}


async def test_the_word_prints_it(sales: Engine) -> None:
    text = typed(sales, "--dealer", "ber-001")
    assert "40.00 EUR + 90.00 SEK" in text
    assert "5 open, 1 won, 1 lost, 50.0 % of the closed won" in text
    [model] = json.loads(typed(sales, "--json"))
    assert [stage["stage"] for stage in model["stages"]] == ["talk", "offer"]


def typed(engine: Engine, *words: str) -> str:
    """What the command prints; it has an event loop of its own, which cannot run inside the test's."""
    app = typer.Typer()
    app.command()(funnel_word)
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(CliRunner(env={"HUB_DATABASE_URL": engine.url}).invoke, app, list(words)).result()
    assert result.exit_code == 0, result.output
    return result.output
