// Tables sort by a click on a column's head: numbers by value, absent ones last, equal ones as they stood.
for (const table of document.querySelectorAll("table.sortable")) {
  const rows = [...table.tBodies[0].rows];
  table.querySelectorAll("thead th").forEach((head, column) => {
    const button = document.createElement("button");
    button.append(...head.childNodes);
    button.title = "sort";
    head.append(button);
    const value = (row) => row.cells[column].textContent.trim();
    const number = (text) => parseFloat(text.replace("−", "-"));
    const numeric = head.classList.contains("number");
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      head.parentNode.querySelectorAll("th").forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const sorted = [...rows].sort((one, other) => {
        const [a, b] = [value(one), value(other)];
        if (!numeric) return (down ? -1 : 1) * a.localeCompare(b, "en", { numeric: true });
        const [x, y] = [number(a), number(b)];
        if (isNaN(x) || isNaN(y)) return isNaN(x) - isNaN(y);
        return down ? y - x : x - y;
      });
      table.tBodies[0].append(...sorted);
    });
  });
}
// A link into a closed part opens it.
const open = () => {
  const place = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let part = place; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
  if (place) place.scrollIntoView();
};
addEventListener("hashchange", open);
if (location.hash) open();
// Print shows what is folded, and folds it again.
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  for (const part of folded) part.open = true;
});
addEventListener("afterprint", () => folded.forEach((part) => (part.open = false)));
// Long tables are searched; every table is copied as it stands, the rows that are shown.
const LONG = 12;
const text = (cell) => cell.textContent.trim();
const quoted = (word) => (/[",\n]/.test(word) ? `"${word.replaceAll('"', '""')}"` : word);
const asCsv = (rows) => rows.map((row) => row.map((cell) => quoted(text(cell))).join(",")).join("\n");
// As LaTeX with booktabs: what is bold stays so, and what stands beneath an entry gets a line of its own.
const TEX = { "\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "−": "$-$", "±": "$\\pm$",
  "→": "$\\to$", "–": "--", "×": "$\\times$", "≥": "$\\geq$", "≤": "$\\leq$" };
const inTex = (text) => text.replace(/[\\~^&%$#_{}−±→–×≥≤]/g, (letter) => TEX[letter] ?? `\\${letter}`);
const asLatex = (rows) => {
  const written = (row) => {
    const below = row.map((cell) => cell.querySelector("small")?.textContent.trim() ?? "");
    const entries = row.map((cell, column) => {
      const whole = text(cell);
      const entry = inTex(below[column] ? whole.slice(0, -below[column].length).trim() : whole);
      return cell.querySelector("strong") ? `\\textbf{${entry}}` : entry;
    });
    const line = `${entries.join(" & ")} \\\\`;
    if (!below.some(Boolean)) return line;
    return `${line}\n${below.map((one) => (one ? `{\\scriptsize ${inTex(one)}}` : "")).join(" & ")} \\\\[2pt]`;
  };
  const spec = rows[0].map((head) => (head.classList.contains("number") ? "r" : "l")).join("");
  const [head, ...body] = rows.map(written);
  return [`\\begin{tabular}{${spec}}`, "\\toprule", head, "\\midrule", ...body, "\\bottomrule", "\\end{tabular}"].join("\n");
};
for (const table of document.querySelectorAll("table.sortable")) {
  const tools = document.createElement("div");
  tools.className = "tools";
  if (table.tBodies[0].rows.length > LONG) {
    const search = document.createElement("input");
    search.type = "search";
    search.placeholder = "filter: all of these words";
    search.setAttribute("aria-label", "filter rows");
    search.addEventListener("input", () => {
      const words = search.value.toLowerCase().split(/\s+/);
      const has = (row, word) =>
        word.startsWith("claim:")
          ? (row.dataset.claims ?? "").split(" ").includes(word.slice(6))
          : row.textContent.toLowerCase().includes(word);
      for (const row of table.tBodies[0].rows) row.hidden = !words.every((word) => has(row, word));
    });
    tools.append(search);
  }
  // Browsers lend the clipboard to files and to https alone.
  for (const [name, written] of navigator.clipboard ? [["copy as CSV", asCsv], ["copy as LaTeX", asLatex]] : []) {
    const button = document.createElement("button");
    button.textContent = name;
    button.addEventListener("click", async () => {
      const rows = [...table.rows].filter((row) => !row.hidden);
      await navigator.clipboard.writeText(written(rows.map((row) => [...row.cells])));
      button.textContent = "copied";
      setTimeout(() => (button.textContent = name), 1500);
    });
    tools.append(button);
  }
  table.closest(".scroll").before(tools);
}
// A claim's link to its rows shows these alone.
for (const link of document.querySelectorAll("a[data-claim]"))
  link.addEventListener("click", () => {
    const search = document.querySelector("#cells input");
    if (!search) return;
    search.value = `claim:${link.dataset.claim}`;
    search.dispatchEvent(new Event("input"));
  });
