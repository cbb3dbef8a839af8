"""What draws: the palette, the house style of plots, heat maps, and the drawn diagrams."""
