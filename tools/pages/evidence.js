// Filters of the evidence page. Without this script every row stays visible.
const form = document.getElementById("filters");
const rows = [...document.querySelectorAll("tbody[data-outcome]")];
const folds = [...document.querySelectorAll("details")];

function filter() {
  const part = form.part.value, outcome = form.outcome.value;
  const words = form.words.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of rows) {
    const of = row.closest("section").dataset, text = `${of.search} ${row.dataset.search}`;
    row.hidden = !((!part || part === of.id || part === of.chapter) &&
      (!outcome || outcome === (outcome === "depends" ? of.outcome : row.dataset.outcome)) &&
      words.every((word) => text.includes(word)));
  }
  for (const section of document.querySelectorAll("section[data-id]")) {
    const measured = [...section.querySelectorAll("tbody[data-outcome]")];
    section.hidden = measured.length > 0 && measured.every((row) => row.hidden);
  }
  const shown = rows.filter((row) => !row.hidden).length;
  form.shown.value = `${shown} of ${rows.length} measurements shown`;
}

function arrive() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  if (target.closest("[hidden]")) { form.reset(); filter(); }
  const fold = target.matches("tbody") && target.querySelector("details");
  if (fold) fold.open = true;
  target.scrollIntoView();
}

form.hidden = false;
form.addEventListener("input", filter);
form.addEventListener("reset", () => requestAnimationFrame(filter));
form.addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", arrive);
addEventListener("beforeprint", () => folds.forEach((fold) => {
  fold.dataset.was = fold.open; fold.open = true; }));
addEventListener("afterprint", () => folds.forEach((fold) => {
  fold.open = fold.dataset.was === "true"; }));
filter();
arrive();
