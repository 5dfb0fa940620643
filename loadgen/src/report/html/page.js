// Conveniences; the page says everything without them.
"use strict";

// Pointing at a chart over time reads that column out, and marks it on every chart of the stack.
for (const stack of document.querySelectorAll(".stack")) {
  const moments = JSON.parse(stack.querySelector(".moments").textContent);
  const readout = stack.querySelector(".readout");
  const hint = readout.textContent;
  readout.hidden = false;
  for (const ink of stack.querySelectorAll(".ink")) {
    ink.addEventListener("pointermove", (event) => {
      const box = ink.getBoundingClientRect();
      const share = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 0.999999);
      const column = Math.floor(share * moments.length);
      stack.style.setProperty("--at", `${((column + 0.5) / moments.length) * 100}%`);
      stack.classList.add("pointed");
      readout.textContent = moments[column] || hint;
    });
    ink.addEventListener("pointerleave", () => {
      stack.classList.remove("pointed");
      readout.textContent = hint;
    });
  }
}

// A heading of a sortable table sorts by its column: the greatest first, and then the other way round.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  table.querySelectorAll("thead th").forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const descending = heading.ariaSort !== "descending";
      table.querySelectorAll("thead th").forEach((other) => other.removeAttribute("aria-sort"));
      heading.ariaSort = descending ? "descending" : "ascending";
      const key = (row) => {
        const cell = row.cells[column];
        const figure = cell.querySelector("data");
        return figure ? Number(figure.value) : cell.textContent;
      };
      const order = (a, b) => (typeof a === "number" ? a - b : b.localeCompare(a));
      const rows = [...body.rows].sort((a, b) => order(key(a), key(b)));
      body.append(...(descending ? rows.reverse() : rows));
    });
  });
}

// What is folded on the screen is printed too.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((details) => (details.open = true)));
