"""What every part of the configuration has in common."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


class Section(BaseModel):
    """One mapping of the file: unknown keys refused, frozen, silent about its values.

    A key that is written with nothing behind it counts as not written.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
        validate_by_name=True,
        validate_by_alias=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _drop_what_is_empty(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the file holds
        if not isinstance(value, dict):
            return value
        known = {field.alias or name for name, field in cls.model_fields.items()}
        return {key: held for key, held in value.items() if held is not None or key not in known}

    def __repr__(self) -> str:
        """Name the keys that are set and none of their values: any of them may come from a secret."""
        return f"{type(self).__name__}({', '.join(sorted(self.model_fields_set))})"

    __str__ = __repr__
