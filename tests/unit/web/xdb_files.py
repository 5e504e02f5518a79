"""Small xdb files of ip2region, written as its format says: header, index by the first two bytes, records, ranges."""

import struct
from collections.abc import Sequence
from ipaddress import IPv4Address

from ip2region.util import HeaderInfoLength, VectorIndexLength, VectorIndexSize

BUILT_AT = 1_760_000_000  # s


def xdb(ranges: Sequence[tuple[str, str, str]], built_at: int = BUILT_AT) -> bytes:
    """An xdb of (first address, last address, record), each within one network of 16 bits."""
    records, segments, starts = bytearray(), bytearray(), []
    start = HeaderInfoLength + VectorIndexLength
    for first, last, record in ranges:
        text = record.encode()
        starts.append((IPv4Address(first), IPv4Address(last), len(text), start + len(records)))
        records += text
    index_at = start + len(records)
    vector = bytearray(VectorIndexLength)
    for number, (low, high, size, at) in enumerate(starts):
        segments += struct.pack("<IIHI", int(low), int(high), size, at)
        _point(vector, low, index_at + number * 14)
    last_at = index_at + (len(starts) - 1) * 14
    header = struct.pack("<HHIII", 2, 1, built_at, index_at, last_at).ljust(HeaderInfoLength, b"\0")
    return header + bytes(vector) + bytes(records) + bytes(segments)


def _point(vector: bytearray, low: IPv4Address, segment_at: int) -> None:
    """Let the entry of the first two bytes begin at its first segment and end at its last."""
    at = (low.packed[0] * 256 + low.packed[1]) * VectorIndexSize
    first, _ = struct.unpack_from("<II", vector, at)
    struct.pack_into("<II", vector, at, first or segment_at, segment_at)
