/* Sorting and filtering of the comparison tables. */
(function () {
  "use strict";

  /* The sort key of a table cell: data-v where given, else its text; null where unavailable. */
  function key(cell, kind) {
    if (cell.classList.contains("na")) return null;
    const text = cell.dataset.v === undefined ? cell.firstChild.textContent.trim() : cell.dataset.v;
    return kind === "number" ? Number(text) : text;
  }

  function compare(a, b, kind, direction) {
    if (a.key === null || b.key === null) {
      // Unavailable comes last in both directions.
      return (a.key === null) - (b.key === null) || a.place - b.place;
    }
    const order = kind === "number" ? a.key - b.key
      : a.key.localeCompare(b.key, "en", { numeric: true });
    return direction * order || a.place - b.place;
  }

  function sort(table, header) {
    const column = header.cellIndex;
    const kind = header.dataset.kind;
    const ascending = header.getAttribute("aria-sort") !== "ascending";
    table.querySelectorAll("thead th").forEach(function (other) {
      other.removeAttribute("aria-sort");
    });
    header.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    const body = table.tBodies[0];
    const rows = Array.from(body.rows).map(function (row) {
      return { row: row, key: key(row.cells[column], kind), place: Number(row.dataset.place) };
    });
    rows.sort(function (a, b) { return compare(a, b, kind, ascending ? 1 : -1); });
    const fragment = document.createDocumentFragment();
    rows.forEach(function (item) { fragment.append(item.row); });
    body.append(fragment);
  }

  function filter(table, controls) {
    const words = controls.querySelector(".text-filter").value.toLowerCase().split(/\s+/);
    const outcome = controls.querySelector(".outcome-filter").value;
    let shown = 0;
    const rows = table.tBodies[0].rows;
    for (const row of rows) {
      const fits = (!outcome || row.dataset.outcome === outcome) &&
        words.every(function (word) { return row.searchText.includes(word); });
      row.hidden = !fits;
      shown += fits;
    }
    controls.querySelector(".count").textContent = shown === rows.length
      ? shown + (shown === 1 ? " configuration" : " configurations")
      : shown + " of " + rows.length + " configurations";
  }

  document.querySelectorAll("section.comparison").forEach(function (section) {
    const table = section.querySelector("table");
    const controls = section.querySelector(".controls");
    Array.from(table.tBodies[0].rows).forEach(function (row, place) {
      row.dataset.place = place;
      const texts = Array.from(row.querySelectorAll(".t"));
      row.searchText = texts.map(function (cell) { return cell.textContent; })
        .join(" ").toLowerCase();
    });
    table.querySelectorAll("thead th").forEach(function (header) {
      header.querySelector("button").addEventListener("click", function () {
        sort(table, header);
      });
    });
    // Not every browser sends "input" for a select.
    ["input", "change"].forEach(function (event) {
      controls.addEventListener(event, function () { filter(table, controls); });
    });
    controls.querySelector(".show-constant").addEventListener("change", function (event) {
      table.classList.toggle("all-settings", event.target.checked);
    });
    // A reload keeps what was typed; the rows follow it.
    table.classList.toggle("all-settings", controls.querySelector(".show-constant").checked);
    filter(table, controls);
  });

  /* A PNG is in the page once; its other uses copy it. */
  document.querySelectorAll("img[data-copy]").forEach(function (image) {
    image.src = document.getElementById(image.dataset.copy).src;
  });
}());
