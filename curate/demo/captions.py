"""Words for scenes: captions with synonyms that state some of a scene's attributes, and plain queries."""

from __future__ import annotations

from random import Random

from curate.demo.scene import OBJECTS, PLACES, TIMES, WEATHERS

ATTRIBUTES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("timeofday", TIMES),
    ("weather", WEATHERS),
    ("place", PLACES),
    ("object", OBJECTS),
)
"""Name and values of each attribute, in the order of every attribute tuple here."""

Stated = tuple[int, int, int, int]
"""The index of each attribute's value, or -1 where the caption does not say."""

# Adjectives go before the place, phrases behind everything; a caption uses one of the two.
_TIME_PHRASES: dict[str, tuple[str, ...]] = {
    "day": ("by day", "during the day", "in daylight", "in the daytime", "at noon", "at day", "in broad daylight"),
    "dusk": (
        "at dusk",
        "at sunset",
        "in the evening",
        "at twilight",
        "in the evening light",
        "at sundown",
        "during dusk",
    ),
    "night": (
        "at night",
        "after dark",
        "in the dark",
        "at night time",
        "by night",
        "in the darkness",
        "during the night",
    ),
}
_TIME_WORDS: dict[str, tuple[str, ...]] = {
    "day": ("day", "daytime", "daylight", "bright"),
    "dusk": ("dusk", "evening", "sunset", "twilight"),
    "night": ("night", "nighttime", "dark", "nocturnal"),
}
_WEATHER_PHRASES: dict[str, tuple[str, ...]] = {
    "clear": ("in clear weather", "under a clear sky", "in good weather", "in dry weather", "with a clear sky"),
    "rain": ("in the rain", "in rain", "in rainy weather", "in heavy rain", "with rain falling", "in a downpour", "in the wet"),
    "hail": ("in hail", "in a hailstorm", "with hail", "with hailstones", "with hailstones on the road", "with hail on the road",
             "in a hail storm", "with ice pellets falling", "in the hail"),
    "snow": ("in the snow", "in snow", "with snow falling", "in a snowstorm", "in snowy weather", "with snow on the road",
             "covered in snow", "in a blizzard", "in winter"),
    "fog": ("in fog", "in the fog", "in thick fog", "in mist", "in foggy weather", "in dense fog", "in haze", "in poor visibility"),
}  # fmt: skip
_WEATHER_ADJECTIVES: dict[str, tuple[str, ...]] = {
    "clear": ("clear", "dry"),
    "rain": ("rainy", "wet", "rain-soaked"),
    "hail": ("hail-covered", "icy", "hailed", "haily"),
    "snow": ("snowy", "snow-covered", "wintry"),
    "fog": ("foggy", "misty", "hazy"),
}
_WEATHER_WORDS: dict[str, tuple[str, ...]] = {
    "clear": ("clear weather", "clear sky", "clear", "good weather", "dry road"),
    "rain": ("rain", "rainy", "heavy rain", "wet road", "downpour", "raining", "rain drops", "a rain shower"),
    "hail": (
        "hail",
        "hailstorm",
        "hailstones",
        "hail on the road",
        "hailing",
        "ice pellets",
        "hail storm",
        "hailstones on the road",
    ),
    "snow": ("snow", "snowy", "snowfall", "snow on the road", "snowing", "blizzard", "snowflakes", "winter"),
    "fog": ("fog", "foggy", "mist", "thick fog", "misty", "haze"),
}
_PLACES: dict[str, tuple[str, ...]] = {
    "highway": ("highway", "motorway", "freeway", "highway", "interstate"),
    "city street": (
        "city street",
        "street",
        "city street",
        "urban street",
        "downtown street",
        "street in the city",
        "city",
    ),
    "forest road": (
        "forest road",
        "road through the forest",
        "forest road",
        "woodland road",
        "road in the woods",
        "forest",
    ),
    "desert road": ("desert road", "road through the desert", "desert road", "desert highway road", "desert"),
}
_OBJECTS: dict[str, tuple[str, ...]] = {
    "car": ("car", "car", "automobile", "passenger car", "sedan"),
    "truck": ("truck", "truck", "lorry", "big truck", "heavy truck"),
    "bus": ("bus", "bus", "city bus", "coach"),
    "pedestrian": ("pedestrian", "pedestrian", "person", "person walking", "walker", "somebody on foot"),
    "cyclist": ("cyclist", "cyclist", "person on a bicycle", "bicycle", "bike rider", "rider on a bike"),
    "deer": ("deer", "deer", "stag", "wild animal", "animal"),
}
_EMPTY = ("an empty road", "no traffic", "empty road", "nobody on the road", "no vehicles", "a road without traffic")
_OPENINGS = ("", "", "", "", "", "", "a photo of ", "a picture of ", "an image of ", "a dash camera picture of ", "a scene with ",
             "a view of ", "a photograph of ")  # fmt: skip


def article(noun: str) -> str:
    """The noun with "a" or "an" before it."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def query(
    *, timeofday: str | None = None, weather: str | None = None, place: str | None = None, object: str | None = None
) -> str:
    """The plain words that somebody would type for these attributes.

    >>> query(timeofday="night", weather="hail")
    'hail at night'
    >>> query(weather="snow", place="city street")
    'a snowy city street'
    >>> query(object="bus", timeofday="dusk")
    'a bus at dusk'
    """
    when = {"day": "by day", "dusk": "at dusk", "night": "at night", None: ""}[timeofday]
    if place is not None:
        kind = {"clear": "clear", "rain": "rainy", "hail": "hail-covered", "snow": "snowy", "fog": "foggy", None: ""}[
            weather
        ]
        words = article(f"{kind} {place}".strip())
        if object == "none":
            words = f"an empty road on {words}"
        elif object is not None:
            words = f"{article(object)} on {words}"
    elif object is not None:
        falling = {
            "clear": "in clear weather",
            "rain": "in the rain",
            "hail": "in hail",
            "snow": "in the snow",
            "fog": "in fog",
            None: "",
        }
        words = f"{'an empty road' if object == 'none' else article(object)} {falling[weather]}".strip()
    else:
        words = {"clear": "clear weather", None: ""}.get(weather, weather) or ""
    return f"{words} {when}".strip()


def compose(rng: Random, truth: Stated, *, stated: tuple[bool, bool, bool, bool]) -> str:
    """A caption of a scene that says only what `stated` allows, in words drawn at random.

    Args:
        truth: the index of each attribute's value, in the order of `ATTRIBUTES`.
        stated: which of them the caption mentions; at least one.
    """
    say_time, say_weather, say_place, say_object = stated
    timeofday, weather, place, thing = TIMES[truth[0]], WEATHERS[truth[1]], PLACES[truth[2]], OBJECTS[truth[3]]
    before: list[str] = []
    behind: list[str] = []
    alone = ""
    place_phrase = ""
    if say_place:
        noun = rng.choice(_PLACES[place])
        if say_weather and rng.random() < 0.5:
            before.append(rng.choice(_WEATHER_ADJECTIVES[weather]))
            say_weather = False
        if say_time and rng.random() < 0.12:
            before.append(rng.choice(_TIME_WORDS[timeofday]))
            say_time = False
        bare = " ".join([*before, noun])
        place_phrase = rng.choice((article(bare), article(bare), bare))
    if say_object and thing != "none":
        noun = rng.choice(_OBJECTS[thing])
        if not say_place and say_weather and rng.random() < 0.1:
            noun = f"{rng.choice(_WEATHER_WORDS[weather])} {noun}"
            say_weather = False
        subject = article(noun) if rng.random() < 0.75 else noun
        alone = f"{subject} {rng.choice(('on', 'on', 'in', 'along'))} {place_phrase}" if say_place else subject
    elif say_object:
        empty = rng.choice(_EMPTY)
        alone = f"{empty}, {place_phrase}" if say_place and rng.random() < 0.5 else empty
        if say_place and alone == empty:
            alone = rng.choice(
                (f"an empty {' '.join(before)} {noun}".replace("  ", " "), f"{place_phrase} with no traffic")
            )
    elif say_place:
        alone = place_phrase
    if say_weather:
        if alone and rng.random() < 0.9:
            behind.append(rng.choice(_WEATHER_PHRASES[weather]))
        elif say_time and rng.random() < 0.4:
            alone = f"{alone}, {rng.choice(_TIME_WORDS[timeofday])} {rng.choice(_WEATHER_WORDS[weather])}".lstrip(", ")
            say_time = False
        else:
            alone = f"{alone}, {rng.choice(_WEATHER_WORDS[weather])}".lstrip(", ")
    if say_time:
        if alone or behind:
            behind.append(rng.choice(_TIME_PHRASES[timeofday]))
        else:
            alone = rng.choice((rng.choice(_TIME_WORDS[timeofday]), rng.choice(_TIME_PHRASES[timeofday])))
    if rng.random() < 0.35:
        behind.reverse()
    words = " ".join([alone, *behind]).strip()
    return rng.choice(_OPENINGS) + words


def draw_caption(rng: Random, truth: Stated) -> tuple[str, Stated]:
    """A caption that states a random part of a scene, and what it states."""
    # Pairs most often: they are what people ask for ("hail at night"), and single words are learnt on the way.
    count = rng.choices((1, 2, 3, 4), weights=(22, 44, 22, 12))[0]
    chosen = set(rng.sample(range(4), count))
    flags = (0 in chosen, 1 in chosen, 2 in chosen, 3 in chosen)
    words = compose(rng, truth, stated=flags)
    said = (
        truth[0] if flags[0] else -1,
        truth[1] if flags[1] else -1,
        truth[2] if flags[2] else -1,
        truth[3] if flags[3] else -1,
    )
    return words, said
