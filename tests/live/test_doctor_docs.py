"""Every fault that the doctor knows is one that its checks find, and docs/live.md has a paragraph on it."""

import re
from pathlib import Path

import pytest

from tmenv.live.doctor.faults import FAULTS, PAGE
from tmenv.live.gamepad import CAUSES


def paragraphs(root: Path) -> dict[str, str]:
    """Headings of the page's troubleshooting, and what stands below each."""
    page = (root / PAGE).read_text(encoding="utf-8")
    section = page.split("\n## Troubleshooting\n", 1)[1].split("\n## ", 1)[0]
    _, *parts = re.split(r"^### (.+)$", section, flags=re.MULTILINE)
    return dict(zip(parts[::2], (text.strip() for text in parts[1::2]), strict=True))


def test_the_page_has_a_paragraph_on_every_fault_in_order_and_no_other(root: Path):
    assert list(paragraphs(root)) == [fault.title for fault in FAULTS.values()]


@pytest.mark.parametrize("name", FAULTS)
def test_the_paragraph_says_more_than_the_doctor(name: str, root: Path):
    text = paragraphs(root)[FAULTS[name].title]
    assert len(text) > len(FAULTS[name].remedy)


def test_every_fault_can_be_found(root: Path):
    sources = "".join(file.read_text(encoding="utf-8") for file in (root / "tmenv/live/doctor").glob("[!f]*.py"))
    raised = set(re.findall(r'BrokenError\(\s*"(\w+)"', sources)) | set(re.findall(r"fault = (.*)", sources))
    chosen = {name for text in raised for name in re.findall(r'"(\w+)"', text)}
    named = {name for name in raised if name in FAULTS} | chosen | {f"pad_{cause}" for cause in CAUSES}
    assert named == set(FAULTS)


def test_remedies_name_the_game():
    assert all("{" not in fault.remedy.format(game="tm2020") for fault in FAULTS.values())
