"""The errors of the agents; ``tmenv.errors.TmenvError`` catches them too."""

from tmenv.errors import TmenvError


class AgentError(TmenvError):
    """Base class of what goes wrong on purpose in tmenv_agents."""


class OptionError(AgentError, ValueError):
    """An option of a trainer is out of range, or names an environment that it cannot use."""


class CheckpointError(AgentError):
    """A checkpoint cannot be read, or belongs to another environment or network."""
