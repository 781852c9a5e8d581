"use strict";

// Which page an address shows, the keyboard, and the theme.
(() => {
  const { el, where, pages } = site;
  const main = document.getElementById("main");
  const KEYS = [
    ["/", "search"], ["j or →", "next sample or page"], ["k or ←", "previous sample or page"], ["u", "from a sample up to its task"],
    ["g", "leaderboard"], ["t", "light, dark, or as the system has it"], ["?", "these keys"],
  ];

  function pageOf(parts) {
    if (!parts.length) return ["overview", pages.overview, []];
    if (parts[0] === "task" && parts.length === 2) return ["tasks", pages.task, parts.slice(1)];
    if (parts[0] === "task" && parts[2] === "sample" && parts.length === 4) return ["tasks", pages.sample, parts.slice(1)];
    if (parts.length === 1 && ["pictures", "tasks", "curves"].includes(parts[0])) return [parts[0], pages[parts[0]], []];
    return ["", async () => { throw new Error("There is no such page."); }, []];
  }

  let turn = 0;
  let path = null;
  async function render() {
    const { parts, query } = where();
    const mine = ++turn;
    const [name, page, rest] = pageOf(parts);
    const root = el("div", { class: "page" });
    try {
      await page(rest, query, root);
    } catch (error) {
      root.replaceChildren(el("h1", { tabindex: "-1" }, "Not found"), el("p", null, error.message), el("p", null, el("a", { href: "#/" }, "To the leaderboard")));
    }
    if (mine !== turn) return;
    const moved = parts.join("\n") !== path;
    path = parts.join("\n");
    show(root, moved);
    for (const link of document.querySelectorAll("header nav a")) {
      if (link.dataset.page === name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    const title = main.querySelector("h1")?.textContent ?? "";
    document.title = `${title} · symharness`;
    document.documentElement.dataset.ready = location.hash;
  }

  // A page that changes in place keeps the focus, the caret and the scrolled tables; another page begins at its heading.
  let first = true;
  function show(root, moved) {
    const focused = document.activeElement?.id;
    const caret = document.activeElement?.selectionStart;
    const scrolled = [...main.querySelectorAll(".scroll")].map((element) => element.scrollLeft);
    main.replaceChildren(root);
    if (moved) {
      window.scrollTo(0, 0);
      if (!first) main.querySelector("h1")?.focus();
    } else {
      [...main.querySelectorAll(".scroll")].forEach((element, index) => { element.scrollLeft = scrolled[index] ?? 0; });
      const again = focused && document.getElementById(focused);
      if (again) {
        again.focus({ preventScroll: true });
        if (again.type === "search") again.setSelectionRange(caret, caret);
      }
    }
    first = false;
  }

  const THEMES = ["auto", "light", "dark"];
  function stored() {
    try {
      return localStorage.getItem("symharness theme");
    } catch {
      return null; // some browsers keep nothing for pages opened as files
    }
  }

  function setTheme(name) {
    document.documentElement.dataset.theme = name;
    document.getElementById("theme").textContent = `Theme: ${name}`;
    try {
      localStorage.setItem("symharness theme", name);
    } catch {
      // it lasts as long as the page
    }
  }

  const nextTheme = () => setTheme(THEMES[(THEMES.indexOf(document.documentElement.dataset.theme) + 1) % THEMES.length]);

  const help = el("dialog", { id: "help", "aria-label": "Keys" }, el("h2", null, "Keys"),
    el("table", null, el("tbody", null, KEYS.map(([key, what]) => el("tr", null, el("th", { scope: "row" }, el("kbd", null, key)), el("td", null, what))))),
    el("button", { type: "button", onclick: () => help.close() }, "Close"));
  document.body.append(help);

  const turnTo = (direction) => main.querySelector(`[data-turn="${direction}"]`)?.click();
  const ACTIONS = {
    "/": () => main.querySelector("[data-search]")?.focus(),
    j: () => turnTo("on"), ArrowRight: () => turnTo("on"), k: () => turnTo("back"), ArrowLeft: () => turnTo("back"),
    u: () => main.querySelector("[data-up]")?.click(),
    g: () => { location.hash = "#/"; },
    t: nextTheme,
    "?": () => help.showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    const typing = event.target.closest?.("input, select, textarea");
    if (typing) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    // Arrows scroll what has the focus and can be scrolled.
    if (event.key.startsWith("Arrow") && event.target.closest?.(".scroll, pre")) return;
    if (Object.hasOwn(ACTIONS, event.key)) {
      event.preventDefault();
      ACTIONS[event.key]();
    }
  });

  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    main.focus();
  });
  document.getElementById("theme").addEventListener("click", nextTheme);
  document.getElementById("keys").addEventListener("click", ACTIONS["?"]);
  setTheme(THEMES.includes(stored()) ? stored() : "auto");
  window.addEventListener("hashchange", render);
  render();
})();
