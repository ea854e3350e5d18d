"""An event of whichever kind, as a type: written as its body, and told apart by `kind`.

A field of this type stands in a JSON Schema as the union of all kinds, and never as
an object of which nothing is said.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Annotated, Any, TypeAlias, cast

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from domain.event import Event
from domain.registry import KINDS

_UNION: Any = Annotated[reduce(or_, KINDS.values()), Field(discriminator="kind")]


class _OfAnyKind:
    """Has pydantic read an event by its `kind`, and write it as its body."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        del source
        return core_schema.json_or_python_schema(
            json_schema=handler.generate_schema(_UNION),
            # What comes out of the log was checked when it was recorded.
            python_schema=core_schema.is_instance_schema(Event),
            serialization=core_schema.plain_serializer_function_ser_schema(Event.body),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        # A serializer that is a function says nothing of what it writes; the union does.
        return handler(cast("core_schema.JsonOrPythonSchema", schema)["json_schema"])


AnyEvent: TypeAlias = Annotated[Event, _OfAnyKind()]
"""An event of any kind; as JSON it is the body that it could be recorded with."""
