"""The vector environment: rows are single environments, resets follow Gymnasium's three modes."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

import tmenv
from tmenv.errors import ActionError, ConfigError, TrackError

IDS = list(tmenv.IDS)


def actions_of(row: int, steps: int) -> np.ndarray:
    """Actions that depend on the row alone, (steps, 2): long enough held to reach walls."""
    rng = np.random.default_rng(row)
    held = rng.uniform([-1.0, -0.4], [1.0, 1.6], (steps // 8 + 1, 2))
    return np.clip(np.repeat(held, 8, axis=0)[:steps], -1, 1).astype(np.float32)


def row_of(observations, row: int):
    """What one car sees, of the observations of all."""
    if isinstance(observations, dict):
        return {key: part[row] for key, part in observations.items()}
    return observations[row]


def drive(env_id: str, count: int, steps: int, **kwargs) -> list[tuple]:
    """All that a batch returns when row i is seeded with i and given its own actions."""
    envs = gym.make_vec(env_id, num_envs=count, **kwargs)
    actions = np.stack([actions_of(row, steps) for row in range(count)], axis=1)
    returned = [envs.reset(seed=list(range(count)))]
    returned += [envs.step(actions[step]) for step in range(steps)]
    envs.close()
    return returned


@pytest.mark.parametrize("env_id", IDS)
@pytest.mark.parametrize("track", [None, "random"])
def test_rows_equal_single_environments_bit_for_bit_for_any_batch_size(env_id, track):
    steps, kwargs = 150, {"track": track, "latency": 0.02}
    batches = {count: drive(env_id, count, steps, autoreset_mode="Disabled", **kwargs) for count in (1, 3, 64)}
    for row in (0, 2, 63):
        env, actions = gym.make(env_id, **kwargs), actions_of(row, steps)
        observation, _ = env.reset(seed=row)
        for count in (count for count in batches if row < count):
            np.testing.assert_equal(row_of(batches[count][0][0], row), observation)
        for step in range(steps):
            observation, reward, terminated, truncated, info = env.step(actions[step])
            for count in (count for count in batches if row < count):
                theirs = batches[count][step + 1]
                np.testing.assert_equal(row_of(theirs[0], row), observation)
                assert theirs[1][row] == reward
                assert (theirs[2][row], theirs[3][row]) == (terminated, truncated)
                assert theirs[4]["progress_m"][row] == info["progress_m"]
                assert theirs[4]["outcome"][row] == info["outcome"]


@pytest.mark.parametrize("mode", list(AutoresetMode)[:2])
def test_threads_change_nothing(mode):
    one, four = (drive("tmenv/TM2020-Lidar-v0", 1024, 40, threads=threads, autoreset_mode=mode) for threads in (1, 4))
    for mine, theirs in zip(one, four, strict=True):
        np.testing.assert_array_equal(mine[0], theirs[0])
    for mine, theirs in zip(one[1:], four[1:], strict=True):
        for part in range(1, 4):
            np.testing.assert_array_equal(mine[part], theirs[part])


def standing(mode: str, **kwargs) -> gym.vector.VectorEnv:
    """Two cars: one drives, one stands and is cut off for want of progress after 40 steps."""
    envs = gym.make_vec("tmenv/TM2020-State-v0", num_envs=2, autoreset_mode=mode, **kwargs)
    envs.reset(seed=0)
    return envs


STAND_AND_DRIVE = np.array([[0.0, 0.0], [0.0, 1.0]], np.float32)


def test_next_step_mode_returns_the_last_observation_then_a_fresh_one():
    envs = standing("NextStep")
    for _ in range(40):
        *_, truncated, infos = envs.step(STAND_AND_DRIVE)
    assert truncated.tolist() == [True, False]
    assert infos["outcome"].tolist() == ["no_progress", ""]
    fresh, rewards, terminated, truncated, infos = envs.step(STAND_AND_DRIVE)
    assert not (terminated | truncated).any()
    assert rewards[0] == 0.0
    assert infos["race_time_ms"].tolist() == [0, 2050]
    np.testing.assert_array_equal(fresh[0], envs.reset(seed=0)[0][0])


def test_same_step_mode_keeps_the_last_observation_and_info():
    envs = standing("SameStep")
    for _ in range(40):
        observations, rewards, _, truncated, infos = envs.step(STAND_AND_DRIVE)
    assert truncated.tolist() == [True, False]
    assert infos["_final_obs"].tolist() == [True, False]
    assert infos["final_obs"][1] is None
    assert infos["final_info"]["outcome"].tolist() == ["no_progress", ""]
    assert infos["final_info"]["race_time_ms"][0] == 2000
    assert infos["race_time_ms"].tolist() == [0, 2000]
    assert rewards[0] == pytest.approx(sum(term[0] for term in infos["reward_terms"].values()))
    assert not np.array_equal(infos["final_obs"][0], observations[0])
    *_, infos = envs.step(STAND_AND_DRIVE)
    assert "final_obs" not in infos


def test_disabled_mode_resets_only_what_the_mask_says():
    envs = standing("Disabled")
    for _ in range(40):
        *_, truncated, _ = envs.step(STAND_AND_DRIVE)
    _, infos = envs.reset(options={"reset_mask": truncated})
    assert infos["race_time_ms"].tolist() == [0, 2000]


@pytest.mark.parametrize("mask", [[True], np.zeros(2, bool), np.array([1, 0])])
def test_wrong_reset_masks_are_refused(mask):
    with pytest.raises(ConfigError, match="reset_mask"):
        standing("Disabled").reset(options={"reset_mask": mask})


@pytest.mark.parametrize("mode", ["NextStep", "SameStep", "Disabled"])
def test_nothing_returned_shares_memory_with_what_comes_later(mode):
    envs = standing(mode)
    kept = envs.step(STAND_AND_DRIVE)
    copies = [kept[0].copy(), kept[1].copy(), {key: np.copy(kept[4][key]) for key in ("position", "progress_m")}]
    for _ in range(45):
        envs.step(STAND_AND_DRIVE)
    np.testing.assert_array_equal(kept[0], copies[0])
    np.testing.assert_array_equal(kept[1], copies[1])
    for key, value in copies[2].items():
        np.testing.assert_array_equal(kept[4][key], value)


def test_tracks_are_dealt_out_and_can_be_changed():
    names = ["tm2020-first-drive", "tm2020-hairpins", "tm2020-chicanes"]
    envs = gym.make_vec("tmenv/TM2020-Lidar-v0", num_envs=5, track=names).unwrapped
    envs.reset(seed=0)
    assert [envs.track_of(row).name for row in range(5)] == [*names, *names[:2]]
    envs.reset(options={"track": "tm2020-first-drive"})
    assert {envs.track_of(row).name for row in range(5)} == {"tm2020-first-drive"}


def test_random_tracks_change_at_each_reset_and_follow_the_seed():
    def lengths(seed: int) -> list[float]:
        envs = gym.make_vec("tmenv/TMNF-Lidar-v0", num_envs=3, track="random", autoreset_mode="SameStep").unwrapped
        envs.reset(seed=seed)
        seen = [envs.track_of(row).length_m for row in range(3)]
        for _ in range(40):
            envs.step(np.zeros((3, 2), np.float32))
        return seen + [envs.track_of(row).length_m for row in range(3)]

    assert lengths(1) == lengths(1)
    assert len(set(lengths(1))) == 6
    assert lengths(1) != lengths(2)


def test_splits_and_options_choose_the_random_tracks():
    names = ["random:test?length=400&families=slopes", "random:7?difficulty=hard", "random:train"]
    envs = gym.make_vec("tmenv/TMNF-State-v0", num_envs=3, track=names).unwrapped
    envs.reset(seed=0)
    test, fixed, train = (envs.track_of(row) for row in range(3))
    assert 10_000 <= int(test.name.partition("?")[0].removeprefix("random:")) < 11_000
    assert test.name.endswith("?families=flat,slopes&length=400")
    assert test.length_m < 800
    assert fixed.name == "random:7?difficulty=hard"
    assert 0 <= int(train.name.removeprefix("random:")) < 10_000
    envs.reset(seed=1)
    assert envs.track_of(1) is fixed
    assert envs.track_of(0).name != test.name
    with pytest.raises(TrackError, match="difficulty"):
        gym.make_vec("tmenv/TMNF-State-v0", num_envs=1, track="random:test?dificulty=hard")


def test_starting_places_hold_for_automatic_resets():
    envs = gym.make_vec("tmenv/TM2020-Lidar-v0", num_envs=2, autoreset_mode="SameStep")
    envs.reset(seed=0, options={"start": ["line", 200.0]})
    for _ in range(40):
        *_, infos = envs.step(np.zeros((2, 2), np.float32))
    assert infos["_final_info"].all()
    assert infos["progress_m"] == pytest.approx([0.0, 200.0], abs=1.0)


def test_one_bad_action_moves_no_car():
    for threads in (1, 2):
        envs = gym.make_vec("tmenv/TM2020-Lidar-v0", num_envs=600, threads=threads)
        envs.reset(seed=0)
        actions = np.tile(np.array([0.0, 1.0], np.float32), (600, 1))
        *_, before = envs.step(actions)
        actions[599, 0] = np.nan
        with pytest.raises(ActionError, match="599"):
            envs.step(actions)
        actions[599, 0] = 0.0
        *_, after = envs.step(actions)
        assert (after["race_time_ms"] - before["race_time_ms"] == 50).all()


@pytest.mark.parametrize(
    "actions", [np.zeros((3, 2)), np.zeros((2, 3)), "gas", None, np.zeros((2, 2), complex), [[0.0], [0.0, 1.0]]]
)
def test_actions_of_the_wrong_shape_are_refused(actions):
    with pytest.raises(ActionError):
        standing("NextStep").step(actions)


@pytest.mark.parametrize("keys", [np.array([0, 12]), np.array([-1, 0]), np.array([0.0, 1.0])])
def test_key_numbers_that_do_not_exist_are_refused(keys):
    with pytest.raises(ActionError):
        standing("NextStep", action="keys").step(keys)


@pytest.mark.parametrize(
    "arguments",
    [
        {"num_envs": 0},
        {"num_envs": 2, "autoreset_mode": "sometimes"},
        {"num_envs": 2, "threads": 0},
        {"num_envs": 2, "track": []},
    ],
)
def test_impossible_vector_arguments_are_refused(arguments):
    with pytest.raises(ConfigError):
        gym.make_vec("tmenv/TM2020-Lidar-v0", **arguments)


def test_gymnasium_wrappers_take_the_vector_env():
    envs = gym.make_vec("tmenv/TM2020-Lidar-v0", num_envs=4, max_episode_steps=20)
    envs = gym.wrappers.vector.RecordEpisodeStatistics(gym.wrappers.vector.NormalizeObservation(envs))
    envs.reset(seed=0)
    for _ in range(21):
        *_, infos = envs.step(np.tile(np.array([0.0, 1.0], np.float32), (4, 1)))
        if "episode" in infos:
            break
    assert infos["episode"]["l"].tolist() == [20] * 4
    assert infos["outcome"].tolist() == ["time_limit"] * 4


def test_snapshot_of_a_row_continues_in_a_single_env():
    envs = gym.make_vec("tmenv/TM2020-State-v0", num_envs=3).unwrapped
    envs.reset(seed=0)
    for _ in range(30):
        envs.step(np.tile(np.array([0.3, 1.0], np.float32), (3, 1)))
    snapshot = envs.snapshot(1)
    env = gym.make("tmenv/TM2020-State-v0")
    env.reset(options={"state": snapshot})
    action = np.array([-0.2, 1.0], np.float32)
    np.testing.assert_array_equal(env.step(action)[0], envs.step(np.tile(action, (3, 1)))[0][1])
