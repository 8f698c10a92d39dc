"""Colour pictures like those that people hand in, drawn from a seed: seven kinds of scene, shaded, textured and lit.

No two are alike: place, size, colours, light and ground are drawn anew for each. Drawn three times as large as asked
for and made smaller, so that edges are as soft as a camera's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Floats = NDArray[np.float64]
Colour = Floats  # (3,), in [0, 1]
LARGER = 3


@dataclass(frozen=True)
class Canvas:
    """A scene while it is being painted: `picture` (S, S, 3) in [0, 1]; x and y (S, S) from 0 to 1, rightwards and
    downwards."""

    random: np.random.Generator
    picture: Floats
    x: Floats
    y: Floats

    @classmethod
    def empty(cls, random: np.random.Generator, side: int) -> "Canvas":
        """A black square."""
        middles = (np.arange(side) + 0.5) / side
        x, y = np.meshgrid(middles, middles)
        return cls(random, np.zeros((side, side, 3)), x, y)

    def between(self, low: float, high: float) -> float:
        """A number drawn evenly."""
        return float(self.random.uniform(low, high))

    def near(self, colour: Sequence[float], spread: float = 0.08) -> Colour:
        """A colour close to the one named."""
        return np.clip(np.array(colour) + self.random.uniform(-spread, spread, 3), 0, 1)

    def bright(self) -> Colour:
        """A strong colour of any hue."""
        hue = self.between(0, 1) + np.array([0, 1 / 3, 2 / 3])
        return np.clip(np.abs((hue % 1) * 6 - 3) - 1, 0, 1) * 0.75 + 0.15

    def noise(self, grain: int, down: int | None = None) -> Floats:
        """Smooth noise around 0 with so many blots across (and down)."""
        coarse = self.random.normal(0, 1, (down or grain, grain)).astype(np.float32)
        return np.asarray(Image.fromarray(coarse).resize(self.x.shape, Image.Resampling.BICUBIC), dtype=float)

    def paint(self, mask: Floats, colour: Floats) -> None:
        """Lay a colour, or a picture of them, over what is there, as far as the mask in [0, 1] says."""
        self.picture[:] += mask[..., None] * (colour - self.picture)

    def sky(self, top: Colour, bottom: Colour, horizon: float = 1.0) -> None:
        """A gradient down to the horizon, and its last colour below."""
        share = np.clip(self.y / horizon, 0, 1)[..., None]
        self.picture[:] = top + share * (bottom - top)

    def disc(self, x: float, y: float, width: float, height: float | None = None) -> Floats:
        """The mask of an ellipse of these radii."""
        return (((self.x - x) / width) ** 2 + ((self.y - y) / (height or width)) ** 2 < 1).astype(float)

    def polygon(self, *corners: tuple[float, float]) -> Floats:
        """The mask of a polygon."""
        side = len(self.x)
        drawn = Image.new("L", (side, side))
        ImageDraw.Draw(drawn).polygon([(x * side, y * side) for x, y in corners], fill=255)
        return np.asarray(drawn, dtype=float) / 255

    def box(self, left: float, top: float, right: float, bottom: float) -> Floats:
        """The mask of a rectangle."""
        return ((self.x > left) & (self.x < right) & (self.y > top) & (self.y < bottom)).astype(float)

    def soft(self, mask: Floats, radius: float) -> Floats:
        """A mask with a blurred edge."""
        drawn = Image.fromarray((mask * 255).astype(np.uint8))
        return np.asarray(drawn.filter(ImageFilter.GaussianBlur(radius * len(mask))), dtype=float) / 255


def _table(canvas: Canvas) -> float:
    """A wall and a wooden table: where the table begins."""
    edge = canvas.between(0.45, 0.6)
    wall = canvas.near((0.7, 0.66, 0.58), 0.25)
    canvas.sky(wall, wall * canvas.between(0.6, 0.9), edge)
    wood = canvas.near((0.5, 0.32, 0.18), 0.12)
    grain = 1 + 0.12 * canvas.noise(5, 40) + 0.25 * (canvas.y - edge)
    canvas.paint(canvas.box(0, edge, 1, 1), wood * grain[..., None])
    return edge


def ball(canvas: Canvas) -> None:
    """A ball lit from one side, with its shadow."""
    _table(canvas)
    radius, x, y = canvas.between(0.14, 0.27), canvas.between(0.3, 0.7), canvas.between(0.52, 0.68)
    from_left = canvas.random.choice([-1.0, 1.0])
    shadow = canvas.disc(x + from_left * radius * 0.5, y + radius * 0.95, radius * 1.2, radius * 0.3)
    canvas.paint(0.6 * canvas.soft(shadow, 0.02), np.zeros(3))
    across, down = (canvas.x - x) / radius, (canvas.y - y) / radius
    height = np.sqrt(np.clip(1 - across**2 - down**2, 0, 1))
    light = np.clip(-from_left * 0.55 * across - 0.55 * down + 0.63 * height, 0, 1)
    shaded = canvas.bright() * (0.25 + 0.85 * light)[..., None] + 0.7 * (light**24)[..., None]
    canvas.paint(canvas.disc(x, y, radius), shaded)


def crate(canvas: Canvas) -> None:
    """A box of which three faces are seen, each in another light."""
    _table(canvas)
    size, turn = canvas.between(0.2, 0.3), canvas.between(0.3, 0.7)
    x, y = canvas.between(0.35, 0.65), canvas.between(0.72, 0.85)  # of the nearest corner, on the table
    left, right = (x - 1.4 * size * turn, y - 0.35 * size), (x + 1.4 * size * (1 - turn), y - 0.35 * size)
    back = (left[0] + right[0] - x, y - 0.7 * size)
    height = size * canvas.between(0.9, 1.4)

    def up(corner: tuple[float, float]) -> tuple[float, float]:
        return corner[0], corner[1] - height

    canvas.paint(
        0.5 * canvas.soft(canvas.polygon((x, y + 0.03), left, (left[0] - 0.1, left[1]), (x, y)), 0.02), np.zeros(3)
    )
    colour = canvas.bright()
    canvas.paint(canvas.polygon((x, y), left, up(left), up((x, y))), colour * 0.5)
    canvas.paint(canvas.polygon((x, y), right, up(right), up((x, y))), colour * 0.8)
    canvas.paint(canvas.polygon(up((x, y)), up(left), up(back), up(right)), np.clip(colour * 1.25, 0, 1))


def sea(canvas: Canvas) -> None:
    """A sail before the setting sun, which the waves mirror."""
    horizon = canvas.between(0.5, 0.68)
    low = canvas.near((0.95, 0.6, 0.35), 0.12)
    canvas.sky(canvas.near((0.3, 0.35, 0.6), 0.2), low, horizon)
    x, y, radius = canvas.between(0.15, 0.85), canvas.between(0.2, 0.5), canvas.between(0.06, 0.1)
    glow = np.exp(-((canvas.x - x) ** 2 + (canvas.y - y) ** 2) / 0.03)
    canvas.paint(0.5 * glow, np.array([1.0, 0.85, 0.6]))
    canvas.paint(canvas.disc(x, y, radius), np.array([1.0, 0.95, 0.75]))
    water = canvas.near((0.1, 0.25, 0.4), 0.1)
    waves = 0.5 + 0.5 * canvas.noise(8, 40)
    mirrored = np.exp(-(((canvas.x - x) / 0.12) ** 2)) * np.clip(waves, 0, 1)
    canvas.paint(canvas.box(0, horizon, 1, 1), water + 0.06 * waves[..., None] + mirrored[..., None] * (low - water))
    where, size, down = canvas.between(0.25, 0.75), canvas.between(0.2, 0.34), horizon + canvas.between(0.06, 0.16)
    sail = canvas.near((0.95, 0.95, 0.9), 0.05) if canvas.between(0, 1) < 0.6 else canvas.bright()
    canvas.paint(
        canvas.polygon((where, down - 0.04), (where, down - size * 1.5), (where + size * 0.7, down - 0.04)), sail
    )
    canvas.paint(
        canvas.polygon((where - size * 0.45, down - 0.04), (where - 0.02, down - size), (where - 0.02, down - 0.04)),
        sail * 0.8,
    )
    hull = (
        (where - size * 0.6, down - 0.03),
        (where + size * 0.8, down - 0.03),
        (where + size * 0.5, down + 0.05),
        (where - size * 0.4, down + 0.05),
    )
    canvas.paint(canvas.polygon(*hull), canvas.near((0.3, 0.15, 0.1)))


def mountains(canvas: Canvas) -> None:
    """Ranges one behind the other, paler with distance, snow on the farthest."""
    haze = canvas.near((0.75, 0.82, 0.9))
    canvas.sky(canvas.near((0.25, 0.45, 0.8), 0.12), haze, 0.6)
    ground = canvas.near((0.12, 0.3, 0.15), 0.1)
    for nearness, base in ((0.15, 0.35), (0.5, 0.55), (0.9, 0.75)):
        peaks = (
            np.interp(canvas.x[0], np.linspace(0, 1, 7), base + canvas.random.uniform(-0.16, 0.12, 7))
            + 0.012 * canvas.noise(24)[0]
        )
        depth = canvas.y - peaks
        rock = haze + nearness * (ground - haze)
        rock = rock * (1 + 0.12 * canvas.noise(14))[..., None]
        canvas.paint((depth > 0).astype(float), rock)
        if nearness < 0.2:
            canvas.paint(((depth > 0) & (depth < 0.08 + 0.03 * canvas.noise(12))).astype(float), np.full(3, 0.95))


def _meadow(canvas: Canvas) -> float:
    """Sky with clouds over grass: where the grass begins."""
    edge = canvas.between(0.6, 0.78)
    canvas.sky(canvas.near((0.35, 0.6, 0.9)), canvas.near((0.8, 0.88, 0.95)), edge)
    canvas.paint(0.7 * np.clip(canvas.noise(5, 8), 0, 1), np.full(3, 0.97))
    grass = canvas.near((0.3, 0.5, 0.18), 0.12)
    canvas.paint(canvas.box(0, edge, 1, 1), grass * (1 + 0.15 * canvas.noise(30))[..., None])
    return edge


def house(canvas: Canvas) -> None:
    """Walls, roof, door and windows."""
    ground = _meadow(canvas) + canvas.between(0.02, 0.12)
    left, width, height = canvas.between(0.15, 0.35), canvas.between(0.38, 0.52), canvas.between(0.26, 0.38)
    top = ground - height
    wall = canvas.near((0.85, 0.78, 0.65), 0.15)
    canvas.paint(canvas.box(left, top, left + width, ground), wall * (1.05 - 0.35 * (canvas.x - left))[..., None])
    ridge = left + width * canvas.between(0.35, 0.65), top - canvas.between(0.16, 0.28)
    roof = canvas.near((0.6, 0.22, 0.15), 0.15) * (1 + 0.1 * np.sign(np.sin(canvas.y * 130)))[..., None]
    canvas.paint(canvas.polygon((left - 0.05, top), ridge, (left + width + 0.05, top)), roof)
    door = left + width * canvas.between(0.4, 0.55)
    canvas.paint(canvas.box(door, ground - 0.17, door + 0.1, ground), canvas.bright() * 0.7)
    glass = canvas.near((0.25, 0.35, 0.5), 0.1)
    for place in (left + 0.05, left + width - 0.15):
        canvas.paint(canvas.box(place - 0.012, top + 0.048, place + 0.112, top + 0.172), np.full(3, 0.95))
        canvas.paint(canvas.box(place, top + 0.06, place + 0.1, top + 0.16), glass)


def tree(canvas: Canvas) -> None:
    """A crown of leaves in light and shade, of any season."""
    ground = _meadow(canvas) + canvas.between(0.03, 0.14)
    x, height = canvas.between(0.3, 0.7), canvas.between(0.22, 0.32)
    canvas.paint(0.4 * canvas.soft(canvas.disc(x + 0.08, ground, 0.26, 0.05), 0.015), np.zeros(3))
    trunk = canvas.near((0.35, 0.24, 0.15)) * (1 - 3 * (canvas.x - x))[..., None]
    canvas.paint(canvas.polygon((x - 0.05, ground), (x - 0.03, 0.3), (x + 0.03, 0.3), (x + 0.05, ground)), trunk)
    seasons = ((0.15, 0.42, 0.14), (0.75, 0.42, 0.1), (0.7, 0.2, 0.12), (0.9, 0.65, 0.72), (0.45, 0.55, 0.15))
    leaves = canvas.near(seasons[canvas.random.integers(len(seasons))])
    y = ground - height - 0.18
    light = 1.1 - 1.1 * (canvas.x - x) * 0.6 - 1.3 * (canvas.y - y) + 0.2 * canvas.noise(18)
    crown = np.zeros_like(canvas.x)
    for _ in range(7):
        angle, far = canvas.between(0, 2 * np.pi), canvas.between(0.03, 0.15)
        crown = np.maximum(crown, canvas.disc(x + far * np.cos(angle), y + far * np.sin(angle), 0.14))
    canvas.paint(crown, np.clip(leaves * light[..., None], 0, 1))


def flower(canvas: Canvas) -> None:
    """Petals around a middle, before leaves out of focus."""
    green = canvas.near((0.16, 0.34, 0.14), 0.12)
    canvas.picture[:] = np.clip(green * (1 + 0.35 * canvas.noise(5))[..., None], 0, 1)
    x, y, size = canvas.between(0.38, 0.62), canvas.between(0.32, 0.5), canvas.between(0.22, 0.33)
    stem = np.abs(canvas.x - x - 0.1 * (canvas.y - y) * canvas.between(-1, 1)) < 0.018
    canvas.paint((stem & (canvas.y > y)).astype(float), canvas.near((0.3, 0.55, 0.2)))
    petals, turn, colour = int(canvas.random.integers(5, 9)), canvas.between(0, 1), canvas.bright()
    angle, far = np.arctan2(canvas.y - y, canvas.x - x), np.hypot(canvas.x - x, canvas.y - y) / size
    reach = 0.62 + 0.38 * np.abs(np.cos(petals / 2 * (angle + turn)))
    shade = 0.6 + 0.45 * np.clip(far, 0, 1) + 0.1 * np.cos(angle + 2)
    canvas.paint((far < reach).astype(float), np.clip(colour * shade[..., None], 0, 1))
    middle = canvas.near((0.85, 0.65, 0.15), 0.1) if canvas.between(0, 1) < 0.7 else canvas.near((0.3, 0.18, 0.1))
    canvas.paint(canvas.disc(x, y, 0.3 * size), middle * (1 + 0.1 * canvas.noise(24))[..., None])


KINDS: tuple[Callable[[Canvas], None], ...] = (ball, crate, sea, mountains, house, tree, flower)
NAMES = tuple(kind.__name__ for kind in KINDS)


def scenes(count: int, side: int, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """So many pictures (N, S, S, 3) and the kind of each (N,), as many of each kind as of another."""
    labels = np.arange(count) % len(KINDS)
    pictures = []
    for number, label in enumerate(labels):
        canvas = Canvas.empty(np.random.default_rng([seed, number]), LARGER * side)
        KINDS[label](canvas)
        exposed = canvas.picture * canvas.between(0.8, 1.1) + canvas.random.normal(0, 0.02, canvas.picture.shape)
        large = Image.fromarray((np.clip(exposed, 0, 1) * 255).astype(np.uint8))
        pictures.append(np.asarray(large.resize((side, side), Image.Resampling.BOX)))
    return np.stack(pictures), labels
