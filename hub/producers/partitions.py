"""Which partition a key belongs to: as Kafka's own clients say, so that a key stays where it is whoever writes it."""

from struct import unpack_from

_SEED, _MIX = 0x9747B28C, 0x5BD1E995
_WORD = 0xFFFFFFFF


def partition_of(key: bytes, count: int) -> int:
    """The partition, of so many, by the murmur2 hash of the key."""
    if count == 1:
        return 0
    length = len(key)
    words = length >> 2
    found = _SEED ^ length
    for word in unpack_from(f"<{words}I", key):
        mixed = word * _MIX & _WORD
        found = (found * _MIX ^ (mixed ^ mixed >> 24) * _MIX) & _WORD
    if length & 3:
        found = (found ^ int.from_bytes(key[words << 2 :], "little")) * _MIX & _WORD
    found = (found ^ found >> 13) * _MIX & _WORD
    return ((found ^ found >> 15) & 0x7FFFFFFF) % count
