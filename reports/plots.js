/* Draws the plots in the page's own colours, light or dark, and follows the dropdowns. */
(function () {
  "use strict";
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const narrow = window.matchMedia("(max-width: 640px)");
  const config = {
    responsive: true,
    displaylogo: false,
    modeBarButtons: [["toImage", "zoom2d", "pan2d", "resetScale2d"]],
    scrollZoom: false,
    plotlyServerURL: "",
  };

  function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  }

  /* Figures name the page's colours as "@ink", "@muted"; the text of people never starts so. */
  function coloured(value, colours) {
    if (Array.isArray(value)) return value.map(function (item) { return coloured(item, colours); });
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(function (entry) {
        return [entry[0], coloured(entry[1], colours)];
      }));
    }
    return Object.hasOwn(colours, value) ? colours[value] : value;
  }

  function themed(figure) {
    const ink = colour("ink");
    const names = ["ink", "muted", "blue", "vermillion", "green", "orange", "purple", "sky"];
    const result = coloured(figure, Object.fromEntries(names.map(function (name) {
      return ["@" + name, colour(name)];
    })));
    const layout = result.layout;
    Object.assign(layout, {
      autosize: true,
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: ink },
      hoverlabel: {
        bgcolor: colour("paper"), bordercolor: colour("muted"),
        font: { color: ink }, namelength: -1, align: "left",
      },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: colour("muted"), activecolor: ink },
      dragmode: narrow.matches ? false : "zoom",
    });
    Object.keys(layout).filter(function (key) { return /^[xy]axis/.test(key); })
      .forEach(function (key) {
        layout[key] = Object.assign({
          gridcolor: colour("grid"), zerolinecolor: colour("grid"), linecolor: colour("muted"),
        }, layout[key]);
      });
    return result;
  }

  function draw(box) {
    const options = JSON.parse(document.getElementById(box.id + "-data").textContent);
    const select = document.querySelector('select[data-plot="' + box.id + '"]');
    const chosen = options[select ? Number(select.value) : 0];
    const figure = themed(chosen.figure);
    box.parentElement.querySelector(".option-note").textContent = chosen.note;
    box.style.minHeight = figure.layout.height + "px";
    const shown = Object.assign({}, config, narrow.matches ? { displayModeBar: false } : {});
    return window.Plotly.react(box, figure.data, figure.layout, shown);
  }

  const boxes = Array.from(document.querySelectorAll(".plot-box"));

  /* One after the other, so that the page can be used meanwhile. */
  function drawFrom(place) {
    if (place >= boxes.length) {
      document.documentElement.dataset.plots = "ready";
      return;
    }
    draw(boxes[place]).then(function () {
      setTimeout(function () { drawFrom(place + 1); }, 0);
    });
  }

  boxes.forEach(function (box) {
    const select = document.querySelector('select[data-plot="' + box.id + '"]');
    if (select) select.addEventListener("change", function () { draw(box); });
  });
  dark.addEventListener("change", function () { boxes.forEach(draw); });
  drawFrom(0);
}());
