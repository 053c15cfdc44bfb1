"""What travels between the parties: event types, envelopes and topics."""
