"""Formulas in the symgrad language, scalars only: reading them, and the table of operators.

A formula is a Node: an operator applied to arguments, by the spelling that the language has for it
(negation is "negate"); or "number" or "name" with a text. Equal nodes are the same object.
"""

import re


class Node:
    nodes = {}

    def __new__(cls, operator, *arguments):
        key = (operator,) + arguments
        if key not in cls.nodes:
            node = super().__new__(cls)
            node.operator = operator
            node.arguments = arguments
            cls.nodes[key] = node
        return cls.nodes[key]

    def __repr__(self):
        if self.operator in ("number", "name"):
            return self.arguments[0]
        return "%s(%s)" % (self.operator, ", ".join(map(repr, self.arguments)))


def number(text):
    return Node("number", str(text))


TOKEN = re.compile(r"\s*(\d+\.?\d*(?:[eE][-+]?\d+)?|[A-Za-z_]\w*|<=|>=|==|!=|[-+*/^<>(),])")
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")


class Reader:
    def __init__(self, text):
        self.text = text
        self.tokens = TOKEN.findall(text)
        if "".join(self.tokens) != re.sub(r"\s", "", text):
            raise ValueError("cannot read " + text)
        self.tokens.append("")

    def take(self, *wanted):
        if self.tokens[0] in wanted:
            return self.tokens.pop(0)
        return None

    def need(self, wanted):
        if self.take(wanted) is None:
            raise ValueError("expected %s before %r in %s" % (wanted, self.tokens[0], self.text))

    def expression(self):
        if self.take("if"):
            condition = self.expression()
            self.need("then")
            yes = self.expression()
            self.need("else")
            return Node("if", condition, yes, self.expression())
        return self.infix(0)

    LEVELS = (("or",), ("and",), ("not",), COMPARISONS, ("+", "-"), ("*", "/"))

    def infix(self, level):
        if level == len(self.LEVELS):
            return self.negation()
        signs = self.LEVELS[level]
        if signs == ("not",):
            if self.take("not"):
                return Node("not", self.infix(level))
            return self.infix(level + 1)
        left = self.infix(level + 1)
        while True:
            sign = self.take(*signs)
            if sign is None:
                return left
            left = Node(sign, left, self.infix(level + 1))

    def negation(self):
        if self.take("-"):
            return Node("negate", self.negation())
        base = self.primary()
        if self.take("^"):
            return Node("^", base, self.negation())
        return base

    def primary(self):
        if self.take("("):
            inner = self.expression()
            self.need(")")
            return inner
        token = self.tokens.pop(0)
        if token and token[0].isdigit():
            return number(token)
        if not token or not (token[0].isalpha() or token[0] == "_"):
            raise ValueError("unexpected %r in %s" % (token, self.text))
        if self.take("("):
            arguments = [self.expression()]
            while self.take(","):
                arguments.append(self.expression())
            self.need(")")
            return Node(token, *arguments)
        return Node("name", token)


def read(text):
    reader = Reader(text)
    node = reader.expression()
    reader.need("")
    return node


class Row:
    """One row of operators.def."""

    def __init__(self, cells):
        self.id, self.spelling, arity, self.level, self.flags = cells[:5]
        self.arity = int(arity)
        self.derivatives = cells[5:8]
        self.c, self.latex, self.domain, self.kinks = cells[8:]
        self.name = "negate" if self.id == "NEGATE" else self.spelling


def split_cells(text):
    """The arguments of a macro call: texts without their quotes, the rest as it stands."""
    cells, depth, start, at = [], 0, 0, 0
    while at < len(text):
        if text[at] == '"':
            at = re.compile(r'"(?:[^"\\]|\\.)*"').match(text, at).end()
            continue
        depth += (text[at] == "(") - (text[at] == ")")
        if text[at] == "," and depth == 0:
            cells.append(text[start:at])
            start = at + 1
        at += 1
    cells.append(text[start:])
    plain = []
    for cell in cells:
        cell = cell.strip()
        if cell.startswith('"'):
            cell = re.sub(r"\\(.)", r"\1", cell[1:-1])
        plain.append(cell)
    return plain


def read_rows(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    rows = []
    for line in text.split("\n"):
        match = re.fullmatch(r"OPERATOR\((.*)\)", line.strip())
        if match:
            rows.append(Row(split_cells(match.group(1))))
    return rows
