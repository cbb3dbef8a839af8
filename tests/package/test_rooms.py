"""Imports of the package go one way, and only the wing that draws needs what draws."""

import ast
from graphlib import CycleError, TopologicalSorter

import pytest
from checks import ROOT

PACKAGE = ROOT / "src" / "unrolled"
COMMANDS = {"unrolled.train", "unrolled.sample"}


def module(path):
    """The dotted name of a module."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imports(source):
    """What a module imports at its top: `a.b` of also `a.b` of `from a import b`."""
    found = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


MODULES = {module(path): imports(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py")}


def order(modules):
    """The modules, each after those that it imports."""
    graph = {name: (found & modules.keys()) - {name} for name, found in modules.items()}
    return list(TopologicalSorter(graph).static_order())


def above(modules, wing="unrolled.figures"):
    """Modules outside the wing that draws which import it, or Matplotlib."""
    return {
        name
        for name, found in modules.items()
        if not name.startswith(wing) and any(i.startswith((wing, "matplotlib")) for i in found)
    }


def test_imports_go_one_way():
    found = order(MODULES)
    assert found.index("unrolled.numpy_models") < found.index("unrolled.learning")


def test_nothing_outside_the_wing_that_draws_needs_it():
    assert above(MODULES) == set()


def test_no_library_imports_a_command():
    assert {name for name, found in MODULES.items() if found & COMMANDS} == set()


def test_a_circle_and_a_wrong_arrow_are_seen():
    circle = {"a": imports("from b import c\nimport d"), "b": set(), "d": imports("import a")}
    with pytest.raises(CycleError):
        order(circle)
    wrong = {"unrolled.text": imports("from unrolled import figures"), "unrolled.figures": set()}
    assert above(wrong) == {"unrolled.text"}
    assert above({"unrolled.text": imports("def f():\n    import matplotlib")}) == set()
