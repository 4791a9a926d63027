// Sets every formula of the page; in speaker notes as MathML, which needs no styles of its own
// because reveal.js shows the notes in another window.
document.querySelectorAll(".math").forEach((element) => {
  katex.render(element.textContent, element, {
    displayMode: element.classList.contains("display"),
    output: element.closest("aside.notes") ? "mathml" : "htmlAndMathml",
    throwOnError: false,
  });
});
