"""The package behind the book *Unrolled*: recurrent networks, understood by building them."""
