"""The part of Jinja that a template may use. What is not listed here is refused when the template is saved (S5).

There is no loop, call, attribute, assignment or arithmetic: the time and memory of a text grow with the template and its values,
and with nothing else. The sandbox below it is a second fence.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from jinja2 import nodes

from pipelines.channels.wording.spoken import MOMENTS
from pipelines.language import Sentence

PLAIN_FILTERS = ("upper", "lower", "title", "capitalize", "trim", "default")
FILTERS = (*MOMENTS, *PLAIN_FILTERS)
MAX_PLACEHOLDERS = 200
MAX_NESTED = 20
MAX_CHARACTERS = 65_536

_STATEMENTS = (nodes.Template, nodes.Output, nodes.TemplateData, nodes.If)
_EXPRESSIONS = (
    nodes.Name, nodes.Const, nodes.Filter, nodes.Test, nodes.Compare, nodes.Operand,
    nodes.And, nodes.Or, nodes.Not, nodes.CondExpr, nodes.Concat,
)  # fmt: skip
_REFUSED: dict[type[nodes.Node], Sentence | str] = {
    nodes.For: Sentence("construct_loop"),
    nodes.Call: Sentence("construct_call"),
    nodes.Getattr: Sentence("construct_dot"),
    nodes.Getitem: Sentence("construct_brackets"),
    nodes.Assign: "set",
    nodes.AssignBlock: "set",
    nodes.With: "with",
    nodes.Macro: Sentence("construct_macro"),
    nodes.CallBlock: Sentence("construct_call"),
    nodes.FilterBlock: Sentence("construct_filter_block"),
    nodes.Include: "include",
    nodes.Import: "import",
    nodes.FromImport: "import",
    nodes.Extends: "extends",
    nodes.Block: Sentence("construct_block"),
    nodes.BinExpr: Sentence("construct_arithmetic"),
    nodes.UnaryExpr: Sentence("construct_arithmetic"),
    nodes.List: Sentence("construct_list"),
    nodes.Tuple: Sentence("construct_list"),
    nodes.Dict: Sentence("construct_list"),
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


def mistakes(tree: nodes.Template) -> Iterator[Sentence]:
    """What of the template is not allowed."""
    if sum(1 for _ in tree.find_all(nodes.Name)) > MAX_PLACEHOLDERS:
        yield Sentence("text_too_many_placeholders", {"max": MAX_PLACEHOLDERS})
    yield from _walk(tree, 0, spoken=False)


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


def _walk(node: nodes.Node, depth: int, *, spoken: bool) -> Iterator[Sentence]:
    """`spoken` is true where the node above makes words of `contact_at`, or only asks whether it is there."""
    if depth > MAX_NESTED:
        yield Sentence("text_too_deep", {"max": MAX_NESTED})
        return
    if not isinstance(node, _STATEMENTS + _EXPRESSIONS):
        yield Sentence("text_uses_construct", {"construct": _construct(node), "line": node.lineno})
        return
    yield from _expression(node, spoken=spoken)
    says = isinstance(node, nodes.Test) or (isinstance(node, nodes.Filter) and node.name in MOMENTS)
    for child in node.iter_child_nodes():
        asked = isinstance(node, nodes.If | nodes.CondExpr) and child is node.test
        asked = asked or (spoken and isinstance(node, nodes.And | nodes.Or | nodes.Not))
        yield from _walk(child, depth + 1, spoken=says or asked)


def _expression(node: nodes.Node, *, spoken: bool) -> Iterator[Sentence]:
    match node:
        case nodes.Name(name="contact_at") if not spoken:
            yield Sentence("text_bare_moment", {"line": node.lineno})
        case nodes.Filter():
            yield from _filter(node)
        case nodes.Test(name=name, args=args) if name != "defined" or args:
            yield Sentence("text_wrong_test", {"test": name, "line": node.lineno})
        case nodes.Compare(ops=operands) if any(operand.op not in {"eq", "ne"} for operand in operands):
            yield Sentence("text_wrong_comparison", {"line": node.lineno})


def _filter(node: nodes.Filter) -> Iterator[Sentence]:
    where = {"filter": node.name, "line": node.lineno}
    if node.name not in FILTERS:
        yield Sentence("text_unknown_filter", where | {"filters": FILTERS})
    if node.name in MOMENTS and not (isinstance(node.node, nodes.Name) and node.node.name == "contact_at"):
        yield Sentence("text_filter_without_moment", where)
    given = [type(argument.value) if isinstance(argument, nodes.Const) else None for argument in node.args]
    accepted = [str] if node.name == "default" else []
    if given != accepted or node.kwargs or node.dyn_args or node.dyn_kwargs:
        yield Sentence("text_wrong_argument", where)


def _construct(node: nodes.Node) -> Sentence | str:
    """What a person calls it; a keyword of Jinja as it is written."""
    return next(
        (title for kind, title in _REFUSED.items() if isinstance(node, kind)), type(node).__name__.lower()
    )
