"""A judge that others wrote: tmrl's own client reads our stand-in's tmrl mode, float for float."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from tests.live.absent import need
from tests.live.recorded import Recording
from tests.live.scripted import ScriptedServer, repeat
from tmenv.live.standin import StandInTM2020
from tmenv.live.tm2020.dialects import by_name

CONFIG = {
    "__VERSION__": "0.6.0",
    **dict.fromkeys(("RUN_NAME", "PASSWORD", "TLS_HOSTNAME", "TLS_CREDENTIALS_DIRECTORY", "PUBLIC_IP_SERVER"), ""),
    **dict.fromkeys(("WANDB_PROJECT", "WANDB_ENTITY", "WANDB_KEY", "ALG"), ""),
    **dict.fromkeys(("CUDA_TRAINING", "CUDA_INFERENCE", "VIRTUAL_GAMEPAD", "TLS"), False),
    **dict.fromkeys(("LOCALHOST_WORKER", "LOCALHOST_TRAINER"), True),
    **dict.fromkeys(("BUFFERS_MAXLEN", "RW_MAX_SAMPLES_PER_EPISODE", "PORT", "LOCAL_PORT_SERVER"), 1),
    **dict.fromkeys(("LOCAL_PORT_TRAINER", "LOCAL_PORT_WORKER", "NB_WORKERS", "BUFFER_SIZE", "HEADER_SIZE"), 1),
    "SAVE_MODEL_EVERY": 0,
    "ENV": {
        "RTGYM_INTERFACE": "TM20LIDAR",
        "WINDOW_WIDTH": 958,
        "WINDOW_HEIGHT": 488,
        "SLEEP_TIME_AT_RESET": 1.5,
        "IMG_HIST_LEN": 4,
        "RTGYM_CONFIG": {"act_buf_len": 2},
        "REWARD_CONFIG": {},
    },
}

# The package's own __init__ loads PyTorch and downloads; a bare module of its name leads to the client alone. The
# client's module imports OpenCV for its LIDAR, which is not asked for here.
READ = """
import importlib.util, json, sys, types
package = types.ModuleType("tmrl")
package.__path__ = list(importlib.util.find_spec("tmrl").submodule_search_locations)
sys.modules["tmrl"], sys.modules["cv2"] = package, types.ModuleType("cv2")
from tmrl.custom.tm.utils.tools import TM2020OpenPlanetClient
client = TM2020OpenPlanetClient(port=int(sys.argv[1]))
print(json.dumps([client.retrieve_data() for _ in range(int(sys.argv[2]))]))
"""


def read_with_tmrl(port: int, count: int, home: Path) -> np.ndarray:
    """Packets that tmrl's client reads, float64 (count, 11)."""
    need("tmrl", "pip install --no-deps tmrl==0.7.1")
    folder = home / "TmrlData" / "config"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    environment = os.environ | {"HOME": str(home), "USERPROFILE": str(home)}
    command = [sys.executable, "-c", READ, str(port), str(count)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return np.array(json.loads(done.stdout))


def test_tmrls_client_reads_the_running_stand_in(tmp_path: Path):
    with StandInTM2020("tm2020-first-drive", "tmrl", 0, fps=100) as game:
        packets = read_with_tmrl(game.port, 20, tmp_path)
        spawn = game.race.track.spawn
    assert packets.shape == (20, 11)
    np.testing.assert_allclose(packets[:, 2:5], np.tile(spawn, (20, 1)), atol=0.1)
    assert (packets[:, 8] == 0.0).all()


def test_tmrls_client_reads_our_floats_bit_for_bit(tmp_path: Path, recording: Recording):
    tmrl = by_name("tmrl")
    sent = {row.tobytes() for row in tmrl.rows(recording.stream(tmrl))}
    with ScriptedServer(repeat(recording.stream(tmrl), 44, 0.005)) as server:
        packets = read_with_tmrl(server.port, 30, tmp_path)
    assert {row.astype("<f4").tobytes() for row in packets} <= sent
    assert len(np.unique(packets[:, 1])) > 10
