"""The task: what an agent sees, does, is paid for, and when its episode ends."""
