"""The single environments: Gymnasium's contract, and ours."""

import json
import pickle
import subprocess
import sys
import warnings

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env, data_equivalence

import tmenv
from tmenv.errors import ActionError, ConfigError, OrderError, TmenvError, TrackError

IDS = list(tmenv.IDS)
GAS = np.array([0.0, 1.0], np.float32)


def rollout(env: gym.Env, seed: int, steps: int = 120) -> list:
    """Everything an env returns under seeded random actions."""
    env.action_space.seed(seed)
    returned = [env.reset(seed=seed)]
    for _ in range(steps):
        returned.append(env.step(env.action_space.sample()))
        if returned[-1][2] or returned[-1][3]:
            returned.append(env.reset())
    return returned


def numbers_of(observation):
    """The vector of an observation, or of its space, that may have an image beside it."""
    has_image = isinstance(observation, dict | gym.spaces.Dict)
    return observation["telemetry"] if has_image else observation


@pytest.mark.parametrize("env_id", IDS)
@pytest.mark.parametrize("action", ["steer_throttle", "gas_brake_steer", "keys"])
def test_gymnasium_finds_no_fault(env_id, action):
    env = gym.make(env_id, action=action)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env.unwrapped, skip_render_check=True)


@pytest.mark.parametrize("env_id", IDS)
def test_stable_baselines_finds_no_fault(env_id):
    sb3_check = pytest.importorskip("stable_baselines3.common.env_checker")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sb3_check.check_env(gym.make(env_id).unwrapped)


@pytest.mark.parametrize("env_id", IDS)
@pytest.mark.parametrize("track", [None, "random"])
def test_same_seed_same_everything(env_id, track):
    first, second = (rollout(gym.make(env_id, track=track, latency=0.05), seed=7) for _ in range(2))
    assert data_equivalence(first, second, exact=True)


def test_seeds_differ():
    first, second = (rollout(gym.make(IDS[0], track="random"), seed=seed, steps=1) for seed in (1, 2))
    assert not data_equivalence(first[0][0], second[0][0])


@pytest.mark.parametrize("env_id", IDS)
def test_every_entry_of_the_observation_has_a_name(env_id):
    env = gym.make(env_id)
    names = env.unwrapped.observation_names
    assert len(names) == len(set(names)) == numbers_of(env.observation_space).shape[0]


@pytest.mark.parametrize("env_id", IDS)
def test_dict_observations_hold_the_flat_ones(env_id):
    flat, parts = gym.make(env_id), gym.make(env_id, flatten=False)
    one, _ = flat.reset(seed=0)
    other, _ = parts.reset(seed=0)
    assert parts.observation_space.contains(other)
    other.pop("image", None)
    np.testing.assert_array_equal(numbers_of(one), np.concatenate([part.ravel() for part in other.values()]))


def test_manual_pages_state_the_size_of_the_observation():
    for env_id in IDS:
        env = gym.make(env_id)
        page = type(env.unwrapped).__doc__ or ""
        assert f"`Box` of {numbers_of(env.observation_space).shape[0]} float32" in page
        if isinstance(env.observation_space, gym.spaces.Dict):
            assert f"`Box(0, 255, {env.observation_space['image'].shape}, uint8)`" in page


def test_spec_survives_json_and_the_namespaced_id_imports_the_package():
    env = gym.make(IDS[0], track="tm2020-first-drive", history=2)
    assert json.loads(env.spec.to_json())["kwargs"]["history"] == 2
    code = f"import gymnasium; print(gymnasium.make('tmenv:{IDS[0]}').observation_space.shape)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "(81,)"


def test_a_snapshot_stays_as_it_was_taken():
    env = gym.make(IDS[0]).unwrapped
    env.reset(seed=0)
    snapshot = env.snapshot()
    before = pickle.dumps(snapshot)
    env.step(GAS)
    assert pickle.dumps(snapshot) == before


def test_snapshot_continues_bit_for_bit():
    env = gym.make("tmenv/TM2020-State-v0", latency=0.03)
    env.reset(seed=3)
    rng = np.random.default_rng(0)
    for _ in range(40):
        env.step(rng.uniform(-1, 1, 2))
    snapshot = pickle.loads(pickle.dumps(env.unwrapped.snapshot()))
    actions = rng.uniform(-1, 1, (60, 2))
    first = [env.step(action) for action in actions]
    env.unwrapped.restore(snapshot)
    assert data_equivalence(first, [env.step(action) for action in actions], exact=True)
    other = gym.make("tmenv/TM2020-State-v0", latency=0.03)
    observation, _ = other.reset(options={"state": snapshot})
    np.testing.assert_array_equal(observation, snapshot.observation)
    assert data_equivalence(first, [other.step(action) for action in actions], exact=True)


@pytest.mark.parametrize("metres", [0.0, 100.0, 333.3])
def test_start_puts_the_car_on_the_road_at_those_metres(metres):
    env = gym.make("tmenv/TM2020-State-v0", track="tm2020-all-radii-circuit")
    _, info = env.reset(seed=0, options={"start": metres})
    assert info["progress_m"] == pytest.approx(metres, abs=0.5)
    for _ in range(20):
        *_, info = env.step(np.zeros(2))
    assert info["speed_kmh"] < 0.5
    assert env.unwrapped.track.local_coordinates(*info["position"])[1] == pytest.approx(0.0, abs=0.3)


def test_random_starts_are_seeded_and_spread():
    env = gym.make("tmenv/TM2020-Lidar-v0")
    places = [env.reset(seed=seed, options={"start": "random"})[1]["progress_m"] for seed in range(20)]
    again = [env.reset(seed=seed, options={"start": "random"})[1]["progress_m"] for seed in range(20)]
    assert places == again
    assert np.ptp(places) > 0.5 * env.unwrapped.track.length_m


@pytest.mark.parametrize(("delay", "moves_at"), [(0, 0), (1, 1)])
def test_action_delay_holds_an_action_for_one_step(delay, moves_at):
    env = gym.make("tmenv/TM2020-State-v0", action_delay=delay)
    env.reset(seed=0)
    speeds = [env.step(GAS)[0][2] for _ in range(3)]
    assert np.flatnonzero(np.array(speeds) > 0.3)[0] == moves_at


def test_delay_is_on_for_tm2020_and_off_for_tmnf():
    delays = {env_id: gym.make(env_id).unwrapped.task.delay_steps for env_id in IDS}
    assert all(delay == ("TM2020" in env_id) for env_id, delay in delays.items())


def test_latency_postpones_an_action_within_its_step():
    def distance(latency: float) -> float:
        env = gym.make("tmenv/TMNF-State-v0", latency=latency)
        env.reset(seed=0)
        for step in range(40):
            *_, info = env.step(GAS if step % 4 == 0 else np.zeros(2))
        return info["progress_m"]

    assert abs(distance(0.05) - distance(0.0)) > 1e-3


def test_action_history_shows_the_last_actions_oldest_first():
    env = gym.make("tmenv/TM2020-Lidar-v0")
    env.reset(seed=0)
    env.step(np.array([0.5, 1.0], np.float32))
    observation, *_ = env.step(np.array([-0.25, 0.75], np.float32))
    np.testing.assert_allclose(observation[-4:], [0.5, 1.0, -0.25, 0.75])


def test_lidar_history_starts_with_the_first_frame_and_moves_up():
    env = gym.make("tmenv/TM2020-Lidar-v0", history=3)
    first, _ = env.reset(seed=0)
    frames = first[1:58].reshape(3, 19)
    np.testing.assert_array_equal(frames[0], frames[2])
    second, *_ = env.step(GAS)
    np.testing.assert_array_equal(second[1:58].reshape(3, 19)[:2], frames[1:])


def test_reward_is_the_sum_of_its_terms_and_progress_is_paid_once():
    env = gym.make("tmenv/TM2020-Lidar-v0", reward="tmrl")
    env.reset(seed=0)
    paid = 0.0
    for action in [GAS] * 60 + [-GAS] * 80 + [GAS] * 30:
        _, reward, *_, info = env.step(action)
        assert reward == pytest.approx(sum(info["reward_terms"].values()))
        paid += info["reward_terms"]["progress"]
        furthest = max(info["progress_m"], 10 * paid)
    assert paid == pytest.approx(0.1 * furthest, rel=1e-3)


def test_standing_still_is_truncated_as_no_progress_after_two_seconds():
    env = gym.make("tmenv/TM2020-Lidar-v0")
    env.reset(seed=0)
    steps = 0
    terminated = truncated = False
    while not (terminated or truncated):
        *_, terminated, truncated, info = env.step(np.zeros(2))
        steps += 1
    assert (steps, terminated, truncated, info["outcome"]) == (40, False, True, "no_progress")


def test_time_limit_truncates():
    env = gym.make("tmenv/TMNF-State-v0", termination="finish").unwrapped
    limited = type(env)(game="TMNF", observation="state", termination="finish", max_episode_steps=30)
    limited.reset(seed=0)
    outcomes = [limited.step(np.zeros(2))[3:] for _ in range(30)]
    assert outcomes[-1][0]
    assert outcomes[-1][1]["outcome"] == "time_limit"
    assert not outcomes[-2][0]


BAD_ARGUMENTS = [
    ({"observation": "sonar"}, "sonar"),
    ({"action": "joystick"}, "joystick"),
    ({"reward": "money"}, "money"),
    ({"reward": {"money": 1.0}}, "money"),
    ({"termination": "never"}, "never"),
    ({"termination": {"patience": 1.0}}, "patience"),
    ({"termination": {"off_track_s": -1.0}}, "-1"),
    ({"frame_skip": 0}, "frame_skip"),
    ({"frame_skip": 2.5}, "frame_skip"),
    ({"history": 0}, "history"),
    ({"action_history": -1}, "action_history"),
    ({"action_delay": 2}, "action_delay"),
    ({"latency": 1.0}, "latency"),
    ({"latency": float("nan")}, "latency"),
    ({"backend": "real"}, "real"),
    ({"colour": "red"}, "colour"),
    ({"camera": "side"}, "side"),
    ({"image_size": (32, 32)}, "needs observation='pixels'"),
    ({"gray": False}, "gray is for images"),
    ({"visuals": "randomized"}, "visuals is for images"),
    ({"observation": "pixels", "visuals": "wild"}, "wild"),
    ({"observation": "pixels", "gray": 1}, "gray"),
    ({"observation": "pixels", "image_size": 64}, "height and width"),
    ({"observation": "pixels", "image_size": (64, 0)}, "image_size"),
    ({"observation": "pixels", "image_size": (64, 64.0)}, "image_size"),
    ({"observation": "pixels", "image_size": (64, 5000)}, "image_size"),
]


@pytest.mark.parametrize(("arguments", "named"), BAD_ARGUMENTS)
def test_impossible_arguments_are_named(arguments, named):
    with pytest.raises(ConfigError, match=named):
        gym.make("tmenv/TM2020-Lidar-v0", **arguments)


@pytest.mark.parametrize("options", [{"start": "middle"}, {"start": -5.0}, {"start": 1e9}, {"begin": 3}])
def test_impossible_reset_options_are_refused(options):
    env = gym.make("tmenv/TM2020-Lidar-v0")
    with pytest.raises(ConfigError):
        env.reset(options=options)


def test_missing_and_foreign_tracks_are_refused(tmp_path):
    with pytest.raises(TrackError, match="no-such-track"):
        gym.make("tmenv/TM2020-Lidar-v0", track="no-such-track")
    with pytest.raises(TrackError, match="TMNF"):
        gym.make("tmenv/TM2020-Lidar-v0", track="tmnf-first-drive")
    broken = tmp_path / "broken.Map.Gbx"
    broken.write_bytes(b"GBX\x06\x00BUCR")
    with pytest.raises(TmenvError, match="broken"):
        gym.make("tmenv/TM2020-Lidar-v0", track=str(broken))


@pytest.mark.parametrize(
    ("kind", "action"),
    [
        ("steer_throttle", [np.nan, 1.0]),
        ("steer_throttle", [np.inf, 1.0]),
        ("steer_throttle", [0.0, 1.0, 0.0]),
        ("steer_throttle", "gas"),
        ("keys", 12),
        ("keys", -1),
        ("keys", None),
    ],
)
def test_bad_actions_are_refused_and_do_not_move_the_car(kind, action):
    env = gym.make("tmenv/TM2020-State-v0", action=kind)
    env.reset(seed=0)
    before = env.unwrapped.snapshot().car
    with pytest.raises(ActionError):
        env.step(action)
    assert env.unwrapped.snapshot().car == before


@pytest.mark.parametrize("make", [gym.make, gym.make_vec])
def test_nobody_drives_or_draws_before_the_first_reset(make):
    env = make("tmenv/TM2020-Lidar-v0", render_mode="rgb_array")
    with pytest.raises(OrderError, match="reset"):
        env.step(env.action_space.sample())
    with pytest.raises(gym.error.ResetNeeded):
        env.render()
    env.reset(seed=0)
    env.step(env.action_space.sample())
    assert env.render() is not None


def test_a_restored_snapshot_needs_no_reset():
    env, other = gym.make("tmenv/TM2020-Lidar-v0").unwrapped, gym.make("tmenv/TM2020-Lidar-v0").unwrapped
    env.reset(seed=0)
    other.restore(env.snapshot())
    action = env.action_space.sample()
    np.testing.assert_array_equal(env.step(action)[0], other.step(action)[0])


def test_observations_stay_within_their_bounds_whatever_the_driver_does():
    for env_id in IDS:
        env = gym.make(env_id, termination="finish", track="random")
        env.reset(seed=5)
        env.action_space.seed(5)
        for step in range(400):
            if step % 12 == 0:
                action = env.action_space.sample()
            observation, *_, terminated, truncated, _ = env.step(action)
            assert env.observation_space.contains(observation)
            if terminated or truncated:
                env.reset()


def test_close_may_be_called_twice():
    env = gym.make(IDS[0])
    env.close()
    assert env.unwrapped.close() is None
