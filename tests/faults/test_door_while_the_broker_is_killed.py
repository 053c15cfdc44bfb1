"""The broker is killed while the door is open: whoever comes is asked to come again, and what they say counts once."""

import pytest

from tests.support.eventually import eventually
from tests.support.outside import NUMBER, outside
from tests.support.scene import Scene

SID = "SM" + "0123456789abcdef" * 2


@pytest.mark.thorough
def test_a_report_that_came_while_the_broker_was_dead_is_kept_once_it_comes_again(own_broker: Scene) -> None:
    with outside(own_broker) as door:
        delivery = door.plans(NUMBER, "sms")
        call = f"/reports/sms?delivery={delivery}", {"MessageSid": SID, "MessageStatus": "delivered", "To": NUMBER}
        assert door.reports(*call).status == 204
        [(first, _, body)] = door.news()
        own_broker.kafka.kill()
        away = door.reports(*call)
        assert (away.status, away.json["error"]) == (503, "away")
        eventually(lambda: door.process.why_not_ready() == ["broker or database"], 30)
        assert door.process.is_alive()
        own_broker.kafka.start()
        door.process.until_ready()
        assert door.reports(*call).status == 204
        # however often it stands there, it is the event that was heard first, word for word
        assert {(name, str(said)) for name, _, said in door.news()} == {(first, str(body))}
