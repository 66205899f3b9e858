"""The simulator against recorded runs."""
