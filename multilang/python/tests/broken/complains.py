"""A module whose failure has two lines."""

raise RuntimeError("one\ntwo")
