"""Name what is said by what it says, so that whoever says it again gives it the same name."""

from hashlib import sha1

from asyncpg.pgproto import pgproto  # its UUID is made from bytes, and written, in a third of the time


def version5(namespace: bytes, words: str) -> pgproto.UUID:
    """The version 5 UUID of the words in a namespace, as `uuid.uuid5` makes it in three times as long (RFC 9562, 5.5)."""
    digest = bytearray(sha1(namespace + words.encode(), usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    return pgproto.UUID(bytes(digest))
