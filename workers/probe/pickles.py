"""What a pickle would do, followed opcode by opcode without doing any of it.

Nothing is imported, and nothing is called: what would be an object is an `Imported` or a `Made` here. PyTorch's pickles
of a model use few opcodes; one that uses another can't be followed, and only what it imports is told.
"""

import pickletools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO

from msgspec import Struct

MAX_OPCODES = 5_000_000
"""Of one pickle; the largest models' have some hundred thousand."""

_DEEPEST = 200


class Imported(Struct, frozen=True):
    """What the pickle names as `module.name`."""

    name: str


class Made(Struct, frozen=True, eq=False):
    """What calling something would have given."""

    of: str
    given: Any


class Kept(Struct, frozen=True, eq=False):
    """What lies outside the pickle, under a name of its own: a tensor's numbers."""

    id: Any


class Followed(Struct, frozen=True):
    """`result` is None where the pickle couldn't be followed to its end; `imports` are all that it names."""

    result: Any
    imports: tuple[str, ...]


class _CannotFollow(Exception):
    pass


def follow(content: bytes | BinaryIO) -> Followed:
    """Raises ValueError where it is no whole pickle, or longer than any model's."""
    machine = _Machine()
    imports: dict[str, None] = {}
    can_follow = True
    for count, (opcode, argument, _) in enumerate(_opcodes(content)):
        if count > MAX_OPCODES:
            raise ValueError("it goes on longer than any model's")
        if opcode.name == "STACK_GLOBAL" and not can_follow:
            imports["something that can't be told"] = None
        if can_follow:
            try:
                machine.step(opcode.name, argument)
            except (_CannotFollow, LookupError, TypeError, ValueError, AttributeError):
                can_follow = False
        if opcode.name in ("GLOBAL", "INST"):
            imports[str(argument).replace(" ", ".")] = None
    imports |= dict.fromkeys(machine.imports)
    return Followed(machine.stack[-1] if can_follow and machine.stack else None, tuple(imports))


def _opcodes(content: bytes | BinaryIO) -> Iterator[tuple[Any, Any, Any]]:
    try:
        yield from pickletools.genops(content)
    except (ValueError, EOFError, UnicodeDecodeError, OverflowError, MemoryError) as wrong:
        raise ValueError(str(wrong)) from wrong


class _Machine:
    """The stack machine of a pickle, of as much as a model's needs."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.imports: list[str] = []
        self._marks: list[list[Any]] = []
        self._memo: dict[int, Any] = {}

    def step(self, opcode: str, argument: Any) -> None:
        if opcode in _CONSTANTS:
            self.stack.append(_CONSTANTS[opcode])
        elif opcode in _LITERALS:
            self.stack.append(argument)
        elif action := _ACTIONS.get(opcode):
            action(self, argument)
        elif opcode not in _NOTHING:
            raise _CannotFollow(opcode)

    def mark(self, _argument: Any) -> None:
        if len(self._marks) > _DEEPEST:
            raise _CannotFollow
        self._marks.append(self.stack)
        self.stack = []

    def _since_mark(self) -> list[Any]:
        found, self.stack = self.stack, self._marks.pop()
        return found

    def put(self, argument: Any) -> None:
        self._memo[len(self._memo) if argument is None else argument] = self.stack[-1]

    def get(self, argument: Any) -> None:
        self.stack.append(self._memo[argument])

    def tuple_since_mark(self, _argument: Any) -> None:
        values = self._since_mark()
        self.stack.append(tuple(values))

    def tuple_of(self, count: int) -> None:
        self.stack[-count:] = [tuple(self.stack[-count:])]

    def new_list(self, _argument: Any) -> None:
        self.stack.append([])

    def new_dict(self, _argument: Any) -> None:
        self.stack.append({})

    def append(self, _argument: Any) -> None:
        value = self.stack.pop()
        self.stack[-1].append(value)

    def appends(self, _argument: Any) -> None:
        values = self._since_mark()
        self.stack[-1].extend(values)

    def set_item(self, _argument: Any) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self._set(key, value)

    def set_items(self, _argument: Any) -> None:
        values = self._since_mark()
        for key, value in zip(values[::2], values[1::2], strict=True):
            self._set(key, value)

    def _set(self, key: Any, value: Any) -> None:
        """Only under texts and numbers: to hash anything else would be to trust it."""
        if isinstance(key, (str, int)) and isinstance(self.stack[-1], dict):
            self.stack[-1][key] = value

    def stack_global(self, _argument: Any) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        self.import_(f"{module} {name}")

    def import_(self, argument: Any) -> None:
        name = str(argument).replace(" ", ".")
        self.imports.append(name)
        self.stack.append(Imported(name))

    def call(self, _argument: Any) -> None:
        """An ordered dictionary is one; whatever else would be called is not."""
        given, what = self.stack.pop(), self.stack.pop()
        is_dict = what == Imported("collections.OrderedDict")
        self.stack.append({} if is_dict else Made(what.name, given))

    def build(self, _argument: Any) -> None:
        self.stack.pop()

    def kept(self, _argument: Any) -> None:
        self.stack.append(Kept(self.stack.pop()))

    def pop(self, _argument: Any) -> None:
        self.stack.pop()


_CONSTANTS: Mapping[str, Any] = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_LITERALS = frozenset(
    (
        *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
        *("STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
        *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
    )
)
_NOTHING = frozenset(("PROTO", "FRAME", "STOP"))
_ACTIONS: Mapping[str, Callable[[_Machine, Any], None]] = {
    "MARK": _Machine.mark,
    "PUT": _Machine.put,
    "BINPUT": _Machine.put,
    "LONG_BINPUT": _Machine.put,
    "MEMOIZE": _Machine.put,
    "GET": _Machine.get,
    "BINGET": _Machine.get,
    "LONG_BINGET": _Machine.get,
    "TUPLE": _Machine.tuple_since_mark,
    "TUPLE1": lambda machine, _: machine.tuple_of(1),
    "TUPLE2": lambda machine, _: machine.tuple_of(2),
    "TUPLE3": lambda machine, _: machine.tuple_of(3),
    "EMPTY_LIST": _Machine.new_list,
    "EMPTY_DICT": _Machine.new_dict,
    "APPEND": _Machine.append,
    "APPENDS": _Machine.appends,
    "SETITEM": _Machine.set_item,
    "SETITEMS": _Machine.set_items,
    "GLOBAL": _Machine.import_,
    "STACK_GLOBAL": _Machine.stack_global,
    "REDUCE": _Machine.call,
    "NEWOBJ": _Machine.call,
    "BUILD": _Machine.build,
    "BINPERSID": _Machine.kept,
    "POP": _Machine.pop,
}
