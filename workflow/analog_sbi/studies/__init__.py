"""Further studies, each a package with figures and claims of its own (``paper.registry``)."""
