"""Results as tables, in a notebook and on a page."""

from IPython.display import display


def show(header, rows):
    """Show a table: the first column to the left, the others to the right.

    Parameters
    ----------
    header : sequence of str
        What stands above each column, in Markdown.
    rows : sequence of sequences
        One entry for each column, in Markdown; numbers as they are to be read.

    Raises
    ------
    ValueError
        If a row has more entries than the header, or fewer.
    """
    lines = [list(header), [":--"] + ["--:"] * (len(header) - 1)]
    for row in rows:
        if len(row) != len(header):
            raise ValueError(f"the row {row} has {len(row)} entries, the header {len(header)}")
        lines.append([str(entry) for entry in row])
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    display({"text/markdown": table, "text/plain": table}, raw=True)
