"""Agents that learn to drive in tmenv's environments."""
