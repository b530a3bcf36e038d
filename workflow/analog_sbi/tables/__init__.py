"""Columns and units of the tables that steps hand to each other, by stage (see ``artifacts``)."""
