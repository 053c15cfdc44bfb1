"""What a process tells of itself holds nothing of any person, not even when it fails."""

from contracts.contacts import CONTACT_RECORDED
from contracts.customers import CUSTOMER_RECORDED
from tests.support.dealing import DEALER, said
from tests.support.eventually import eventually
from tests.support.scene import Scene

TOPIC = f"dealer.{DEALER}.events"
NAME, MAIL, PHONE = "Wilhelmine Sonnenschein", "wilhelmine@sonnenschein.example", "+49 30 5550199"
PERSON = {"name": NAME, "email": MAIL, "phone": PHONE}
SECRETS = ("Wilhelmine", "onnenschein", "5550199")

_FAULT = """
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'cannot keep %', NEW.name; END $$;
CREATE TRIGGER fail BEFORE INSERT ON contacts FOR EACH ROW EXECUTE FUNCTION fail();
ALTER TABLE customers ADD CONSTRAINT no_mail CHECK (ref <> 'K-3' OR email IS NULL);
"""


def test_logs_and_metrics_hold_nothing_of_a_person(scene: Scene) -> None:
    scene.is_cut_short = True
    for statement in _FAULT.strip().split(";\n"):
        scene.database.rows(statement)
    hub = [scene.start("crm-sync", lanes=1, log_level="debug"), scene.start("relay", log_level="debug"), scene.start("clock")]
    for process in hub:
        process.until_ready()
    good = said(CUSTOMER_RECORDED, {"customer": "K-1", **PERSON}, id=MAIL)
    scene.send(
        [
            good,
            said(CUSTOMER_RECORDED, {"customer": "K-2", **PERSON, "status": NAME}, id="wrong status"),
            said(CUSTOMER_RECORDED, {"customer": "K-3", **PERSON}, id="refused by the database"),
            good._replace(key=MAIL.encode()),
            good._replace(value=f'{{"name": "{NAME}'.encode()),
            good._replace(headers=(*good.headers, (MAIL, NAME.encode()), ("ce_subject", b"\xff" + MAIL.encode()))),
        ]
    )
    scene.until_folded(TOPIC)
    scene.until_relayed()
    assert scene.database.value("SELECT name FROM customers WHERE ref = 'K-1'") == NAME
    assert len(scene.dead()) == 5
    measured = hub[0].probe("/metrics")[1]
    assert "hub_lag_records" in measured
    assert hub[0].metric("hub_dead_letters_open") == 5
    scene.send([said(CONTACT_RECORDED, {"contact": "C-1", "customer": "K-1", **PERSON}, id="nobody knows why this fails")])
    eventually(lambda: hub[0].events("partition.halted"), 30)
    told = scene.crew.logs() + "".join(process.probe(path)[1] for process in hub for path in ("/metrics", "/health/ready"))
    assert not [line for line in told.splitlines() if any(secret in line for secret in SECRETS)]


def test_metrics_tell_how_far_behind_a_consumer_is(scene: Scene) -> None:
    consumer = scene.start("crm-sync").until_ready()
    scene.database.rows("SELECT 1")
    scene.send([said(CUSTOMER_RECORDED, {"customer": f"K-{number}", "name": "One of many"}, id=f"c-{number}") for number in range(20)])
    scene.until_folded(TOPIC)
    eventually(lambda: f'hub_lag_records{{consumer="crm-sync",partition="0",topic="{TOPIC}"}} 0.0' in consumer.probe("/metrics")[1])
    assert consumer.metric("hub_records_total", outcome="handled") == 20
    assert consumer.metric("hub_batch_seconds_count", step="commit") >= 1
    relay = scene.start("relay")
    scene.until_relayed()
    eventually(lambda: relay.metric("hub_outbox_sent_total") == 20)
