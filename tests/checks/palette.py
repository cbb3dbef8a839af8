"""Can everyone read the palette, and tell its roles apart?"""

from itertools import combinations

import numpy as np

ROLES = ("input", "hidden", "cell", "gate", "gradient", "target")
TEXT = (*ROLES, "ink", "muted")
BACKGROUNDS = ("paper", "surface")
MIN_CONTRAST = 4.5  # WCAG 2.2, success criterion 1.4.3: text of normal size
MIN_DISTANCE = 6.0  # OKLab x 100; about three times what is just noticeable side by side

# Machado, Oliveira & Fernandes (2009), severity 1.0: from linear RGB to the linear RGB they see.
VISION = {
    "full color vision": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}

# Ottosson (2020), "A perceptual color space for image processing".
RGB_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
LMS_TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def linear_rgb(color):
    """Turn `#rrggbb` into linear RGB, an array (3,) between 0 and 1."""
    srgb = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def contrast(color, background):
    """Contrast ratio of two colors, from 1 to 21, as WCAG defines it."""
    dark, light = sorted(linear_rgb(c) @ [0.2126, 0.7152, 0.0722] for c in (color, background))
    return (light + 0.05) / (dark + 0.05)


def distance(color, other, vision="full color vision"):
    """Distance of two colors in OKLab, times 100, as a reader with `vision` sees them."""

    def oklab(c):
        seen = np.clip(VISION[vision] @ linear_rgb(c), 0, 1)
        return LMS_TO_OKLAB @ np.cbrt(RGB_TO_LMS @ seen)

    return 100 * float(np.linalg.norm(oklab(color) - oklab(other)))


def low_contrast(colors):
    """Text colors that are too faint on the page. `colors`: {role: "#rrggbb"}."""
    return [
        f"{role} {colors[role]} on {ground} {colors[ground]}: contrast {ratio:.2f}, "
        f"at least {MIN_CONTRAST} is needed"
        for role in TEXT
        for ground in BACKGROUNDS
        if (ratio := contrast(colors[role], colors[ground])) < MIN_CONTRAST
    ]


def too_close(colors):
    """Pairs of roles that some readers cannot tell apart. `colors`: {role: "#rrggbb"}."""
    return [
        f"{one} {colors[one]} and {other} {colors[other]} under {vision}: distance {apart:.1f}, "
        f"at least {MIN_DISTANCE} is needed"
        for vision in VISION
        for one, other in combinations(ROLES, 2)
        if (apart := distance(colors[one], colors[other], vision)) < MIN_DISTANCE
    ]
