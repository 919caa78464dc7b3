"""What DomainNet's official lists say: domains, classes, counts and digests; and the subsets of it that papers use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.decoders import reading

Row = tuple[str, int]  # the path in the archive, and the official number of the class

BASE = "https://csr.bu.edu/ftp/visda/2019/multi-source"
COPY = "https://raw.githubusercontent.com/CDTrans/CDTrans/e39007656c31ac5e67cd56ce91e99df175899573/data/domainnet"
PAGE = "https://ai.bu.edu/M3SDA/"
TRUTH = ("clipart", "painting")  # whose archives outside "groundtruth" are those of a challenge without labels

# domain, split, images, bytes, md5 as published code has it, sha256 of a copy with that md5
CLEANED = (
    (
        "clipart",
        "train",
        33_525,
        1_443_819,
        "b4349693a7f9c05c53955725c47ed6cb",
        "affdadf5f95a7583e6b98030a3d35007e2613ee4dd942393c5a705ec2b429312",
    ),
    (
        "clipart",
        "test",
        14_604,
        628_917,
        "f5ddbcfd657a3acf9d0f7da10db22565",
        "62c8e36aaba1c41ad9e249099739707220a44c08f167b37ef420f34a31628a6b",
    ),
    (
        "infograph",
        "train",
        36_023,
        1_683_098,
        "379b50054f4ac2018dca4f89421b92d9",
        "36b44cbd41a2915e0dc73b4f4be8862a6f3c220f93c8d63fb2439beeae3aefda",
    ),
    (
        "infograph",
        "test",
        15_582,
        728_028,
        "779626b50869edffe8ea6941c3755c71",
        "413cfa54ac92e7e6b242f4f09fbd9c8ace85c4deaf3cb6c81ff6b68264460136",
    ),
    (
        "painting",
        "train",
        50_416,
        2_241_901,
        "7db0e7ca73ad9982f6e1f7f3ef372c0a",
        "f1da38d50a702fddf1329f85bc607d7a2abcae7e6aec75e1fd49cc1bd340d47b",
    ),
    (
        "painting",
        "test",
        21_850,
        971_888,
        "232b35dc53f26d414686ae579e38d9b5",
        "11472b13b5188e09f06918b12eebb660588c97a20e43e268d9b02e3e37eb8f97",
    ),
    ("quickdraw", "train", 120_750, None, "b732ced3939ac8efdd8c0a889dca56cc", ""),
    (
        "quickdraw",
        "test",
        51_750,
        2_213_400,
        "c1a828fdfe216fb109f1c0083a252c6f",
        "2a00a60650a453c65c356da748fec54084a197272137c440e7d52d08947357bf",
    ),
    ("real", "train", 120_906, None, "8ebf02c2075fadd564705f0dc7cd6291", ""),
    (
        "real",
        "test",
        52_041,
        1_911_327,
        "6098816791c3ebed543c71ffa11b9054",
        "2b3f75bcde309aeb5931292084b2162e936b5f189e3bb1ad716f0f74c460864c",
    ),
    (
        "sketch",
        "train",
        48_212,
        1_960_222,
        "1233bd18aa9a8a200bf4cecf1c34ef3e",
        "72f4bc6afa5702a1ccba800d0053c1427de87439dfaf246dbc9a2e71abfec54f",
    ),
    (
        "sketch",
        "test",
        20_916,
        850_581,
        "d8a222e4672cfd585298aa14d02ea441",
        "3fb48fca18c507c4321f007c3f62b308ec232ff6928cbfe2af64e76ec366e840",
    ),
)
COUNTS = {(domain, split): count for domain, split, count, *_ in CLEANED}
ORIGINAL = {
    "clipart": 48_837,
    "infograph": 53_201,
    "painting": 75_759,
    "quickdraw": 172_500,
    "real": 175_327,
    "sketch": 70_386,
}
DOMAINS = tuple(ORIGINAL)
ABSENT: dict[str, dict[str, tuple[str, ...]]] = {  # classes without an image, cleaned
    "painting": {"train": ("t-shirt",), "test": ("syringe",)}
}
DOMAINS_126 = ("clipart", "painting", "real", "sketch")

NAMES = """
aircraft_carrier airplane alarm_clock ambulance angel animal_migration ant anvil apple arm asparagus axe backpack
banana bandage barn baseball baseball_bat basket basketball bat bathtub beach bear beard bed bee belt bench bicycle
binoculars bird birthday_cake blackberry blueberry book boomerang bottlecap bowtie bracelet brain bread bridge
broccoli broom bucket bulldozer bus bush butterfly cactus cake calculator calendar camel camera camouflage campfire
candle cannon canoe car carrot castle cat ceiling_fan cello cell_phone chair chandelier church circle clarinet clock
cloud coffee_cup compass computer cookie cooler couch cow crab crayon crocodile crown cruise_ship cup diamond
dishwasher diving_board dog dolphin donut door dragon dresser drill drums duck dumbbell ear elbow elephant envelope
eraser eye eyeglasses face fan feather fence finger fire_hydrant fireplace firetruck fish flamingo flashlight
flip_flops floor_lamp flower flying_saucer foot fork frog frying_pan garden garden_hose giraffe goatee golf_club
grapes grass guitar hamburger hammer hand harp hat headphones hedgehog helicopter helmet hexagon hockey_puck
hockey_stick horse hospital hot_air_balloon hot_dog hot_tub hourglass house house_plant hurricane ice_cream jacket
jail kangaroo key keyboard knee knife ladder lantern laptop leaf leg light_bulb lighter lighthouse lightning line
lion lipstick lobster lollipop mailbox map marker matches megaphone mermaid microphone microwave monkey moon
mosquito motorbike mountain mouse moustache mouth mug mushroom nail necklace nose ocean octagon octopus onion oven
owl paintbrush paint_can palm_tree panda pants paper_clip parachute parrot passport peanut pear peas pencil penguin
piano pickup_truck picture_frame pig pillow pineapple pizza pliers police_car pond pool popsicle postcard potato
power_outlet purse rabbit raccoon radio rain rainbow rake remote_control rhinoceros rifle river roller_coaster
rollerskates sailboat sandwich saw saxophone school_bus scissors scorpion screwdriver sea_turtle see_saw shark sheep
shoe shorts shovel sink skateboard skull skyscraper sleeping_bag smiley_face snail snake snorkel snowflake snowman
soccer_ball sock speedboat spider spoon spreadsheet square squiggle squirrel stairs star steak stereo stethoscope
stitches stop_sign stove strawberry streetlight string_bean submarine suitcase sun swan sweater swing_set sword
syringe table teapot teddy-bear telephone television tennis_racquet tent The_Eiffel_Tower The_Great_Wall_of_China
The_Mona_Lisa tiger toaster toe toilet tooth toothbrush toothpaste tornado tractor traffic_light train tree triangle
trombone truck trumpet t-shirt umbrella underwear van vase violin washing_machine watermelon waterslide whale wheel
windmill wine_bottle wine_glass wristwatch yoga zebra zigzag
"""  # in the order of the lists' numbers
# Saito, Kim, Sclaroff, Darrell and Saenko, ICCV 2019 (MME): these classes of four domains, both lists of each.
NAMES_126 = """
aircraft_carrier alarm_clock ant anvil asparagus axe banana basket bathtub bear bee bird blackberry blueberry
bottlecap broccoli bus butterfly cactus cake calculator camel camera candle cannon canoe carrot castle cat
ceiling_fan cello cell_phone chair chandelier coffee_cup compass computer cow crab crocodile cruise_ship dog dolphin
dragon drums duck dumbbell elephant eyeglasses feather fence fish flamingo flower foot fork frog giraffe goatee
grapes guitar hammer helicopter helmet horse kangaroo lantern laptop leaf lion lipstick lobster microphone monkey
mosquito mouse mug mushroom onion panda peanut pear peas pencil penguin pig pillow pineapple potato power_outlet
purse rabbit raccoon rhinoceros rifle saxophone screwdriver sea_turtle see_saw sheep shoe skateboard snake speedboat
spider squirrel strawberry streetlight string_bean submarine swan table teapot teddy-bear television
The_Eiffel_Tower The_Great_Wall_of_China tiger toe train truck umbrella vase watermelon whale zebra
"""
# Tan, Peng and Saenko, ECCV workshop 2020 (COAL): 40 classes that are common in four of the domains.
NAMES_40 = """
airplane ambulance apple backpack banana bathtub bear bed bee bicycle bird book bridge bus butterfly cake calculator
camera car cat chair clock cow dog dolphin donut drums duck elephant fence fork horse house rabbit scissors sheep
strawberry table telephone truck
"""
CLASSES, CLASSES_126, CLASSES_40 = (tuple(names.split()) for names in (NAMES, NAMES_126, NAMES_40))


@dataclass(frozen=True)
class Archive(File):
    """A zip whose exact size nobody published."""

    about: int = 0  # bytes


def _folder(domain: str) -> str:
    return f"{BASE}/groundtruth" if domain in TRUTH else BASE


ZIPS = {
    domain: Archive(f"{domain}.zip", (f"{_folder(domain)}/{domain}.zip",), (f"md5:{md5}",), page=PAGE, about=about)
    for domain, md5, about in (
        ("clipart", "cd0d8f2d77a4e181449b78ed62bccf1e", 1_300_000_000),
        ("infograph", "720380b86f9e6ab4805bb38b6bd135f8", 4_000_000_000),
        ("painting", "1ae32cdb4f98fe7ab5eb0a351768abfd", 3_700_000_000),
        ("quickdraw", "bdc1b6f09f277da1a263389efe0c7a66", 439_000_000),
        ("real", "dcc47055e8935767784b7162e7c7cca6", 5_600_000_000),
        ("sketch", "658d8009644040ff7ce30bb2e820850f", 2_500_000_000),
    )
}
LISTS = {
    ("cleaned", domain, split): File(
        f"cleaned_{domain}_{split}.txt",
        (f"{BASE}/domainnet/txt/{domain}_{split}.txt", f"{COPY}/{domain}_{split}.txt"),
        (*((f"sha256:{sha256}",) if sha256 else ()), f"md5:{md5}"),
        size,
        PAGE,
    )
    for domain, split, _, size, md5, sha256 in CLEANED
} | {
    ("original", domain, split): File(
        f"original_{domain}_{split}.txt", (f"{_folder(domain)}/txt/{domain}_{split}.txt",), page=PAGE
    )
    for domain, split in COUNTS
}


def rows_of_list(path: Path, domain: str, count: int | None) -> list[Row]:
    """The images that an official list names, in its order; raises DataError unless it is one, of `count` images."""
    line = re.compile(rf"({domain}/([^/\\]+)/[^/\\]+) (\d{{1,3}})")
    with reading(path, "list of DomainNet"):
        found = []
        for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            parts = line.fullmatch(text)
            if not parts or int(parts[3]) >= len(CLASSES) or CLASSES[int(parts[3])] != parts[2]:
                raise ValueError(f"line {number} names no image of {domain} with the number of its class")
            found.append((parts[1], int(parts[3])))
        if len({name for name, _ in found}) < len(found):
            raise ValueError("it names an image twice")
        if count not in (None, len(found)):
            raise ValueError(f"it has {len(found):,} images where {count:,} were expected")
        return found
