"""Mixtures (recipes) and exports."""
