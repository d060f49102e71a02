"""The part of Jinja that a template may use. Anything not listed here is refused when the template is saved (S5).

There are no loops, calls, attributes, assignments or arithmetic, so the time and memory of a text depend on its template and values
alone. The sandbox below is a second line of defence.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from jinja2 import nodes

from pipelines.channels.wording.moments import FORMATS
from pipelines.language import Sentence

PLAIN_FILTERS = ("upper", "lower", "title", "capitalize", "trim", "default")
FILTERS = (*FORMATS, *PLAIN_FILTERS)
MAX_PLACEHOLDERS = 200
MAX_DEPTH = 20
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
    """A field or column, and the `default` that the template gives for an empty one, if any."""

    name: str
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """`contact_at` in a format: day, date or clock."""

    format: str


Piece = Words | Value | Moment


def mistakes(tree: nodes.Template) -> Iterator[Sentence]:
    """Everything in the template that is not allowed."""
    if sum(1 for _ in tree.find_all(nodes.Name)) > MAX_PLACEHOLDERS:
        yield Sentence("text_too_many_placeholders", {"max": MAX_PLACEHOLDERS})
    yield from _walk(tree, 0, bare_moment=False)


def names(tree: nodes.Template) -> tuple[str, ...]:
    """The fields and columns that it uses, in order."""
    return tuple(dict.fromkeys(name.name for name in tree.find_all(nodes.Name)))


def pieces(tree: nodes.Template) -> tuple[Piece, ...] | None:
    """The template as a plain sequence of pieces; None when it has a condition or a filter that SQL does not do."""
    pieces_ = []
    for output in tree.body:
        if not isinstance(output, nodes.Output):
            return None
        for node in output.nodes:
            piece = _piece(node)
            if piece is None:
                return None
            pieces_.append(piece)
    return tuple(pieces_)


def _piece(node: nodes.Node) -> Piece | None:
    match node:
        case nodes.TemplateData(data=text):
            return Words(text)
        case nodes.Name(name=name):
            return Value(name)
        case nodes.Filter(node=nodes.Name(), name=format_) if format_ in FORMATS:
            return Moment(format_)
        case nodes.Filter(node=nodes.Name(name=name), name="default", args=[nodes.Const(value=str(default))]):
            return Value(name, default)
        case _:
            return None


def _walk(node: nodes.Node, depth: int, *, bare_moment: bool) -> Iterator[Sentence]:
    """`bare_moment`: `contact_at` may stand here without a format, because the node above formats it or only tests it."""
    if depth > MAX_DEPTH:
        yield Sentence("text_too_deep", {"max": MAX_DEPTH})
        return
    if not isinstance(node, _STATEMENTS + _EXPRESSIONS):
        yield Sentence("text_uses_construct", {"construct": _construct(node), "line": node.lineno})
        return
    yield from _expression(node, bare_moment=bare_moment)
    formats = isinstance(node, nodes.Test) or (isinstance(node, nodes.Filter) and node.name in FORMATS)
    for child in node.iter_child_nodes():
        tested = isinstance(node, nodes.If | nodes.CondExpr) and child is node.test
        tested = tested or (bare_moment and isinstance(node, nodes.And | nodes.Or | nodes.Not))
        yield from _walk(child, depth + 1, bare_moment=formats or tested)


def _expression(node: nodes.Node, *, bare_moment: bool) -> Iterator[Sentence]:
    match node:
        case nodes.Name(name="contact_at") if not bare_moment:
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
    if node.name in FORMATS and not (isinstance(node.node, nodes.Name) and node.node.name == "contact_at"):
        yield Sentence("text_filter_without_moment", where)
    types = [type(argument.value) if isinstance(argument, nodes.Const) else None for argument in node.args]
    expected = [str] if node.name == "default" else []
    if types != expected or node.kwargs or node.dyn_args or node.dyn_kwargs:
        yield Sentence("text_wrong_argument", where)


def _construct(node: nodes.Node) -> Sentence | str:
    """The name that people use for it, or Jinja's own keyword."""
    return next(
        (title for kind, title in _REFUSED.items() if isinstance(node, kind)), type(node).__name__.lower()
    )
