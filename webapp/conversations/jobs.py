"""The jobs of this app; the jobs themselves are told how to run by `webapp.common.running`."""
