"""Keep the base data in step with what the OEM lays down."""

from contracts import base, topics
from hub.rules import base as rules
from hub.state.stores import base_data as store
from hub.stream.consumer import Consumer

base_data = Consumer("base-data", topics.OEM_BASE, topics.ACTS, topics.TIMERS)
base_data.fold(store, dict.fromkeys(base.LINEAGES, rules.recorded), answers=rules.answers)
