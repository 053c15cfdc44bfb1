"""Every setting of every process, read once from the environment (`HUB_…`)."""

from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The only reader of the environment; `wiring` makes one per process and hands on what is needed."""

    model_config = SettingsConfigDict(env_prefix="HUB_", frozen=True, extra="ignore")

    data: str = Field("", description="Folder of the embedded stack; empty: the user's state folder.")
    kafka_bootstrap: str = Field("127.0.0.1:9092", description="Bootstrap servers of the Kafka cluster.")
    kafka_security: Literal["PLAINTEXT", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "SASL_PLAINTEXT", description="How clients speak to the broker."
    )
    kafka_user: str = Field("hub", description="SCRAM-SHA-512 user of this process.")
    kafka_password: SecretStr = Field(SecretStr(""), description="Password of the SCRAM user.")
    kafka_ca_file: str = Field("", description="CA bundle for SASL_SSL; empty: the system's.")
    database_url: SecretStr = Field(SecretStr("postgresql://hub@127.0.0.1:5432/hub"), description="PostgreSQL URL of the state store.")
    replication: int = Field(1, ge=1, le=9, description="Replicas of topics that the hub creates.")
    lanes: int = Field(3, ge=1, le=16, description="Transactions a consumer runs side by side.")
    batch_records: int = Field(500, ge=1, le=10_000, description="Most records in one transaction.")
    max_record_bytes: int = Field(1_000_000, ge=1_000, description="A larger record value is a dead letter.")
    session_timeout_ms: int = Field(30_000, ge=1_000, description="Kafka group session timeout.")
    group_instance: str = Field("", description="Name of this instance of a consumer: back within its session, it keeps its partitions.")
    rebalance_timeout_ms: int = Field(60_000, ge=1_000, description="Longest a rebalance waits for a running transaction.")
    metadata_max_age_ms: int = Field(10_000, ge=500, description="How soon a new partner's topic is noticed.")
    idle_in_transaction_ms: int = Field(30_000, ge=1_000, description="A frozen owner's transaction ends after this.")
    lock_timeout_ms: int = Field(10_000, ge=100, description="Longest wait for a row lock before retrying.")
    command_timeout_ms: int = Field(30_000, ge=100, description="A statement, or a connection, that takes longer: the database is away.")
    brake_dead_in_a_row: int = Field(500, ge=1, description="So many dead letters in a row stop the partition.")
    wait_seconds: int = Field(7 * 86_400, ge=1, description="A key that waits for news longer is a dead letter.")
    clock_interval_ms: int = Field(1_000, ge=50, description="How often the clock looks for timers that are due.")
    probe_host: str = Field("127.0.0.1", description="Address the probes and metrics listen on.")
    probe_port: int = Field(0, ge=0, le=65_535, description="Port of probes and metrics; 0: any free port.")
    stalled_seconds: int = Field(60, ge=1, description="No progress for so long: not alive.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Lowest level logged.")

    @field_validator("database_url")
    @classmethod
    def _is_a_database(cls, url: SecretStr) -> SecretStr:
        """Refuse what is no URL of PostgreSQL before a driver does, whose words might quote the password."""
        try:
            parts = urlsplit(url.get_secret_value())
            is_one = parts.scheme == "postgresql" and bool(parts.hostname) and parts.port != 0
        except ValueError:
            is_one = False
        if not is_one:
            raise ValueError("postgresql://USER@HOST:PORT/DATABASE, with a password where one is needed")
        return url
