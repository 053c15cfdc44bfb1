"""Whom we tell: the ways out of the house, to people."""
