"""The plugins use only what the checked-in lists say the games have: the engine knows nothing else."""

import re
from pathlib import Path

import pytest

from tests.live.angelscript import HERE, PLUGINS, compiler_output

FILES = {
    "openplanet": sorted((PLUGINS / "TMEnv").glob("*.as")),
    "tminterface": [PLUGINS / "TMEnvLink.as"],
}
FOREIGN = {
    "openplanet": "void Use() { GetApp().NoSuchMember; }",
    "tminterface": "void Use() { GetSimulationManager().NoSuchMember; }",
}


@pytest.mark.parametrize("program", FILES)
def test_the_plugin_compiles_against_the_listed_members_alone(program: str):
    code, messages = compiler_output(program, FILES[program])
    assert code == 0, messages
    assert "error" not in messages
    assert "warning" not in messages


@pytest.mark.parametrize("program", FILES)
def test_a_member_that_is_not_listed_does_not_compile(program: str, tmp_path: Path):
    (tmp_path / "Foreign.as").write_text(FOREIGN[program])
    code, messages = compiler_output(program, [*FILES[program], tmp_path / "Foreign.as"])
    assert code != 0
    assert "NoSuchMember" in messages


@pytest.mark.parametrize("program", FILES)
def test_nothing_of_the_engines_own_library_is_used_that_the_games_spell_otherwise(program: str):
    text = "".join(file.read_text(encoding="utf-8") for file in FILES[program])
    foreign = re.findall(r"\.(?:insertLast|insertAt|removeAt|length|resize|isEmpty|substr|findFirst)\b", text)
    assert foreign == []


@pytest.mark.parametrize("program", FILES)
def test_the_engine_offers_nothing_that_is_not_listed(program: str, tmp_path: Path):
    """Every class and function that the harness adds by hand is refused when its line is taken out of the list."""
    listing = (HERE / f"{program}.api").read_text().splitlines()
    natives = [line for line in listing if line.startswith("native ") and "(" in line]
    assert len(natives) > 8
    for line in natives[:3]:
        (tmp_path / "short.api").write_text("\n".join(other for other in listing if other != line))
        code, messages = compiler_output(program, FILES[program], tmp_path / "short.api")
        assert code != 0
        assert "not in the list of signatures" in messages
