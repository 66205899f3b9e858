"""Single numbers of a parameter file by name: ``coast_linear``, ``grip_limit.3``, ``surfaces.6.grip``."""

import copy
from typing import Any

from tmenv.errors import ConfigError


def get(data: dict[str, Any], name: str) -> float:
    """The number called ``name``.

    Raises:
        ConfigError: there is no such number.
    """
    try:
        holder, key = _place(data, name)
        return float(holder[key])
    except (KeyError, IndexError, ValueError, TypeError):
        raise ConfigError(f"no number {name!r} in the physics parameters") from None


def origin(data: dict[str, Any], name: str) -> str:
    """Where the number called ``name`` is from: ``fit``, ``reported`` or ``assumed``."""
    first, *rest = name.split(".")
    return (data["surfaces"][rest[0]] if first == "surfaces" else data["parameters"][first])["origin"]


def changed(data: dict[str, Any], values: dict[str, float]) -> dict[str, Any]:
    """A copy of ``data`` with some numbers replaced."""
    result = copy.deepcopy(data)
    for name, value in values.items():
        get(result, name)
        holder, key = _place(result, name)
        holder[key] = value
    return result


def borrowed(data: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """A copy of ``data`` with the fitted parameters of another game; surfaces stay."""
    result = copy.deepcopy(data)
    for name, item in other["parameters"].items():
        if item["origin"] == "fit" and "standard_error" in item:
            source = f"as {other['game']}: {item['source']}"
            result["parameters"][name] = copy.deepcopy(item) | {"source": source}
    return result


def _place(data: dict[str, Any], name: str) -> tuple[Any, Any]:
    first, *rest = name.split(".")
    if first == "surfaces":
        return data["surfaces"][rest[0]], rest[1]
    if rest:
        return data["parameters"][first]["value"], int(rest[0])
    return data["parameters"][first], "value"
