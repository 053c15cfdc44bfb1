"""The only public HTTP: providers' reports, unsubscribe links, and dealers without a Kafka client."""
