"use strict";
// Filters and sorts the list, and makes the details of late connections part of the page when they are opened.
(() => {
  const list = document.getElementById("list");
  const tools = list.querySelector(".tools");
  const search = tools.querySelector("input");
  const count = tools.querySelector("output");
  const rows = [...list.querySelectorAll("details")].map((element) => ({
    element,
    text: element.firstElementChild.textContent.toLowerCase(),
    kinds: element.dataset.c.split(" "),
    keys: element.dataset.k.split(" ").map(Number),
    start: Number(element.style.getPropertyValue("--s")),
    length: Number(element.style.getPropertyValue("--d")),
    shown: true,
  }));
  let kind = "";
  let key = 0;
  let up = true;

  const duration = (ms) => {
    if (ms < 1) return `${Math.round(ms * 1000)} µs`;
    if (ms < 1000) return `${ms.toFixed(ms < 9.95 ? 1 : 0)} ms`;
    if (ms < 60000) return `${(ms / 1000).toFixed(ms < 9995 ? 2 : 1)} s`;
    return `${Math.floor(ms / 60000)}m ${String(Math.round(ms / 1000) % 60).padStart(2, "0")}s`;
  };

  const scale = () => {
    const seen = rows.filter((row) => row.shown);
    const plain = seen.filter((row) => !row.kinds.includes("life"));
    const drawn = plain.length ? plain : seen;
    if (!drawn.length) return;
    let begin = Infinity;
    let end = -Infinity;
    for (const row of drawn) {
      begin = Math.min(begin, row.start);
      end = Math.max(end, row.start + row.length);
    }
    const whole = Math.max(end - begin, 0.001);
    list.style.setProperty("--t0", begin);
    list.style.setProperty("--tw", whole);
    list.querySelectorAll(".head .axis span").forEach((tick, place) => {
      tick.textContent = place ? duration((whole * place) / 4) : "0";
    });
  };

  const choose = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const row of rows) {
      row.shown = (!kind || row.kinds.includes(kind)) && words.every((word) => row.text.includes(word));
      row.element.hidden = !row.shown;
      found += row.shown;
    }
    count.textContent = found === rows.length ? "" : `${found.toLocaleString("en")} of ${rows.length.toLocaleString("en")}`;
    document.getElementById("none").hidden = found > 0;
    scale();
  };

  const sort = () => {
    const sign = up ? 1 : -1;
    rows.sort((one, other) => sign * (one.keys[key] - other.keys[key]) || one.keys[0] - other.keys[0]);
    list.append(...rows.map((row) => row.element));
  };

  const fill = (element) => {
    const waiting = element.querySelector(":scope > noscript");
    if (!waiting) return;
    const box = document.createElement("div");
    box.className = "d";
    box.innerHTML = waiting.textContent;
    waiting.replaceWith(box);
  };

  const reveal = () => {
    const meant = document.getElementById(location.hash.slice(1));
    if (meant && meant.matches("details.c")) {
      fill(meant);
      meant.open = true;
    }
  };

  for (const each of list.querySelectorAll(".head button")) each.disabled = false;
  tools.hidden = rows.length < 2;
  tools.addEventListener("submit", (event) => event.preventDefault());
  search.addEventListener("input", choose);
  list.addEventListener("toggle", (event) => event.target.open && fill(event.target), true);
  tools.querySelector(".choices").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    kind = button.dataset.c;
    for (const each of tools.querySelectorAll(".choices button")) each.classList.toggle("on", each === button);
    choose();
  });
  document.getElementById("open").addEventListener("click", (event) => {
    const some = rows.filter((row) => row.shown).slice(0, 500);
    const open = some.some((row) => !row.element.open);
    for (const row of some) row.element.open = open;
    event.target.textContent = open ? "Close all" : "Open all";
  });
  list.querySelector(".head").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const next = Number(button.dataset.k);
    up = next === key ? !up : next === 0;
    key = next;
    for (const each of list.querySelectorAll(".head button")) {
      each.classList.toggle("on", each === button);
      each.classList.toggle("up", each === button && up);
    }
    sort();
  });
  window.addEventListener("hashchange", reveal);
  reveal();
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && event.target !== search) {
      event.preventDefault();
      search.focus();
    }
  });
})();
