"""HTML of authors and outputs: made fit for a page, searched for foreign addresses, taken apart."""

import math
import pathlib
import re

import bs4

LOADING = {"src", "srcset", "poster", "data", "background", "xlink:href"}  # attributes that fetch
ROOM, WIDE, NARROW = 556, 1120, 620  # px: height of a card, width of its lines, of a row's
LETTER = 0.5  # width of a letter over its size
SECTION = re.compile(r"(?=<h[12][ >])")
CSS_FETCH = re.compile(r"@import[^;]*|url\((?!\s*['\"]?(data:|#))[^)]*\)", re.IGNORECASE)


def tidy(text: str, pages: set[str]) -> str:
    """HTML of an author or an output, made fit for a page without network and for a phone.

    Tables get a box of their own to scroll in, links to notebooks lead to the built pages.

    Raises:
        ValueError: something would be loaded from another address, or an image has no alt text.
    """
    soup = bs4.BeautifulSoup(text, "html.parser")
    addresses = outside(soup)
    if addresses:
        message = f"would load {addresses[0]!r}; pictures, fonts and scripts must travel inside"
        raise ValueError(message)
    for image in soup.find_all("img"):
        if not image.get("alt", "").strip():
            raise ValueError("shows an <img> without alt text")
    for table in soup.find_all("table"):
        table.wrap(soup.new_tag("div", attrs={"class": "scroll"}))
    for link in soup.find_all("a", href=True):
        relink(link, pages)
    for heading in soup.find_all(re.compile("^h[1-6]$")):
        heading["id"] = re.sub(r"[^a-z0-9]+", "-", heading.get_text().lower()).strip("-")
    return str(soup)


def relink(link: bs4.Tag, pages: set[str]) -> None:
    """Point a link at the built page; a link to any other local file becomes its own text."""
    address, _, anchor = link["href"].partition("#")
    if re.match(r"(https?|mailto):", address) or not address:
        return
    name = pathlib.PurePosixPath(address)
    if name.suffix == ".ipynb" and name.stem in pages:
        link["href"] = f"{name.stem}.html" + (f"#{anchor}" if anchor else "")
    else:
        link.unwrap()


def outside(soup: bs4.BeautifulSoup) -> list[str]:
    """Addresses that a browser would load by itself when it opens the document; none is right."""
    addresses = []
    for tag in soup.find_all(True):
        fetching = LOADING | ({"href"} if tag.name in ("link", "image", "use", "base") else set())
        for name in fetching & set(tag.attrs):
            if not tag[name].startswith(("data:", "#")):
                addresses.append(tag[name])
        styles = tag.get("style", "") + (tag.get_text() if tag.name == "style" else "")
        addresses += [match[0] for match in CSS_FETCH.finditer(styles)]
    return addresses


def unfold(text: str) -> tuple[str, str]:
    """HTML in two parts: what a slide shows, and what its ``<details>`` blocks hide."""
    if "<details" not in text:
        return text.strip(), ""
    soup = bs4.BeautifulSoup(text, "html.parser")
    blocks = [block.extract() for block in soup.select("details:not(details details)")]
    for summary in (block.find("summary") for block in blocks):
        if summary is not None:
            summary.name = "strong"
    return str(soup).strip(), "\n".join(block.decode_contents() for block in blocks)


def led_on(text: str) -> str:
    """A card whose words *the evidence page* lead to that page, which lies beside this one.

    >>> led_on('See <span class="clr-evidence">the page</span>.')
    'See <a href="evidence.html">the page</a>.'
    """
    soup = bs4.BeautifulSoup(text, "html.parser")
    for words in soup.select(".clr-evidence"):
        link = soup.new_tag("a", href="evidence.html")
        link.string = words.get_text().partition(" (")[0]
        words.replace_with(link)
    return str(soup)


def sized(text: str) -> str:
    """A card with the largest text, of 22 to 34 px, with which it fits on a slide under a title."""
    soup = bs4.BeautifulSoup(text, "html.parser")
    card = soup.select_one(".clr-card")
    if card is None:
        return text
    size = next((size for size in range(34, 22, -1) if card_height(card, size) <= ROOM), 22)
    card["style"] += f";font-size:{size}px"
    return str(soup)


def card_height(card: bs4.Tag, size: int) -> float:
    """Roughly how many pixels a card takes on a slide with text of ``size`` pixels."""
    rows = card.select(".clr-row")
    head, *_, sentence = card.find_all("div", recursive=False)
    texts = [(head, WIDE), (sentence, WIDE)] if rows else [(card, WIDE)]
    texts += [
        (line, NARROW) for row in rows for line in row.select(":scope > div:first-child > div")
    ]
    lines_ = sum(math.ceil(LETTER * size * len(tag.get_text()) / width) for tag, width in texts)
    return size * (1.28 * lines_ + 0.4 * len(rows) + 3.3)


def sections(text: str) -> list[str]:
    """HTML cut before each heading of the first or second level.

    >>> sections("<h2>One</h2><p>a</p><h2>Two</h2><p>b</p>")
    ['<h2>One</h2><p>a</p>', '<h2>Two</h2><p>b</p>']
    """
    return [part for part in SECTION.split(text) if part.strip()]


def height(text: str) -> int:
    """Roughly how many pixels a part of a slide takes: what its lines add up to.

    >>> height("<p>One line.</p>"), height("<p>" + "word " * 40 + "</p>")
    (52, 128)
    """
    soup = bs4.BeautifulSoup(text, "html.parser")
    pixels = 300 * len(soup.select("img, svg, input")[:1])
    for pre in soup.find_all("pre"):
        pixels += 38 + sum(31 * math.ceil(len(line) / 78 or 1) for line in lines(pre))
    for formula in soup.select(".display"):
        pixels += 72 + 38 * formula.get_text().count("\\\\")
    for tag in soup.find_all(["p", "li", "tr", "h1", "h2", "h3"]):
        pixels += 14 + 38 * math.ceil(len(tag.get_text(strip=True)) / 85)
    return pixels


def lines(tag: bs4.Tag) -> list[str]:
    """The lines of a tag's text, without those at the end that are empty."""
    return tag.get_text().rstrip().split("\n")
