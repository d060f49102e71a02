"""The part of Jinja that a template may use. What is not listed here is refused when the template is saved (S5).

There is no loop, call, attribute, assignment or arithmetic: the time and memory of a text grow with the template and its values,
and with nothing else. The sandbox below it is a second fence.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from jinja2 import nodes

from pipelines.channels.wording.spoken import MOMENTS

PLAIN_FILTERS = ("upper", "lower", "title", "capitalize", "trim", "default")
FILTERS = (*MOMENTS, *PLAIN_FILTERS)
MOST_PLACEHOLDERS = 200
MOST_NESTED = 20
MOST_CHARACTERS = 65_536

_STATEMENTS = (nodes.Template, nodes.Output, nodes.TemplateData, nodes.If)
_EXPRESSIONS = (
    nodes.Name, nodes.Const, nodes.Filter, nodes.Test, nodes.Compare, nodes.Operand,
    nodes.And, nodes.Or, nodes.Not, nodes.CondExpr, nodes.Concat,
)  # fmt: skip
_REFUSED = {
    nodes.For: "a loop",
    nodes.Call: "a call",
    nodes.Getattr: "a dot",
    nodes.Getitem: "square brackets",
    nodes.Assign: "set",
    nodes.AssignBlock: "set",
    nodes.With: "with",
    nodes.Macro: "a macro",
    nodes.CallBlock: "a call",
    nodes.FilterBlock: "a filter block",
    nodes.Include: "include",
    nodes.Import: "import",
    nodes.FromImport: "import",
    nodes.Extends: "extends",
    nodes.Block: "a block",
    nodes.BinExpr: "arithmetic",
    nodes.UnaryExpr: "arithmetic",
    nodes.List: "a list",
    nodes.Tuple: "a list",
    nodes.Dict: "a list",
}


@dataclass(frozen=True, slots=True)
class Words:
    """Text of the template itself."""

    text: str


@dataclass(frozen=True, slots=True)
class Value:
    """A field or column; `instead` stands in where it is empty, if the template says so."""

    name: str
    instead: str | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """`contact_at` spoken: `spoken` is day, date or clock."""

    spoken: str


Piece = Words | Value | Moment


def mistakes(tree: nodes.Template) -> Iterator[str]:
    """What of the template is not allowed, in words that follow "The text"."""
    if sum(1 for _ in tree.find_all(nodes.Name)) > MOST_PLACEHOLDERS:
        yield f"has more than {MOST_PLACEHOLDERS} placeholders"
    yield from _walk(tree, 0, said=False)


def names(tree: nodes.Template) -> tuple[str, ...]:
    """The fields and columns that it uses, in order."""
    return tuple(dict.fromkeys(name.name for name in tree.find_all(nodes.Name)))


def pieces(tree: nodes.Template) -> tuple[Piece, ...] | None:
    """The template as a plain row of pieces; None when it decides or changes anything, which SQL shall not do."""
    row = []
    for output in tree.body:
        if not isinstance(output, nodes.Output):
            return None
        for node in output.nodes:
            piece = _piece(node)
            if piece is None:
                return None
            row.append(piece)
    return tuple(row)


def _piece(node: nodes.Node) -> Piece | None:
    match node:
        case nodes.TemplateData(data=text):
            return Words(text)
        case nodes.Name(name=name):
            return Value(name)
        case nodes.Filter(node=nodes.Name(), name=spoken) if spoken in MOMENTS:
            return Moment(spoken)
        case nodes.Filter(node=nodes.Name(name=name), name="default", args=[nodes.Const(value=str(instead))]):
            return Value(name, instead)
        case _:
            return None


def _walk(node: nodes.Node, depth: int, *, said: bool) -> Iterator[str]:
    """`said` is true where the node above makes words of `contact_at`, or only asks whether it is there."""
    if depth > MOST_NESTED:
        yield f"is nested more than {MOST_NESTED} deep"
        return
    if not isinstance(node, _STATEMENTS + _EXPRESSIONS):
        yield f"uses {_what(node)} on line {node.lineno}, which a text cannot"
        return
    if isinstance(node, nodes.Name) and node.name == "contact_at" and not said:
        yield f"must say how contact_at is written on line {node.lineno}: {{{{ contact_at | day }}}}, date or clock"
    if isinstance(node, nodes.Filter):
        yield from _filter(node)
    if isinstance(node, nodes.Test) and (node.name != "defined" or node.args):
        yield f"asks “is {node.name}” on line {node.lineno}; it can ask “is defined”"
    if isinstance(node, nodes.Compare) and any(operand.op not in {"eq", "ne"} for operand in node.ops):
        yield f"compares on line {node.lineno} by something else than == and !="
    says = isinstance(node, nodes.Test) or (isinstance(node, nodes.Filter) and node.name in MOMENTS)
    for child in node.iter_child_nodes():
        asked = isinstance(node, nodes.If | nodes.CondExpr) and child is node.test
        asked = asked or (said and isinstance(node, nodes.And | nodes.Or | nodes.Not))
        yield from _walk(child, depth + 1, said=says or asked)


def _filter(node: nodes.Filter) -> Iterator[str]:
    if node.name not in FILTERS:
        yield f"uses the filter {node.name} on line {node.lineno}; there are {', '.join(FILTERS)}"
    if node.name in MOMENTS and not (isinstance(node.node, nodes.Name) and node.node.name == "contact_at"):
        yield f"uses {node.name} on line {node.lineno} on something else than contact_at"
    given = [type(argument.value) if isinstance(argument, nodes.Const) else None for argument in node.args]
    takes = [str] if node.name == "default" else []
    if given != takes or node.kwargs or node.dyn_args or node.dyn_kwargs:
        yield f"gives {node.name} on line {node.lineno} something that it does not take"


def _what(node: nodes.Node) -> str:
    return next(
        (word for kind, word in _REFUSED.items() if isinstance(node, kind)), type(node).__name__.lower()
    )
