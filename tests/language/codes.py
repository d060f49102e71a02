"""Finds the codes of sentences in the source: the first arguments of errors, sentences and problems, and those that are not literals."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("pipelines", "webapp", "dags", "plugins")
SENTENCES = {"Sentence", "Problem", "RowProblem"}
PASSED_ON = {"sentence", "missing", "wrong", "reasons", "sentences"}  # variables that already hold a Sentence
NO_PARAMS = {"code", "after_seconds"}  # keywords of errors that are not params


@dataclass(frozen=True)
class Site:
    """A place that makes a sentence. `kind` is code, family (then `text` is its prefix), words, beside (a code beside words) or unclear.

    `params` are the names of its params, None if they are only known at run time.
    """

    file: str
    line: int
    kind: str
    text: str
    params: frozenset[str] | None = None

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"


def trees() -> dict[str, ast.Module]:
    """Every module, by its path below the root."""
    return {
        str(path.relative_to(ROOT)): ast.parse(path.read_text())
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
    }


def errors(modules: dict[str, ast.Module]) -> set[str]:
    """The names of PacketboatError and its subclasses."""
    bases = {
        node.name: {_name(base) for base in node.bases}
        for tree in modules.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    classes = {"PacketboatError"}
    while more := {name for name, above in bases.items() if above & classes} - classes:
        classes |= more
    return classes


def sites(modules: dict[str, ast.Module]) -> list[Site]:
    classes = errors(modules)
    return [site for file, tree in modules.items() for site in _sites(file, tree, classes)]


def problems(modules: dict[str, ast.Module]) -> set[str]:
    """The codes of problems of rows and values."""
    return {
        site.text
        for file, tree in modules.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _name(node.func) in {"Problem", "RowProblem"} and node.args
        for site in _call(file, node, is_error=False)
        if site.kind == "code"
    }


def own_words(modules: dict[str, ast.Module]) -> dict[str, str]:
    """The English words of codes that bring them along (`Problem("not_a_x", {"text": "…"})`) and so need no catalogue."""
    return {
        call.args[0].value: value.value
        for tree in modules.values()
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and _name(call.func) in SENTENCES and len(call.args) > 1
        if isinstance(call.args[0], ast.Constant) and isinstance(call.args[1], ast.Dict)
        for key, value in zip(call.args[1].keys, call.args[1].values, strict=True)
        if isinstance(key, ast.Constant) and key.value == "text" and isinstance(value, ast.Constant)
    }


def _sites(file: str, tree: ast.Module, classes: set[str]) -> Iterator[Site]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name in classes:
            yield from _constructor(file, node)
        if isinstance(node, ast.Call) and _name(node.func) in classes | SENTENCES and node.args:
            yield from _call(file, node, is_error=_name(node.func) in classes)


def _constructor(file: str, error: ast.ClassDef) -> Iterator[Site]:
    """The default code of an error, and the code that it passes to its base class."""
    for method in error.body:
        if not isinstance(method, ast.FunctionDef) or method.name != "__init__":
            continue
        for default in method.args.defaults:
            yield from _first(file, default, None)
        for node in ast.walk(method):
            if isinstance(node, ast.Call) and _name(node.func) == "__init__" and node.args:
                yield from _first(file, node.args[0], _keywords(node), strict=False)


def _call(file: str, call: ast.Call, *, is_error: bool) -> Iterator[Site]:
    for keyword in call.keywords:
        if keyword.arg == "code" and isinstance(keyword.value, ast.Constant):
            yield Site(file, call.lineno, "beside", keyword.value.value, frozenset())
    params = _keywords(call) if is_error else _keys(call)
    yield from _first(file, call.args[0], params, strict=not is_error)


def _first(
    file: str, first: ast.expr, params: frozenset[str] | None, *, strict: bool = True
) -> Iterator[Site]:
    match first:
        case ast.Constant(value=str(text)):
            yield Site(file, first.lineno, "words" if " " in text else "code", text, params)
        case ast.IfExp(body=one, orelse=other):
            yield from _first(file, one, params, strict=strict)
            yield from _first(file, other, params, strict=strict)
        case ast.JoinedStr(values=[ast.Constant(value=str(prefix)), ast.FormattedValue()]) if (
            " " not in prefix
        ):
            yield Site(file, first.lineno, "family", prefix, params)
        case ast.JoinedStr() | ast.BinOp():
            yield Site(file, first.lineno, "words", ast.unparse(first))
        case ast.BoolOp(values=[*_, last]) if not strict:
            yield from _first(file, last, None, strict=strict)
        case ast.Call() | ast.List() | ast.Starred() if not strict:
            return  # sentences: each has a site of its own
        case ast.Name(id=name) | ast.Attribute(attr=name) if not strict:
            if name not in PASSED_ON:
                yield Site(file, first.lineno, "words", ast.unparse(first))
        case _:
            yield Site(file, first.lineno, "unclear", ast.unparse(first))


def _keywords(call: ast.Call) -> frozenset[str] | None:
    names = {keyword.arg for keyword in call.keywords}
    return None if None in names else frozenset(names - NO_PARAMS)


def _keys(call: ast.Call) -> frozenset[str] | None:
    match call.args[1:]:
        case []:
            return frozenset()
        case [ast.Dict(keys=keys), *_] if all(isinstance(key, ast.Constant) for key in keys):
            return frozenset(key.value for key in keys)
    return None


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
