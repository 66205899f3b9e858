"""The running game: wire protocols, clients, the stand-in game that plays the game's part, and the game's plugins.

``tm2020`` streams telemetry in real time, ``tmnf`` steps in lock-step; ``standin`` serves both protocols from our
simulator; ``plugins`` holds the scripts that run inside the games. Nothing here leaves the loopback interface.
"""
