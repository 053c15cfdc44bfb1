"""How Kafka is spoken: a batch becomes one transaction."""
