"""What a matchmaker draws and signs, so that its side of a conversation can be said beforehand."""

import hashlib
import hmac
import struct


def stream(number):
    """64-bit numbers, little-endian, from the key stream of ChaCha20 (RFC 8439, section 2.3; 64-bit counter, nonce 0)
    under the SHA-256 of a number: the generator that the servers use where a run must be repeatable."""
    key = struct.unpack("<8I", hashlib.sha256(number.to_bytes(8, "little")).digest())
    counter = 0
    while True:
        start = [0x61707865, 0x3320646E, 0x79622D32, 0x6B206574, *key, counter & 0xFFFFFFFF, counter >> 32, 0, 0]
        x = start[:]
        for _ in range(10):
            for a, b, c, d in (
                (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
                (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
            ):
                for p, q, r, bits in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
                    x[p] = (x[p] + x[q]) & 0xFFFFFFFF
                    x[r] ^= x[p]
                    x[r] = (x[r] << bits | x[r] >> (32 - bits)) & 0xFFFFFFFF
        block = struct.pack("<16I", *((x[i] + start[i]) & 0xFFFFFFFF for i in range(16)))
        yield from struct.unpack("<8Q", block)
        counter += 1


def signature(key, kind, assignment, seat):
    """The signature of *Resumes*, over everything that precedes it."""
    scene, subject = assignment["scene"].encode(), seat["subject"].encode()
    claim = (
        bytes([1, kind]) + bytes.fromhex(assignment["session"]) + seat["sinceUnixMs"].to_bytes(8, "big")
        + assignment["resumeExpiresUnixMs"].to_bytes(8, "big") + len(scene).to_bytes(2, "big") + scene
        + len(subject).to_bytes(2, "big") + subject)
    return hmac.new(key, claim, hashlib.sha256).digest()[:16].hex()
