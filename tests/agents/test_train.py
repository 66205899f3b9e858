import contextlib
import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from tmenv.errors import TmenvError
from tmenv_agents.errors import CheckpointError
from tmenv_agents.ppo import Args, load_policy, train
from tmenv_agents.ppo import checkpoint as files
from tmenv_agents.ppo.environment import make_envs
from tmenv_agents.ppo.evaluate import drive_laps
from tmenv_agents.ppo.network import Policy, Shape


def same_weights(one, other):
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


# gamma: a lap of the toy takes 3 s; a discount that looks far beyond it hardly pays for speed.
@pytest.mark.parametrize("action", ["keys", "steer_throttle"])
def test_learns_to_drive_the_toy_road_fast(toy, action):
    result = train(toy(action=action, total_steps=60_000, gamma=0.98, learning_rate=1e-3))
    assert result.best_lap_ms is not None
    assert result.best_lap_ms <= 3200  # full throttle all the way: 2850; random driving: 5000
    assert result.training_lap_ms is not None
    assert result.rows[-1].finish_rate > 0.8
    assert result.evaluation is not None
    assert result.evaluation.finish_rate() > 0.8
    assert not result.interrupted


def test_the_best_lap_is_recorded_row_by_row(toy):
    result = train(toy(total_steps=30_000, gamma=0.98))
    lap = result.lap
    assert lap is not None
    assert lap.finished
    assert round(1000 * lap.time_s[-1]) == result.best_lap_ms
    np.testing.assert_allclose(np.diff(lap.time_s), 0.05)
    rows = len(lap.time_s)
    assert lap.position.shape == (rows, 3)
    assert lap.actions.shape == lap.speed_kmh.shape == lap.progress.shape == (rows,)
    assert lap.progress[-1] == 1.0
    assert np.all(np.diff(lap.position[:, 2]) >= 0)


def test_a_seed_repeats_and_another_differs(toy):
    first, again = train(toy(name="a")), train(toy(name="b"))
    assert same_weights(load_policy(first.folder / "last.pt"), load_policy(again.folder / "last.pt"))
    assert first.lap is not None
    assert again.lap is not None
    np.testing.assert_array_equal(first.lap.position, again.lap.position)
    other = train(toy(name="c", seed=1))
    assert not same_weights(load_policy(first.folder / "last.pt"), load_policy(other.folder / "last.pt"))


def test_resuming_restores_the_learner_and_goes_on_the_same_each_time(toy):
    first = train(toy())
    last = first.folder / "last.pt"
    saved = files.load(last)
    nothing_left = train(toy(name="same", resume=last))  # its budget is spent: it saves what it loaded
    again = files.load(nothing_left.folder / "last.pt")
    for key in ("policy", "generator"):
        torch.testing.assert_close(again[key], saved[key], rtol=0, atol=0)
    torch.testing.assert_close(again["optimizer"]["state"], saved["optimizer"]["state"], rtol=0, atol=0)
    assert again["counters"]["steps"] == saved["counters"]["steps"] == first.steps

    more = [train(toy(name=name, resume=last, total_steps=2 * first.steps)) for name in ("x", "y")]
    assert more[0].steps == 2 * first.steps
    assert same_weights(*(load_policy(result.folder / "last.pt") for result in more))


def test_resuming_in_place_keeps_the_best_policy(toy):
    first = train(toy(total_steps=30_000, gamma=0.98))
    result = train(toy(name="", resume=first.folder / "last.pt", total_steps=32_000, gamma=0.98))
    assert result.folder == first.folder
    assert result.best_lap_ms is not None
    assert first.best_lap_ms is not None
    assert result.best_lap_ms <= first.best_lap_ms


@pytest.mark.parametrize("steps", [1, 40, 70, 150])
def test_ctrl_c_in_any_phase_still_leaves_policies(toy, steps):
    # Step 1 is the random warm-up, 40 the first rollout, later ones follow an evaluation.
    result = train(toy(total_steps=10**9, env_json=f'{{"interrupt_after": {steps}}}'))
    assert result.interrupted
    assert same_weights(result.policy, load_policy(result.folder / "best.pt"))
    assert load_policy(result.folder / "last.pt").act(np.zeros((2, 4), np.float32)).shape == (2,)


def test_options_survive_the_checkpoint(toy):
    args = toy(total_steps=1024)
    result = train(args)
    assert Args.from_plain(files.load(result.folder / "last.pt")["args"]) == args


def test_saving_is_all_or_nothing(tmp_path):
    path = tmp_path / "x.pt"
    files.save(path, {"number": 1})
    with pytest.raises(Exception, match="pickle"):
        files.save(path, {"number": 2, "cannot be saved": lambda: None})
    assert files.load(path)["number"] == 1
    assert [file.name for file in tmp_path.iterdir()] == ["x.pt"]


class Evil:
    """Would run code when unpickled."""

    def __reduce__(self):
        return (print, ("executed",))


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", "evil", {"format": "other"}, [1, 2]])
def test_what_is_no_checkpoint_is_named_and_not_executed(tmp_path, capsys, content):
    path = tmp_path / "x.pt"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(Evil() if content == "evil" else content, path)
    with pytest.raises(CheckpointError, match=r"x\.pt"):
        load_policy(path)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"env_id": "toy/Nowhere-v0"}, "no environment 'toy/Nowhere-v0'"),
        ({"env_id": "nopackage:toy/Road-v0"}, "no environment 'nopackage:toy/Road-v0'"),
        ({"env_json": "{"}, "not JSON"),
        ({"env_json": "[1]"}, "JSON object"),
        ({"gamma": 1.5}, "gamma must be from 0 to 1"),
        ({"num_envs": 0}, "num_envs must be above 0"),
        ({"minutes": -1.0}, "minutes must be above 0"),
        ({"hidden": ()}, "hidden must name"),
        ({"minibatches": 10**6}, "more minibatches"),
        ({"resume": "no/such.pt"}, "there is no checkpoint"),
    ],
)
def test_mistakes_get_one_clear_message(toy, changed, message):
    with pytest.raises(TmenvError, match=message):
        train(toy(**changed))


def test_a_checkpoint_of_another_environment_is_refused(toy):
    result = train(toy(total_steps=1024))
    with pytest.raises(CheckpointError, match="observations: 4 in the checkpoint, 7 here"):
        train(toy(resume=result.folder / "last.pt", env_json='{"dims": 7}'))


def test_plain_lines_where_there_is_no_terminal(toy, capsys):
    train(toy(quiet=False), author_time_s=2.5)
    lines = capsys.readouterr().out.splitlines()
    assert 1 <= len(lines) <= 3
    for word in ("steps/s", "progress", "best lap", "author 2.500", "entropy"):
        assert word in lines[-1]


def test_tensorboard_scalars_are_written(toy):
    result = train(toy())
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    log = EventAccumulator(str(result.folder)).Reload()
    tags = set(log.Tags()["scalars"])
    assert {"train/progress", "update/entropy", "evaluation/greedy_finish_rate"} <= tags
    assert len(log.Scalars("update/entropy")) == len(result.rows)


def test_evaluations_stay_within_their_share(toy):
    rare = train(toy(name="rare", eval_share=0.0))
    assert sum(bool(row.evaluated) for row in rare.rows) == 1  # the last iteration always is
    often = train(toy(name="often", eval_share=1.0, total_steps=2048))
    assert all(row.evaluated for row in often.rows)


def test_a_lap_that_takes_too_long_is_broken_off(toy):
    args = toy()
    with contextlib.closing(make_envs(args, 3)) as envs:
        policy = Policy(Shape.of(envs, (8,)))
        greedy = np.array([True, False, False])
        seen = drive_laps(envs, policy, greedy, seed=0, give_up_ms=500)
    assert seen.steps == 10
    assert seen.time_ms.tolist() == [500] * 3
    assert not seen.finished.any()


def test_every_option_is_documented():
    from tmenv_agents.ppo import args as module

    source = Path(module.__file__).read_text(encoding="utf-8")
    for field in dataclasses.fields(Args):
        assert f"    {field.name}: " in source
        declaration = source.index(f"    {field.name}: ")
        assert source[source.index("\n", declaration) :].lstrip().startswith('"""'), field.name
