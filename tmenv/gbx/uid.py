"""Unique ids of maps."""

import random
import string

UID_LENGTH = 27
"""Length of most maps' uids in both games (228 of 241; the others have 25 or 26)."""

UID_LETTERS = string.ascii_letters + string.digits + "_"


def new_uid(seed: int | random.Random | None = None) -> str:
    """A uid as the games make them: 27 letters, digits and underscores; the same one for the same integer ``seed``.

    Two maps that differ need different uids, because the games keep records by them.
    """
    source = seed if isinstance(seed, random.Random) else random.SystemRandom() if seed is None else random.Random(seed)
    return "".join(source.choices(UID_LETTERS, k=UID_LENGTH))
