"""The verbs ``view``, ``video`` and ``plot``: pictures of laps for people."""

from pathlib import Path

from tmenv.render.laps import Lap, read_lap


def view(
    lap: Path, /, *, against: tuple[Path, ...] = (), out: Path = Path("view.html"), track: str | None = None
) -> None:
    """Write a web page that replays laps in 3D; it needs no network and no other file.

    Args:
        lap: a lap file (.npz), or a ghost, a replay, or a map with its author's run in it (.Gbx).
        against: other laps, shown in the same race.
        out: the page to write.
        track: the track to show, where the file names none: a built-in name, random:<seed>, or a file.
    """
    from tmenv.render.html import write_page

    write_page(out, _laps((lap, *against), track))
    print(f"wrote {out}: open it in a browser")


def video(
    lap: Path,
    /,
    *,
    against: tuple[Path, ...] = (),
    out: Path = Path("lap.mp4"),
    track: str | None = None,
    camera: str = "chase",
    size: tuple[int, int] = (960, 540),
    fps: int = 30,
) -> None:
    """Write a video of a lap, with time, speed and inputs over the picture.

    Args:
        lap: a lap file (.npz), or a ghost, a replay, or a map with its author's run in it (.Gbx).
        against: other laps, driving along.
        out: the .mp4 file to write.
        track: the track to show, where the file names none: a built-in name, random:<seed>, or a file.
        camera: chase, cockpit or top.
        size: width and height in pixels.
        fps: pictures per second.
    """
    from tmenv.render.video import write_video

    write_video(out, _laps((lap, *against), track), camera, size, fps)
    print(f"wrote {out}")


def plot(laps: tuple[Path, ...], /, *, out: Path = Path("laps.png"), track: str | None = None) -> None:
    """Write a picture of speed, gear and inputs over distance, and of the time lost against the first lap.

    Args:
        laps: lap files (.npz), or ghosts, replays, or maps with their author's run in them (.Gbx).
        out: the .png, .svg or .pdf file to write.
        track: the track to show, where a file names none: a built-in name, random:<seed>, or a file.
    """
    from tmenv.render.plots import write_plot

    write_plot(out, _laps(laps, track))
    print(f"wrote {out}")


def _laps(paths: tuple[Path, ...], track: str | None) -> list[Lap]:
    return [read_lap(path, track) for path in paths]
