(() => {
  "use strict";
  const words = JSON.parse(document.getElementById("crm-words").textContent);
  const make = (name, more, ...inside) => {
    const element = Object.assign(document.createElement(name), more);
    element.append(...inside);
    return element;
  };

  // A cell that a spreadsheet would compute is told to be words.
  const cell = (text) => {
    const safe = /^'*[=+@\t\r＝＋－＠-]/.test(text) && !/^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text) ? "'" + text : text;
    return /[,"\r\n]/.test(safe) ? '"' + safe.replaceAll('"', '""') + '"' : safe;
  };
  const rowsOf = (table) => [...table.tBodies[0].rows];
  const textOf = (element) => element.textContent.trim();
  // Rows of a table that stand beneath a fold of their own.
  const restOf = (table) => {
    const next = table.closest(".crm-scroll")?.nextElementSibling;
    return next?.matches("details.crm-more") ? next : null;
  };
  const restRows = (table) => {
    const rest = restOf(table);
    return rest ? rowsOf(rest.querySelector("table")) : [];
  };
  // Sorting and filtering need all rows in one table.
  const unfolded = (table) => {
    table.tBodies[0].append(...restRows(table));
    restOf(table)?.remove();
  };
  const csv = (table) => {
    const rows = [table.tHead.rows[0], ...rowsOf(table), ...restRows(table)];
    return "\ufeff" + rows.map((row) => [...row.cells].map((each) => cell(textOf(each))).join(",") + "\n").join("");
  };
  const safe = (text) => text.replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]);
  const svg = (strips) => {
    const line = 24, from = 260, wide = 420, ink = "#26323a";
    const write = (x, y, text) => `<text x="${x}" y="${y}" fill="${ink}" font-family="sans-serif" font-size="13">${safe(text)}</text>`;
    const part = (bar, y, high, colour) =>
      `<rect x="${from + (wide * parseFloat(bar.style.left)) / 100}" y="${y}" width="${(wide * parseFloat(bar.style.width)) / 100}" height="${high}" fill="${colour}"/>`;
    const drawn = [...strips.children].map((row, i) => {
      const y = i * line;
      const [called, track, says] = row.children;
      if (!track) return write(0, y + 16, textOf(row));
      const bars = [...track.children].map((bar) =>
        bar.tagName === "B" ? part(bar, y + 5, 14, getComputedStyle(bar).backgroundColor) : part(bar, y + 11, 2, ink));
      return write(12, y + 16, textOf(called)) + bars.join("") + write(from + wide + 12, y + 16, textOf(says));
    });
    return `<svg xmlns="http://www.w3.org/2000/svg" width="820" height="${drawn.length * line}">${drawn.join("")}</svg>`;
  };
  // Colours as every program that opens an SVG knows them.
  const portable = (colour) =>
    colour === "rgba(0, 0, 0, 0)" ? "none"
      : colour.replace(/^color\(srgb (.*)\)$/, (_, parts) => `rgb(${parts.split(" ").map((part) => Math.round(255 * part)).join(", ")})`);
  const svgOfCells = (table) => {
    const whole = table.getBoundingClientRect();
    const drawn = [...table.querySelectorAll("th, td")].filter(textOf).map((cell) => {
      const { left, top, width, height } = cell.getBoundingClientRect(), look = getComputedStyle(cell);
      const x = left - whole.left, y = top - whole.top, upright = cell.classList.contains("crm-upright");
      const at = upright ? `transform="translate(${x + width / 2 + 4} ${y + height - 3}) rotate(-90)"` : `x="${x + 3}" y="${y + height / 2 + 4}"`;
      return `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${portable(look.backgroundColor)}"/>`
        + `<text ${at} fill="${look.color}" font-family="sans-serif" font-size="12">${safe(textOf(cell))}</text>`;
    });
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${whole.width}" height="${whole.height}">${drawn.join("")}</svg>`;
  };
  const named = (element) => {
    const place = element.closest(".crm-cell, section")?.id || "page";
    return `${document.body.dataset.name || "page"}-${place}`.replace(/[^\w-]+/g, "-");
  };
  const handed = (element, kind, type, content) => {
    const address = URL.createObjectURL(new Blob([content], { type }));
    make("a", { href: address, download: `${named(element)}.${kind}` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  };
  const button = (text, act) => {
    const made = make("button", { type: "button", textContent: text });
    made.addEventListener("click", act);
    return made;
  };

  const worth = (td) => {
    const text = td.dataset.at ?? textOf(td);
    if (!td.classList.contains("crm-number")) return text;
    const number = parseFloat(text.replace(/[−–](?=\D*\d)/, "-").replace(/,/g, "").replace(/^[^\d.+-]*([+-]?)[^\d.]*/, "$1"));
    return Number.isNaN(number) ? null : number;
  };
  const compare = (one, other) =>
    typeof one === "number" && typeof other === "number" ? one - other
      : String(one).localeCompare(String(other), document.documentElement.lang, { numeric: true });
  const sorted = (table, column, th) => {
    unfolded(table);
    const down = th.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    th.setAttribute("aria-sort", down ? "descending" : "ascending");
    const rows = rowsOf(table).map((row) => [row, worth(row.cells[column])]);
    rows.sort(([, a], [, b]) => (a === null) - (b === null) || (a === null ? 0 : down ? compare(b, a) : compare(a, b)));
    table.tBodies[0].append(...rows.map(([row]) => row));
  };
  const filtered = (table, wanted) => {
    for (const row of rowsOf(table)) row.hidden = !textOf(row).toLowerCase().includes(wanted.toLowerCase());
  };
  const equip = (table) => {
    if (!table.tHead || !table.tBodies.length) return;
    const count = rowsOf(table).length + restRows(table).length;
    const hangs = table.closest("details.crm-more") !== null;
    if (count > 2 && !hangs) {
      [...table.tHead.rows[0].cells].forEach((th, column) => {
        if (!textOf(th) || th.querySelector("a")) return;
        const by = button("", () => sorted(table, column, th));
        by.className = "crm-sort";
        by.append(...th.childNodes);
        th.append(by);
      });
    }
    if (hangs) return;
    const tools = make("div", { className: "crm-tools" });
    if (count > 9) {
      const wanted = make("input", { type: "search", placeholder: words.filter, ariaLabel: words.filter, autocomplete: "off" });
      wanted.addEventListener("input", () => {
        unfolded(table);
        filtered(table, wanted.value);
      });
      tools.append(wanted);
    }
    tools.append(button("CSV", () => handed(table, "csv", "text/csv;charset=utf-8", csv(table))));
    const card = table.closest("details.crm-data")?.closest(".crm-card");
    const image = card?.querySelector("figure.crm-picture img"), strips = card?.querySelector(".crm-strips"), cells = card?.querySelector("table.crm-heat");
    if (image) tools.append(button("PNG", () => make("a", { href: image.src, download: `${named(image)}.png` }).click()));
    if (strips) tools.append(button("SVG", () => handed(strips, "svg", "image/svg+xml", svg(strips))));
    if (cells) tools.append(button("SVG", () => handed(cells, "svg", "image/svg+xml", svgOfCells(cells))));
    (restOf(table) || table.closest(".crm-scroll") || table).after(tools);
  };
  const equipped = (place) => place.querySelectorAll("table.crm-table").forEach(equip);

  // Each state of a control was drawn ahead: words and the places of numbers, and the numbers of each state.
  const unpacked = (group, state) => {
    const [kind, ...columns] = group.states[state].split("|");
    return group.templates[Number(kind)].map((part) => (typeof part === "number" ? columns[part] : part)).join("");
  };
  const stateOf = (group, inputs) => {
    if (group.keys) {
      const given = inputs.map((input) => input.value).filter((value) => value !== "").map(Number);
      return group.keys.indexOf(`${given.length}:${given.reduce((sum, value) => sum + value, 0)}`);
    }
    return inputs.reduce((place, input) => place * (Number(input.max) + 1) + Number(input.value), 0);
  };
  for (const place of document.querySelectorAll(".crm-try")) {
    const group = JSON.parse(place.querySelector("script").textContent);
    const inputs = [...place.querySelectorAll(".crm-controls input, .crm-controls select")];
    const answer = place.querySelector(".crm-answer"), said = place.querySelector("[role=status]");
    const answered = () => {
      for (const input of inputs) {
        if (!input.dataset.stops) continue;
        const text = JSON.parse(input.dataset.stops)[Number(input.value)];
        input.setAttribute("aria-valuetext", text);
        input.nextElementSibling.textContent = text;
      }
      const open = [...answer.querySelectorAll("details")].map((fold) => fold.open);
      answer.innerHTML = unpacked(group, stateOf(group, inputs));
      answer.querySelectorAll("details").forEach((fold, i) => (fold.open = open[i] || false));
      said.textContent = [...answer.querySelectorAll(".crm-say")].map(textOf).join(" ");
      equipped(answer);
    };
    for (const input of inputs) input.addEventListener("input", answered);
    place.hidden = false;
    place.querySelector(".crm-controls").hidden = false;
  }
  equipped(document);

  const look = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (look.dataset.crmLook || (dark.matches ? "dark" : "light")) === "dark";
  const turn = button("", () => {
    look.dataset.crmLook = isDark() ? "light" : "dark";
    call();
  });
  const call = () => (turn.textContent = isDark() ? words.light : words.dark);
  turn.className = "crm-look";
  call();
  dark.addEventListener("change", call);
  document.querySelector(".crm-top ol")?.after(turn);
})();
