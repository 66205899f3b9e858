"""The real-time clock: even steps, one step of delay, and errors of its thread that reach the agent."""

import time

import pytest
from rtgym.envs.real_time_env import RealTimeEnv

from tests.live.test_game_tm2020 import until
from tmenv.errors import LiveError
from tmenv.live.clock import Clock

STEP_S = 0.02


class World:
    """Remembers what it was told, and is captured as the number of times it was."""

    def __init__(self):
        self.told: list[tuple[float, float, float]] = []
        self.captured = 0
        self.fault: Exception | None = None

    def act(self, steer: float, gas: float, brake: float) -> None:
        if self.fault:
            raise self.fault
        self.told.append((steer, gas, brake))

    def capture(self) -> int:
        self.captured += 1
        return self.captured

    def broken_capture(self) -> int:
        raise ZeroDivisionError("in the capture")


def steps(clock: Clock[int], count: int) -> None:
    for _ in range(count):
        clock.step(0.0, 1.0, 0.0)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def clock(world: World):
    clock = Clock(STEP_S, world.act, world.capture)
    yield clock
    clock.stop()


def test_an_action_acts_after_the_observation_that_answers_it(world: World, clock: Clock[int]):
    clock.start()
    assert clock.step(0.5, 1.0, 0.0) == 1
    until(lambda: len(world.told) == 2)
    assert world.told == [(0.0, 0.0, 0.0), (0.5, 1.0, 0.0)]
    assert clock.step(-0.5, 0.0, 1.0) == 2


def test_steps_are_as_long_as_they_should_be(clock: Clock[int]):
    clock.start()
    clock.step(0.0, 1.0, 0.0)
    started = time.perf_counter()
    steps(clock, 20)
    assert 19 * STEP_S < time.perf_counter() - started < 3.0
    assert 0.5 * STEP_S < clock.report()["step_ms"] / 1000.0 < 1.0


def test_a_late_agent_is_counted_and_the_clock_goes_on(clock: Clock[int]):
    """Warnings are errors in these tests: rtgym's would end its thread, and with it the clock."""
    clock.start()
    clock.step(0.0, 1.0, 0.0)
    time.sleep(10 * STEP_S)
    for number in (2, 3, 4):
        assert clock.step(0.0, 1.0, 0.0) == number
    assert clock.late >= 1


def test_a_step_before_the_start_and_after_the_stop_is_refused(clock: Clock[int]):
    for _ in range(2):
        with pytest.raises(LiveError, match="reset the env"):
            clock.step(0.0, 0.0, 0.0)
        clock.start()
        clock.step(0.0, 0.0, 0.0)
        clock.stop()


def test_an_error_of_the_controls_reaches_the_agent(world: World, clock: Clock[int]):
    clock.start()
    clock.step(0.0, 1.0, 0.0)
    world.fault = LiveError("the pad is gone")
    with pytest.raises(LiveError, match="the pad is gone"):
        steps(clock, 3)
    world.fault = None
    clock.start()
    clock.step(0.0, 1.0, 0.0)


def test_an_error_of_the_capture_reaches_the_agent(world: World):
    clock = Clock(STEP_S, world.act, world.broken_capture)
    clock.start()
    with pytest.raises(ZeroDivisionError, match="in the capture"):
        clock.step(0.0, 1.0, 0.0)


def test_an_interrupted_step_leaves_no_lock_behind(world: World, clock: Clock[int], monkeypatch: pytest.MonkeyPatch):
    locked = []

    def interrupted(env: RealTimeEnv, action: object) -> None:
        """Ctrl+C between taking a lock and giving it back."""
        locked.append(env.bench._b_lock)
        locked[0].acquire()
        raise KeyboardInterrupt

    clock.start()
    with monkeypatch.context() as patch:
        patch.setattr(RealTimeEnv, "step", interrupted)
        with pytest.raises(KeyboardInterrupt):
            clock.step(0.5, 1.0, 0.0)
    with pytest.raises(LiveError, match="reset the env"):
        clock.step(0.0, 1.0, 0.0)
    clock.start()
    assert clock.step(0.0, 1.0, 0.0) >= 1
    assert (0.5, 1.0, 0.0) not in world.told
    locked[0].release()
