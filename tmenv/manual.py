"""The manual pages of the environment ids: one page, six classes that fill its gaps."""

from tmenv.env import TrackmaniaEnv
from tmenv.interface import DEFAULT_TRACK
from tmenv.registration import IDS
from tmenv.task.spec import ACTION_DELAY, TaskSpec

# The tables are read as pages, by people and by ``help()``: their rows stay whole.
# ruff: noqa: E501

_PAGE = """Drive {full_name} on {seen}.

## Description
The stadium car of {full_name} on a built-in road or any map of flat roads, from start to finish as
fast as possible, on tmenv's simulator. No game is needed. One step is 50 ms (5 physics ticks of 10 ms).
{delay}

## Action Space
Chosen by `action`; pedals are on or off as in the game, steering is analog:

| `action` | space | meaning |
|---|---|---|
| `"steer_throttle"` (default) | `Box(-1, 1, (2,))` | steer (-1 left, 1 right); throttle (gas above 0.1, brake below -0.1) |
| `"gas_brake_steer"` | `Box(-1, 1, (3,))` | gas, brake (pressed above 0.1); steer |
| `"keys"` | `Discrete(12)` | gas, gas left, gas right, none, left, right, brake, brake left, brake right, gas brake, gas brake left, gas brake right |

Numbers beyond [-1, 1] are clipped; a NaN is an `ActionError`. Brake at standstill drives backwards.

{observation}
## Rewards
A weighted sum of five terms, listed after weighting in `info["reward_terms"]`: `progress` (metres of new
progress along the route), `finish` (1 at the finish), `time` (seconds), `checkpoint` (checkpoints newly
passed), `speed` (forward speed, m/s). `reward` is the name of a preset, or a dict term -> weight:

| `reward` | sum |
|---|---|
| `"progress"` (default) | 0.1 per metre of new progress + 10 at the finish - 1 per second |
| `"tmrl"` | 0.1 per metre of new progress + 100 at the finish |
| `"checkpoint"` | 1 per checkpoint + 10 at the finish - 0.1 per second |
| `"speed"` | 0.01 times the forward speed in m/s, each step |

## Starting State
At rest on the start block. `reset(options={{"start": ...}})` takes `"line"` (default), `"random"` (uniform along
the route) or metres along the route (over a gap: on the road before it); `options={{"state": snapshot}}` goes on from `env.unwrapped.snapshot()`;
`options={{"track": ...}}` changes the track.

## Episode End
`info["outcome"]` says why: terminated by `finished`, `off_track` (on open ground for 1 s), `fell` (20 m below
the lowest road) or `flipped` (upside down in the air for 1 s); truncated by `no_progress` (2 s without new
progress) or `time_limit` (`max_episode_steps`); empty while the episode runs. `termination` is a preset
(`"standard"`, `"tmrl"`: 0.5 s without progress terminates, not before 3.5 s; `"finish"`: only the finish, a fall
and the time limit) or a dict of `tmenv.task.terminations.Limits` fields in seconds.

## Info
Always the same keys: `race_time_ms` (at the finish: the official time, resolution {resolution}), `progress_m`
(metres along the route), `progress` (0 to 1), `checkpoints`, `lap` (completed), `position` (x, y, z of the car's
origin, m), `speed_kmh`, `finished`, `outcome`, `reward_terms`.

## Arguments
* `track`: a built-in track (`tmenv.track.names("{game}")`), `"random:<seed>"` (one generated track), `"random"` or
  `"random:train"` (a new one at each reset, of all seeds or of a split; all of these with options, as in
  `"random:train?difficulty=hard&families=flat,slopes&length=800"`), or the path of a `{extension}`, `.json` or
  `.npz` track. Default: `"{track}"`.
* `observation`, `action`, `reward`, `termination`: as above. Every id takes every observation: `"lidar"`, `"state"`,
  `"pixels"` (image and telemetry), `"pixels_state"` (image and state), `"tmrl_lidar"` (tmrl's LIDAR from pixels).
* `frame_skip=5`: physics ticks per step. `history={history}`: LIDAR frames or pictures. `action_history=2`: actions shown.
* `action_delay={default_delay}`: steps before an action takes effect, 0 or 1. `latency=0.0`: an action takes effect up to this
  many seconds later still, at random (at most one step).
* `physics="nominal"`: the car as fitted to recorded runs. `"randomized"` draws another car at each reset: every number
  of the parameter file within its standard error, wider where it is only reported or assumed (docs/physics.md).
* `image_size={image_size}`: height and width of the image. `gray=True`: else red, green, blue. `visuals="plain"`:
  `"randomized"` gives each episode other colours, light, camera mounting and noise. These are for images only.
* `camera="chase"`: of images and of `render()`; also `"cockpit"` and `"top"`.
* `render_mode=None`: `"rgb_array"` makes `render()` return a picture, uint8 (360, 640, 3); with `gym.make`, `"human"`
  shows it in a window.
* `max_episode_steps=6000`, `flatten=True`, `backend="sim"`, `live=None`. With `backend="live"`, images and
  `"tmrl_lidar"` show the game (docs/live.md); randomized visuals and physics are for the simulator only.
* `gym.make_vec` also takes `num_envs`, lists of tracks, `autoreset_mode` and `threads`: see
  `tmenv.vector.TrackmaniaVectorEnv`.

The same seed, actions and settings give the same results, bit for bit, on one machine; row i of a vector env
equals the single env with the same seed.

## The running game
`backend="live"` is this environment on the running game, told of by a plugin; `track` is the file of the map that the
game plays, and another loaded map is a `LiveError`. {live}

Not possible there, and a `ConfigError`: several cars, `"random"` tracks, another `track` or `start` at a reset,
`latency`. A `LiveError` in `step` (silent game, lost plugin, pulled-out gamepad) comes within 2 s and leaves the car
neutral; `reset` starts anew. `info` has one more key, `live`, a dict:{live_info}.

## Version History
* v0: first version
"""

_LIDAR = """## Observation Space
`Box` of {size} float32 numbers with finite bounds (with the default settings), in this order; every entry has
a name in `env.unwrapped.observation_names`. `flatten=False` gives a `Dict` with one array per row of the table.

| entries | shape | meaning | unit, range |
|---|---|---|---|
| `speed` | (1,) | speed along the car's forward axis, negative when rolling backwards | m/s, -350 to 350 |
| `lidar` | (`history`, 19) | distances to the road border, oldest frame first; 19 rays from right (-90 degrees) to left (+90), every 10 | m, 0 to 100 |
| `actions` | (`action_history`, columns) | the last actions given, newest last | -1 to 1 |

The rays lie in the horizontal plane and start at the *nose*: the point {nose} m ahead of the car's origin, on
its axis (where the game's own checkpoint test happens). They end at the road border, where the wall
stands. 100 means no border within 100 m; with the nose off the road all rays read 0.
"""

_STATE = """## Observation Space
`Box` of {size} float32 numbers with finite bounds (with the default settings), in this order; every entry has
a name in `env.unwrapped.observation_names`. `flatten=False` gives a `Dict` with one array per row of the table.
Car frame: +x left, +y up, +z forward. Wheels: front left, front right, rear right, rear left.

| entries | shape | meaning | unit, range |
|---|---|---|---|
| `velocity` | (3,) | velocity in the car frame | m/s, -350 to 350 |
| `spin` | (3,) | angular velocity about the car's axes; up is positive to the left | rad/s, -100 to 100 |
| `world_up` | (3,) | the world's up in the car frame | 1, -1 to 1 |
| `contact` | (4,) | wheel touches a surface | 0 or 1 |
| `slide` | (4,) | wheel slides | 0 or 1 |
| `damper` | (4,) | suspension extension, 0 bottomed | m, 0 to 1 |
| `surface` | (4, 5) | surface below each wheel: asphalt, dirt, grass, turbo, other | one-hot |
| `gear` | (1,) | 1 to 5, 0 reverse | 0 to 5 |
| `rpm` | (1,) | engine speed | 1/min, 0 to 30000 |
| `steer` | (1,) | steering as turned now (it moves by at most 0.2 per 10 ms) | -1 left to 1 right |
| `road` | (40, 3) | centre of the road 0, 10, ... 390 m ahead, in the car frame | m, -1000 to 1000 |
| `actions` | (`action_history`, columns) | the last actions given, newest last | -1 to 1 |
"""

_PIXELS = """## Observation Space
`Dict` of an image and one vector of numbers, oldest picture and oldest action first:

| key | space | meaning |
|---|---|---|
| `image` | `Box(0, 255, {image}, uint8)` | the last `history` pictures of the `camera`; with `gray=False` three channels each: red, green, blue |
| `telemetry` | `Box` of {size} float32 numbers with finite bounds | {telemetry} |

Each number has a name in `env.unwrapped.observation_names`. `flatten=False` puts the parts of `telemetry` beside `image`
under names of their own. The image shows a game window of {window}, squeezed into `image_size`; after a reset its
pictures are all the same. `tmenv.render` draws it, on the CPU.
"""

_TELEMETRY = {
    "pixels": "`speed` along the car's axis (m/s, -350 to 350), `gear` (0 reverse to 5), `rpm` (1/min, 0 to 30000), "
    "and the last actions given (-1 to 1)",
    "pixels_state": "the whole observation of the State id, in its order",
}

_GAMES = {
    "TM2020": {
        "full_name": "Trackmania (2020)",
        "nose": "2.3",
        "resolution": "1 ms",
        "extension": ".Map.Gbx",
        "window": "256 x 128 (tmrl's)",
        "delay": (
            "By default an action takes effect one step later: the game runs on while a live agent thinks. "
            "The observation shows\nthe actions that are still on their way."
        ),
        "live": """Steps of 50 ms follow rtgym's elastic clock;
an action acts one step later. `live` is a dict of:

* `port` of the plugin; `dialect`: `"auto"`, `"framed"` (our plugin), `"tmrl"` or another plugin's
* `controls`: `"gamepad"`, `"keyboard"`, `"none"`, `"channel:PORT"` (a stand-in's); `window`: its title, for keys

What a plugin does not tell follows from the car's path and the map: heading, velocity, wheels, checkpoints; without
a race time the wall clock counts. The State observation's spin is always the change of the axes between two frames.""",
        "live_info": """

* means in ms by rtgym's benchmark: `step_ms`, `agent_ms`, `capture_ms`, `control_ms`; `late`: steps more than half a
  step late; `age_ms` of what was seen; `repeated`: states seen twice
* `dropped` and `bad` packets, `connection` (counts reconnects), `dialect`, `let_go`: how often a silent agent's car
  was let go of
* `analog` steering, `map_checked` (by uid, not only by the start), `time_exact`""",
    },
    "TMNF": {
        "full_name": "TrackMania Nations Forever",
        "nose": "2.43",
        "resolution": "10 ms",
        "extension": ".Challenge.Gbx",
        "window": "640 x 480 (Linesight's)",
        "delay": "The live game waits for the agent, so an action takes effect at once.",
        "live": """The game waits for the agent: same actions,
same bits, and snapshots work. `live` is a dict of `port` (of the plugin), `speed` (80: game speed within a step) and
`map_file` (a map to load first). An old plugin steers by keys, from half lock on, and `info` says so.""",
        "live_info": """ `analog` steering,
`map_checked` (by uid, not only by the start), `time_exact`""",
    },
}


_SEEN = {
    "lidar": ("LIDAR distances", _LIDAR),
    "state": ("the full state of the car and the road ahead", _STATE),
    "pixels": ("pictures", _PIXELS),
    "pixels_state": ("pictures and the full state of the car", _PIXELS),
}


def page(env_id: str) -> str:
    """The manual page of an id."""
    settings = IDS[env_id]
    spec = TaskSpec(**settings)
    seen, table = _SEEN[spec.observation]
    gaps = {
        "game": spec.game,
        "seen": seen,
        "size": spec.observation_space().shape[0],
        "track": DEFAULT_TRACK[spec.game],
        "default_delay": ACTION_DELAY[spec.game],
        "history": spec.history,
        "image_size": tuple(spec.image_size),
        "image": spec.image_space().shape,
        "telemetry": _TELEMETRY.get(spec.observation),
        **_GAMES[spec.game],
    }
    return _PAGE.format(observation=table.format(**gaps), **gaps)


class TM2020Lidar(TrackmaniaEnv):
    __doc__ = page("tmenv/TM2020-Lidar-v0")


class TM2020Pixels(TrackmaniaEnv):
    __doc__ = page("tmenv/TM2020-Pixels-v0")


class TM2020State(TrackmaniaEnv):
    __doc__ = page("tmenv/TM2020-State-v0")


class TMNFLidar(TrackmaniaEnv):
    __doc__ = page("tmenv/TMNF-Lidar-v0")


class TMNFPixels(TrackmaniaEnv):
    __doc__ = page("tmenv/TMNF-Pixels-v0")


class TMNFState(TrackmaniaEnv):
    __doc__ = page("tmenv/TMNF-State-v0")
