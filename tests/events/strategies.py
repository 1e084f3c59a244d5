"""Any event there can be, drawn from the types' own hints."""

from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from hypothesis import strategies as st
from msgspec import Struct

from ddesk.events import TYPES, Event

_INT64 = st.integers(-(2**63), 2**63 - 1)
_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: _INT64,
    float: st.floats(allow_nan=False, allow_infinity=False),
    str: st.text(max_size=40),
    NoneType: st.none(),
}


def events(*types: type[Event]) -> st.SearchStrategy[Event]:
    """An event of one of these types, or of any."""
    return st.sampled_from(types or tuple(TYPES.values())).flatmap(of_struct)


def of_struct(struct: type[Any]) -> st.SearchStrategy[Any]:
    hints = get_type_hints(struct)
    fields = {name: _of(hints[name]) for name in struct.__struct_fields__}
    return st.fixed_dictionaries(fields).map(lambda values: struct(**values))


def _of(hint: Any) -> st.SearchStrategy[Any]:
    if hint in _PLAIN:
        return _PLAIN[hint]
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return st.sampled_from(inner)
    if origin is UnionType:
        return st.one_of(*map(_of, inner))
    if origin is tuple:
        return st.lists(_of(inner[0]), max_size=3).map(tuple)
    if origin is dict:
        return st.dictionaries(_of(inner[0]), _of(inner[1]), max_size=3)
    if isinstance(hint, type) and issubclass(hint, Struct):
        return of_struct(hint)
    raise TypeError(f"no strategy for {hint}: add one")
