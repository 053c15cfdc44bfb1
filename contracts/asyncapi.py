"""The AsyncAPI 3.0 document of the hub, made from the catalogue of topics and the event types."""

from typing import Any

from contracts.contract import Lineage, wire_type
from contracts.topics import CATALOGUE, Topic

_BINDING = "0.5.0"
_FORMAT = "application/schema+json;version=draft-2020-12"
_DAY_MS = 86_400_000


def document(topics: tuple[Topic, ...] = CATALOGUE) -> dict[str, Any]:
    """Everything that travels, from the hub's view: it receives what others own and sends what it owns.

    Payloads refer to the committed schemas beside this document, so it is read from where it lies.
    """
    lineages = {lineage.name: lineage for topic in topics for lineage in topic.types}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "The hub",
            "version": "1",
            "description": "What a car maker, its dealers, its ERP and its carriers say to each other through the hub.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "kafka": {
                "host": "{host}",
                "protocol": "kafka-secure",
                "description": "The cluster; each partner has a user of its own, which may write to and read from its own topics only.",
                "variables": {
                    "host": {"default": "kafka.example.com:9094", "description": "A bootstrap server, as the operator gives it."}
                },
                "security": [{"$ref": "#/components/securitySchemes/scram"}],
                "bindings": {"kafka": {"bindingVersion": _BINDING}},
            }
        },
        "channels": {_channel_id(topic): _channel(topic) for topic in topics},
        "operations": {_operation_id(topic): _operation(topic) for topic in topics},
        "components": {
            "securitySchemes": {
                "scram": {"type": "scramSha512", "description": "SCRAM-SHA-512; a user's password is rotated by the operator."}
            },
            "messages": {
                wire_type(name, version): _message(lineage, version)
                for name, lineage in sorted(lineages.items())
                for version in range(1, len(lineage.editions) + 1)
            },
            "messageTraits": {"cloudevent": {"headers": _headers()}},
        },
    }


def _channel_id(topic: Topic) -> str:
    return topic.name.replace("{id}", "id").replace(".", "_")


def _operation_id(topic: Topic) -> str:
    return f"{_action(topic)}_{_channel_id(topic)}"


def _action(topic: Topic) -> str:
    return "send" if topic.owner == "hub" else "receive"


def _channel(topic: Topic) -> dict[str, Any]:
    channel: dict[str, Any] = {
        "address": topic.name,
        "title": topic.name,
        "description": f"{topic.carries}. Written by: {topic.owner}. Record key: {topic.key}.",
        "servers": [{"$ref": "#/servers/kafka"}],
        "messages": {wire: {"$ref": f"#/components/messages/{wire}"} for wire in _wires(topic)},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {
                    "cleanup.policy": ["compact" if topic.is_compacted else "delete"],
                    "retention.ms": -1 if topic.retention is None else topic.retention.days * _DAY_MS + topic.retention.seconds * 1000,
                },
                "bindingVersion": _BINDING,
            }
        },
    }
    if topic.is_per_partner:
        channel["parameters"] = {"id": {"description": f"The {topic.partner_kind}'s id: 1 to 40 of a-z, 0-9 and -."}}
    return channel


def _operation(topic: Topic) -> dict[str, Any]:
    channel = f"#/channels/{_channel_id(topic)}"
    if topic.owner == "hub":
        to = f"the {topic.reader}" if topic.reader else "anyone who may read it"
        summary = f"The hub tells {to}: {topic.carries}."
    else:
        summary = f"The hub hears from the {topic.owner.replace('oem', 'OEM').replace('erp', 'ERP')}: {topic.carries}."
    return {
        "action": _action(topic),
        "channel": {"$ref": channel},
        "summary": summary,
        "messages": [{"$ref": f"{channel}/messages/{wire}"} for wire in _wires(topic)],
        "bindings": {"kafka": {"bindingVersion": _BINDING}},
    }


def _wires(topic: Topic) -> list[str]:
    return [wire_type(lineage.name, version) for lineage in topic.types for version in range(1, len(lineage.editions) + 1)]


def _message(lineage: Lineage[Any], version: int) -> dict[str, Any]:
    wire = wire_type(lineage.name, version)
    edition = lineage.editions[version - 1]
    return {
        "name": wire,
        "title": edition.__name__,
        "summary": (edition.__doc__ or "").strip().splitlines()[0],
        "contentType": "application/json",
        "traits": [{"$ref": "#/components/messageTraits/cloudevent"}],
        "payload": {"schemaFormat": _FORMAT, "schema": {"$ref": f"schemas/{lineage.name}/v{version}.json"}},
        "bindings": {
            "kafka": {"key": {"type": "string", "description": f"`{lineage.ref_field}` of the body."}, "bindingVersion": _BINDING}
        },
    }


def _headers() -> dict[str, Any]:
    def text(description: str, **more: object) -> dict[str, object]:
        return {"type": "string", "maxLength": 500, "description": description, **more}

    return {
        "type": "object",
        "description": "CloudEvents 1.0 in binary mode; structured mode (application/cloudevents+json) is read too.",
        "required": ["ce_specversion", "ce_id", "ce_source", "ce_type"],
        "properties": {
            "content-type": text("What the value is.", const="application/json"),
            "ce_specversion": text("The version of CloudEvents.", const="1.0"),
            "ce_id": text("The event's id: one that its source has used before is the same event.", minLength=1),
            "ce_source": text("Who says it, such as /dealers/ber-01.", minLength=1),
            "ce_type": text("The event type with its version, as the message's name.", minLength=1),
            "ce_time": text("When it was said.", format="date-time"),
            "ce_subject": text("Whom or what it is about."),
            "ce_hubhistorical": text("The event only records the past: it asks, reminds and tells nobody.", enum=["true", "false"]),
        },
    }
