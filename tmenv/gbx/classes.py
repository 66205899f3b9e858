"""Ids of the classes that files are made of. Older games wrote other ids for the same classes."""

MAP = 0x03043000
REPLAY = 0x03093000
GHOST = 0x03092000

KIND_WORD = {MAP: "map", REPLAY: "replay", GHOST: "ghost"}
"""What a file is by its class."""

_OLD_CLASSES = {
    0x24003: 0x03043,
    0x2403F: 0x03093,
    0x2407E: 0x03093,
    0x2401B: 0x03092,
    0x2400C: 0x0305B,
    0x2403A: 0x03059,
    0x2403C: 0x0301B,
    0x24061: 0x0303F,
    0x24062: 0x0303F,
    0x2E009: 0x0313B,
}


def canonical(class_or_chunk_id: int) -> int:
    """The present-day id of a class or chunk: the class is the upper 20 bits, the chunk number the lower 12."""
    upper = class_or_chunk_id >> 12
    return (_OLD_CLASSES.get(upper, upper) << 12) | (class_or_chunk_id & 0xFFF)


def describe_class(class_id: int) -> str:
    """What messages call a file of a class."""
    return f"a {KIND_WORD[class_id]}" if class_id in KIND_WORD else f"a file of class {class_id:08X}"
