"""Adapters for RL libraries that do not take Gymnasium's vector environments as they are."""
