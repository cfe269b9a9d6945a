"""Hunts: learning from each answer, and saying how many are left. Functions of arrays, that know no dataset and no widget."""
