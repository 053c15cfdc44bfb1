"""The embedded stack: real Kafka and PostgreSQL as child processes, nothing installed on the machine."""
