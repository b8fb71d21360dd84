"""Messages of Google's protobuf, as far as files of others need them.

The packages that write these files read them too, but come with dozens of others, and reading by
them would tie a reader here to their versions. The encoding is a documented and stable one
(https://protobuf.dev/programming-guides/encoding/): fields by number, each a varint, 4 or 8 bytes,
or bytes of a given length.
"""

import struct
from collections.abc import Iterator

_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
_LONGEST_VARINT = 10
_SIGN = 1 << 63

Fields = dict[int, list]


class MessageError(ValueError):
    """Bytes that are no message."""


def fields_of(message: bytes) -> Fields:
    """Return the fields of a message by number, each with its values in their order.

    A varint is an int without sign; 4, 8 and more bytes are bytes. Raises MessageError.
    """
    found: Fields = {}
    for number, value in _fields(memoryview(message)):
        found.setdefault(number, []).append(value)
    return found


def _fields(message: memoryview) -> Iterator[tuple[int, int | bytes]]:
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        kind = key & 7
        if kind == _VARINT:
            value, place = _varint(message, place)
            yield key >> 3, value
            continue
        if kind == _BYTES:
            length, place = _varint(message, place)
        elif kind in (_EIGHT, _FOUR):
            length = 8 if kind == _EIGHT else 4
        else:
            raise MessageError(f"a field of kind {kind}")
        if length > len(message) - place:
            raise MessageError("a field that goes beyond its message")
        yield key >> 3, bytes(message[place : place + length])
        place += length


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    value = 0
    for count in range(_LONGEST_VARINT):
        if place + count >= len(message):
            raise MessageError("a number that is cut off")
        byte = message[place + count]
        value |= (byte & 0x7F) << 7 * count
        if byte < 0x80:
            return value, place + count + 1
    raise MessageError("a number without end")


def inner(fields: Fields, number: int) -> Fields:
    """Return the fields of a message within a message; none where it is not there."""
    values = fields.get(number)
    return fields_of(_bytes(values[-1])) if values else {}


def inner_ones(fields: Fields, number: int) -> Iterator[Fields]:
    """Yield the fields of each message of a repeated field."""
    for value in fields.get(number, ()):
        yield fields_of(_bytes(value))


def text(fields: Fields, number: int) -> str:
    """Return a text; "" where it is not there."""
    values = fields.get(number)
    try:
        return _bytes(values[-1]).decode() if values else ""
    except UnicodeDecodeError:
        raise MessageError("a text that is none") from None


def signed(fields: Fields, number: int) -> int:
    """Return a whole number in two's complement; 0 where it is not there."""
    values = fields.get(number)
    if not values:
        return 0
    if not isinstance(values[-1], int):
        raise MessageError("bytes where a whole number belongs")
    return values[-1] - 2 * _SIGN if values[-1] & _SIGN else values[-1]


def zigzag(fields: Fields, number: int) -> int:
    """Return a whole number of type sint64; 0 where it is not there."""
    value = signed(fields, number) % (2 * _SIGN)
    return (value >> 1) ^ -(value & 1)


def real(fields: Fields, number: int) -> float | None:
    """Return a float or a double; None where it is not there."""
    if number not in fields:
        return None
    content = _bytes(fields[number][-1])
    if len(content) not in (4, 8):
        raise MessageError("a number of an odd length")
    return struct.unpack("<f" if len(content) == 4 else "<d", content)[0]


def _bytes(value: int | bytes) -> bytes:
    if not isinstance(value, bytes):
        raise MessageError("a whole number where bytes belong")
    return value
