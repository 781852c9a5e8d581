"""S-expressions over a knowledge graph, as GrailQA writes them: `(AND type.a (JOIN (R rel.b) m.0xyz))`.

Reading and comparing follow the official script (dki-lab/GrailQA evaluate.py, as kept in salesforce/rng-kbqa
2b6ef28e7724): two expressions are the same when their query graphs are isomorphic over the ontology.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from executors.kg.ontology import Ontology

if TYPE_CHECKING:
    import networkx as nx

MAX_CHARACTERS = 20_000
MAX_DEPTH = 60
UNKNOWN = "@@UNKNOWN@@"
COMPARISONS = {"le": "<=", "ge": ">=", "lt": "<", "gt": ">"}

Expression: TypeAlias = "str | list[Expression]"
Graph: TypeAlias = "nx.MultiDiGraph[int]"


class NotAnExpressionError(ValueError):
    """The text is no s-expression; the message says why."""


def parse(text: str) -> Expression:
    """The first expression of `text`, by the official reader's rules. Raises NotAnExpressionError.

    Blanks separate symbols only: "( AND" is an error. Whatever follows a complete expression is not looked at, but a
    bracket too many is an error, and of an expression that is not closed its innermost open list's head is left.
    """
    if len(text) > MAX_CHARACTERS:
        raise NotAnExpressionError(f"{len(text)} characters where no expression has more than {MAX_CHARACTERS}")
    current: list[Expression] = []
    stack: list[list[Expression]] = []
    for place, token in enumerate(text.split(), 1):
        symbol = token.lstrip("(")
        for _ in range(len(token) - len(symbol)):
            nested: list[Expression] = []
            current.append(nested)
            stack.append(current)
            current = nested
        if len(stack) > MAX_DEPTH:
            raise NotAnExpressionError(f"nested more than {MAX_DEPTH} deep")
        word = symbol.rstrip(")")
        if not word:
            raise NotAnExpressionError(f"word {place}: a bracket without a symbol")
        current.append(symbol.replace(")", ""))
        for _ in range(len(symbol) - len(word)):
            if not stack:
                raise NotAnExpressionError(f"word {place}: a bracket closes that was never opened")
            current = stack.pop()
    if not current:
        raise NotAnExpressionError("no expression")
    return current[0]


def same_logical_form(first: str, second: str, ontology: Ontology) -> bool:
    """Whether both texts denote the same query graph; a text that cannot be read is the same as nothing."""
    if UNKNOWN in first or UNKNOWN in second:
        return False
    import networkx as nx

    try:
        graphs = [_Builder(ontology).graph(parse(text)) for text in (first, second)]
    except (NotAnExpressionError, _NoGraphError):
        return False
    first_graph, second_graph = graphs
    return bool(nx.is_isomorphic(first_graph, second_graph, node_match=_same_node, edge_match=_same_edges))


class _NoGraphError(Exception):
    """The official script would raise."""


def _same_node(first: dict[str, Any], second: dict[str, Any]) -> bool:
    if first["id"] != second["id"] or first["type"] != second["type"]:
        return False
    # The official script takes the function off a node when it first looks at it, and so do we: what it compares
    # afterwards depends on it.
    functions = first.pop("function", None), second.pop("function", None)
    closures = first.pop("tc", None), second.pop("tc", None)
    return bool(functions[0] == functions[1] and closures[0] == closures[1])


def _same_edges(first: Mapping[int, dict[str, str]], second: Mapping[int, dict[str, str]]) -> bool:
    return sorted(e["relation"] for e in first.values()) == sorted(e["relation"] for e in second.values())


class _Builder:
    """Query graphs: nodes are numbered from 1, the last one is what is asked for."""

    def __init__(self, ontology: Ontology) -> None:
        self.ontology = ontology

    def graph(self, expression: Expression) -> Graph:
        import networkx as nx

        if isinstance(expression, str):
            return self._symbol(expression)
        head = expression[0]
        if not isinstance(head, str):
            raise _NoGraphError("an expression begins with its operator")
        try:
            if head == "R":
                graph = self.graph(expression[1])
                size = len(graph)
                reversed_graph: Graph = nx.relabel_nodes(graph, {node: size - node + 1 for node in graph})
                return reversed_graph
            if head == "JOIN" or head in COMPARISONS:
                return self._join(head, self.graph(expression[1]), self.graph(expression[2]))
            if head == "AND":
                return self._merged(self.graph(expression[1]), self.graph(expression[2]))
            if head == "COUNT":
                graph = self.graph(expression[1])
                graph.nodes[len(graph)]["function"] = "count"
                return graph
            if "ARG" in head:
                first, second = self.graph(expression[1]), self.graph(expression[2])
                second.nodes[1].update(id=0, type="literal", function=head.lower())
                return self._merged(first, second)
            if head == "TC":
                graph = self.graph(expression[1])
                graph.nodes[len(graph)]["tc"] = (expression[2], expression[3])
                return graph
        except (IndexError, KeyError) as error:
            raise _NoGraphError(str(error)) from error
        raise _NoGraphError(f"there is no operator {head}")

    def _symbol(self, symbol: str) -> Graph:
        import networkx as nx

        graph: Graph = nx.MultiDiGraph()
        if "^^" in symbol:
            graph.add_node(1, id=symbol, type="literal")
        elif symbol in self.ontology.types:
            graph.add_node(1, id=symbol, type="class")
        elif symbol in self.ontology.roles:
            domain, reached = self.ontology.roles[symbol]
            graph.add_node(1, id=reached, type="class")
            graph.add_node(2, id=domain, type="class")
            graph.add_edge(2, 1, relation=symbol)
            if symbol in self.ontology.inverse:
                graph.add_edge(1, 2, relation=self.ontology.inverse[symbol])
        else:
            graph.add_node(1, id=symbol, type="entity")
        return graph

    def _join(self, head: str, first: Graph, second: Graph) -> Graph:
        import networkx as nx

        size = len(second)
        inner, outer = first.nodes[1], second.nodes[size]
        above = self.ontology.upper_types.get(inner["id"], frozenset())
        if inner["type"] == outer["type"] == "class" and outer["id"] in above:
            outer["id"] = inner["id"]
        graph = _composed(nx.relabel_nodes(first, {node: node + size - 1 for node in first}), second)
        if head != "JOIN":
            graph.nodes[1]["function"] = COMPARISONS[head]
        return graph

    @staticmethod
    def _merged(first: Graph, second: Graph) -> Graph:
        """Both graphs with one question node, of the first one's class."""
        import networkx as nx

        size1, size2 = len(first), len(second)
        if first.nodes[size1]["type"] == second.nodes[size2]["type"] == "class":
            second.nodes[size2]["id"] = first.nodes[size1]["id"]
        first = nx.relabel_nodes(first, {node: node + size2 - 1 for node in first})
        second = nx.relabel_nodes(second, {size2: size1 + size2 - 1})
        return _composed(first, second)


def _composed(first: Graph, second: Graph) -> Graph:
    """Both in one; of a node in both, what the second says."""
    import networkx as nx

    return cast("Graph", nx.compose(first, second))
