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
    documents: str = Field("", description="Folder of sales documents' files; empty: `documents` in the folder of the embedded stack.")
    staff_pass: SecretStr = Field(SecretStr(""), description="Pass of whoever types, with which they sign; empty: the one in its file.")
    staff_pass_file: str = Field(
        "", description="File of that pass; empty: `staff-pass` in the user's folder of settings, where it is there."
    )
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
    mail_host: str = Field("", description="SMTP server that mail goes through; empty: the courier sends none.")
    mail_port: int = Field(587, ge=1, le=65_535, description="Its port.")
    mail_tls: Literal["always", "starttls", "never"] = Field("starttls", description="From when on the line to it is encrypted.")
    mail_user: str = Field("", description="User of the SMTP server; empty: nobody logs in.")
    mail_password: SecretStr = Field(SecretStr(""), description="Password of that user.")
    mail_ca_file: str = Field("", description="CA bundle for the SMTP server; empty: the system's.")
    mail_sessions: int = Field(8, ge=1, le=100, description="Sessions that a courier keeps open to the SMTP server.")
    mail_from: str = Field("", description="Address that mail is from.")
    mail_from_name: str = Field("", description="Name that people see beside it.")
    mail_bounces: str = Field("", description="Address that bounces go to; empty: the one that mail is from.")
    sms_account: str = Field("", description="Account at Twilio, or at whoever speaks its API; empty: the courier sends no SMS.")
    sms_token: SecretStr = Field(SecretStr(""), description="Token of that account; what the provider reports is signed with it.")
    sms_url: str = Field("", description="The API where it is not Twilio's own.")
    sms_from: str = Field("", description="Number or name that an SMS is from.")
    sms_reports: str = Field("", description="Public page to which the provider reports what became of each.")
    sms_at_once: int = Field(8, ge=1, le=100, description="Requests that a courier has under way.")
    sms_price: str = Field("", description="Price of a segment in minor units, such as 7.5 EUR; empty: not known.")
    post_folder: str = Field("", description="Folder in which the printer finds its batches; empty: the courier sends no letters.")
    post_sender: str = Field("", description="Whom letters are from and go back to: name, street, place, with commas.")
    post_batch: int = Field(500, ge=1, le=100_000, description="Most letters in a print batch.")
    post_wait_seconds: int = Field(60, ge=1, le=3_000, description="So long a letter waits for others of its batch.")
    courier_limits: str = Field("", description="Limits of providers and domains, such as twilio=10/1s smtp@*=50/60s.")
    courier_lease_seconds: int = Field(300, ge=10, le=3_600, description="So long a courier's claim holds; it sends nothing beyond.")
    courier_hours: str = Field("08:00-20:00", description="Hours in which marketing may disturb where no calendar says it.")
    courier_country: str = Field("DE", pattern=r"^[A-Z]{2}$", description="Country of people of whom none is known, by ISO 3166-1.")
    courier_cap: int = Field(3, ge=1, le=1_000, description="Most marketing messages to a person in the days of the cap.")
    courier_cap_days: int = Field(7, ge=1, le=365, description="Days over which those are counted.")
    courier_brake_least: int = Field(50, ge=1, description="No brake for bounces before so many are sent within an hour.")
    courier_brake_percent: int = Field(10, ge=1, le=100, description="From so many percent bounces on the brake is pulled.")
    planner_interval_ms: int = Field(1_000, ge=50, description="How often the planner looks for campaigns to go on with.")
    planner_chunk: int = Field(1_000, ge=1, le=10_000, description="Most people of an audience in one transaction of the planner.")
    planner_ahead_seconds: int = Field(600, ge=1, description="A paced campaign is planned so far ahead: what a pause leaves behind.")
    probe_host: str = Field("127.0.0.1", description="Address the probes and metrics listen on.")
    probe_port: int = Field(0, ge=0, le=65_535, description="Port of probes and metrics; 0: any free port.")
    stalled_seconds: int = Field(60, ge=1, description="No progress for so long: not alive.")
    door_host: str = Field("127.0.0.1", description="Address on which the door listens to the outside.")
    door_port: int = Field(8088, ge=0, le=65_535, description="Port of the door; 0: any free port.")
    door_public_url: str = Field("", description="The door as the outside reaches it, such as https://hub.example; empty: host and port.")
    door_trusted_proxies: str = Field("", description="Addresses of proxies before the door whose word on the caller counts; with commas.")
    door_secret: SecretStr = Field(SecretStr(""), description="Signs links for people: the newest first, with commas; empty: no links.")
    door_bounce_secret: SecretStr = Field(SecretStr(""), description="What shows who hands in mail that came back; empty: nobody.")
    door_requests_per_second: float = Field(20, gt=0, le=10_000, description="Requests of one dealer that are answered, in the long run.")
    door_receipts_days: int = Field(90, ge=1, le=3_650, description="Days for which the door knows when it first heard something.")
    door_answer_ms: int = Field(5_000, ge=100, description="Longest that the door waits for broker or database before it says: later.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Lowest level logged.")

    @property
    def door_url(self) -> str:
        """The door as the outside reaches it, without a slash at its end."""
        return self.door_public_url.rstrip("/") or f"http://{self.door_host}:{self.door_port}"

    @property
    def link_secrets(self) -> tuple[bytes, ...]:
        """What signs links for people: the first does, the others did."""
        return tuple(part.strip().encode() for part in self.door_secret.get_secret_value().split(",") if part.strip())

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
