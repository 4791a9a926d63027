"""How legible an element is: for ``locator.evaluate``."""

CONTRAST = """(root) => {
  const rgb = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => rgb(colour).slice(0, 3).map((c) => c / 255).map(
    (c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4).reduce(
    (sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    const colour = getComputedStyle(element).backgroundColor;
    return rgb(colour)[3] === 0 ? ground(element.parentElement) : colour; };
  const ratio = (element, ink) => {
    const pair = [light(ink), light(ground(element))];
    return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05); };
  const found = [], walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement, words = walker.currentNode.data.trim();
    if (words && element.checkVisibility())
      found.push([ratio(element, getComputedStyle(element).color), words.slice(0, 40)]);
  }
  for (const element of [root, ...root.querySelectorAll("*")]) {
    if (!element.closest(".clr-card")) continue;
    const style = getComputedStyle(element);
    for (const side of ["Left", "Right", "Top", "Bottom"]) {
      const ink = style[`border${side}Color`];
      if (style[`border${side}Style`] !== "none" && !ink.startsWith("rgba"))
        found.push([ratio(element, ink), `border of ${element.className}`]);
    }
  }
  return found;
}"""
"""The contrast (WCAG) of each visible text and of each border in a card with its background, as
pairs of the ratio and what it is of; backgrounds are opaque."""
