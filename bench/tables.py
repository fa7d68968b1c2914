"""tables.py - what the parts of the benchmark return, and how it is shown."""
from dataclasses import dataclass


@dataclass
class Table:
    title: str
    columns: list
    rows: list

    def __str__(self):
        """As Markdown; a column that nobody has an entry for is left out."""
        used = [i for i in range(len(self.columns)) if any(str(row[i]) for row in self.rows)]
        lines = [[str(row[i]) for i in used] for row in [self.columns, *self.rows]]
        widths = [max(map(len, column)) for column in zip(*lines)]
        show = lambda row: "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |"
        rule = "| " + " | ".join("-" * width for width in widths) + " |"
        return "\n".join([f"### {self.title}", "", show(lines[0]), rule, *map(show, lines[1:])]) + "\n"


def time_text(seconds):
    for unit, size in ("s", 1), ("ms", 1e-3), ("us", 1e-6):
        if seconds >= size or unit == "us":
            return f"{seconds/size:.3g} {unit}"


def ratio_text(ratio):
    return f"{ratio:.2g}" if ratio < 10 else f"{ratio:.0f}"
