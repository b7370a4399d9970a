"""JSON → a value of a declared type, or a ValueError that says where it isn't one."""

from typing import Any, Literal, TypeVar

import pydantic
import tensorflow as tf

T = TypeVar("T")


Extra = Literal["forbid", "ignore"]


def load(path: str, kind: type[T], extra: Extra = "forbid") -> T:
    """Reads a file, as `parse` does a text."""
    with tf.io.gfile.GFile(path, "rb") as file:
        return parse(file.read(), kind, path, extra)


def parse(text: str | bytes, kind: type[T], place: str, extra: Extra = "forbid") -> T:
    """Reads JSON strictly: a number in quotes is no number, a fraction no int.

    Args:
        text: a JSON document.
        kind: a dataclass, NamedTuple or TypedDict, or any other type with parameters.
        place: where the text is from, for errors.
        extra: what happens to fields that `kind` doesn't have.

    Raises:
        ValueError: the text is no JSON, is nested hundreds deep, or a field is
            missing, unknown or of the wrong type.
    """
    try:
        return pydantic.TypeAdapter(kind).validate_json(text, strict=True, extra=extra)
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"]))
        raise ValueError(
            f"{place}: {field + ': ' if field else ''}{first['msg']}"
            f"{_shown(first['type'], first['input'])}. Was this file edited, cut off, "
            "or written by another version?"
        ) from error


def _shown(problem: str, value: Any) -> str:
    """The value, where it is what is wrong; at most a line of it."""
    if problem == "json_invalid" or problem.startswith("missing"):
        return ""
    text = repr(value)
    return f", not {text if len(text) <= 60 else text[:60] + '…'}"
