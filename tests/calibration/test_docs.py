"""docs/physics.md shows the parameters that the files hold."""

from pathlib import Path

import pytest

from tmenv import cli
from tmenv.calibration.report import markdown_parameters
from tmenv.constants import GAMES
from tmenv.engine.params import read_parameters


@pytest.mark.parametrize("game", GAMES)
def test_the_parameter_tables_are_those_of_the_files(root: Path, game: str):
    page = (root / "docs" / "physics.md").read_text(encoding="utf-8")
    assert markdown_parameters(read_parameters(game)) in page


def test_parameters_are_printed_with_error_and_origin(capsys):
    assert cli.main(["calibrate", "parameters", "--game", "tm2020", "--markdown"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("| parameter | value | standard error | unit | origin |")
    assert "| surface asphalt |" in shown
