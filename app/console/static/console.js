"use strict";
// The console works without this file: it adds keys, copying, local times and live lists.
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector) => document.querySelector(selector);

  // Times: the server writes UTC; here they are in the browser's zone, and grow older.
  const units = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const distance = (seconds) => {
    const [size, unit] = units.find(([size]) => seconds >= size) || [1, "s"];
    return `${Math.floor(seconds / size)} ${unit}`;
  };
  const localise = (root = document) => {
    for (const label of all("[data-hour]", root)) {
      label.textContent = new Date(label.dataset.hour).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", hour12: false });
    }
    for (const time of all("time", root)) {
      const at = new Date(time.dateTime);
      const seconds = (Date.now() - at) / 1000;
      time.title = at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "long" });
      if (time.classList.contains("clock")) {
        time.textContent = at.toLocaleTimeString(undefined, { hour12: false });
      } else if (time.classList.contains("day")) {
        time.textContent = at.toLocaleDateString(undefined, { dateStyle: "medium" });
      } else if (Math.abs(seconds) >= 1) {
        time.textContent = seconds < 0 ? `in ${distance(-seconds)}` : `${distance(seconds)} ago`;
      }
    }
  };

  // Copying needs a script, so its buttons are hidden until there is one.
  const enable = (root = document) => {
    for (const button of all(".copy", root)) button.hidden = false;
    localise(root);
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest(".copy");
    if (button) {
      await navigator.clipboard.writeText(button.dataset.copy);
      const label = button.textContent;
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = label), 1500);
    }
    for (const open of all(".confirm[open]")) if (!open.contains(event.target)) open.open = false;
  });

  // On a narrow screen the menu scrolls sideways: show where we are.
  one(".side nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

  // Filters are sent as soon as they change; without scripts there is a button.
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form.filters");
    if (form && event.target.matches("select, input[type=date]")) form.requestSubmit();
  });

  // Live parts: the server says that something changed, htmx asks for the part.
  let source = null;
  const listen = () => {
    const part = one("[data-live]");
    if (source) source.close();
    source = null;
    if (!part || document.hidden) return;
    source = new EventSource(part.dataset.live);
    source.onmessage = () => {
      const now = one("[data-live]");
      if (now && !one(".confirm[open]")) htmx.trigger(now, "live");
    };
  };
  document.addEventListener("visibilitychange", () => {
    listen();
    const part = one("[data-live]");
    if (part && !document.hidden) htmx.trigger(part, "live");
  });
  addEventListener("pagehide", () => source && source.close());
  // What somebody has opened or chosen stays so when a part is replaced.
  const nameOf = (details) =>
    `${(details.closest("[id]") || {}).id} ${details.querySelector("strong, summary").textContent.trim()}`;
  let opened = new Map();
  let chosen = "";
  document.addEventListener("htmx:beforeSwap", () => {
    opened = new Map(all("main details").map((details) => [nameOf(details), details.open]));
    chosen = (one("tr[aria-selected=true]") || { dataset: {} }).dataset.href || "";
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const details of all("main details")) {
      const before = opened.get(nameOf(details));
      if (before !== undefined) details.open = before;
    }
    const row = rows().find((each) => each.dataset.href === chosen);
    if (row) row.ariaSelected = "true";
    enable();
  });

  // Keys.
  const rows = () => all(".rows tbody tr[data-href]");
  const select = (step) => {
    const list = rows();
    if (!list.length) return;
    const at = list.findIndex((row) => row.ariaSelected === "true");
    const next = list[Math.max(0, Math.min(list.length - 1, at + step))];
    list.forEach((row) => row.removeAttribute("aria-selected"));
    next.ariaSelected = "true";
    next.scrollIntoView({ block: "nearest" });
  };
  const press = (name) => {
    const chosen = one(`tr[aria-selected=true] [data-action=${name}]`);
    const button = chosen || one(`[data-action=${name}]`);
    if (button) button.click();
  };
  const actions = {
    "/": () => (one("input[type=search]:not(dialog *)") || { focus() {} }).focus(),
    j: () => select(1),
    k: () => select(-1),
    Enter: () => {
      const row = one("tr[aria-selected=true]");
      if (row) location.href = row.dataset.href;
    },
    r: () => press("retry"),
    e: () => press("export"),
    "?": () => one("#help") && one("#help").showModal(),
  };
  let before = "";
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "k") return openPalette(event);
    const typing = event.target.closest("input, select, textarea, dialog, [contenteditable]");
    const onControl = event.key === "Enter" && event.target.closest("a, button, summary");
    if (typing || onControl || event.ctrlKey || event.metaKey || event.altKey) return;
    const wasG = before === "g";
    before = event.key;
    const line = wasG && one(`nav [data-key="${CSS.escape(event.key)}"]`);
    if (line) location.href = line.href;
    else if (actions[event.key]) {
      event.preventDefault();
      actions[event.key]();
    }
  });

  // The palette: the menu, and leads that match.
  const openPalette = (event) => {
    const palette = one("#palette");
    if (!palette) return;
    event.preventDefault();
    palette.showModal();
    one("#palette input").value = "";
    fill();
  };
  const fill = () => {
    const typed = one("#palette input").value.trim();
    const places = all(".side nav a, .who a").map((a) => [a.innerText.split("\n")[0], a.href]);
    const fitting = places.filter(([name]) => name.toLowerCase().includes(typed.toLowerCase()));
    const leads = one('nav [data-key="l"]');
    if (typed && leads) fitting.push([`Search leads for “${typed}”`, `${leads.href}?q=${encodeURIComponent(typed)}`]);
    one("#palette ul").replaceChildren(...fitting.map(([name, href], at) => {
      const line = document.createElement("li");
      const link = document.createElement("a");
      link.href = href;
      link.textContent = name;
      if (!at) link.className = "chosen";
      line.append(link);
      return line;
    }));
  };
  const palette = one("#palette");
  if (palette) {
    palette.addEventListener("input", fill);
    palette.addEventListener("keydown", (event) => {
      const links = all("a", palette);
      const at = links.findIndex((link) => link.className === "chosen");
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step && links.length) {
        event.preventDefault();
        links.forEach((link) => (link.className = ""));
        links[(at + step + links.length) % links.length].className = "chosen";
      } else if (event.key === "Enter" && links[at]) {
        event.preventDefault();
        links[at].click();
      }
    });
  }

  enable();
  listen();
  setInterval(localise, 10000);
})();
