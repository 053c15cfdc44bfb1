"""What the hub says on Kafka."""
