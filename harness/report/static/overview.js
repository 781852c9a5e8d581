"use strict";

// The leaderboard: models by figures, sorted and filtered; and the list of tasks.
Object.assign(site.pages, (() => {
  const { el, add, load, address, change, changeSoon, plain } = site;
  const FIGURES = {
    main: ["Main figures", (column) => column.main],
    paper: ["The paper's metrics", (column) => column.paper],
    execution: ["By execution", (column) => column.execution],
    all: ["Every metric", () => true],
  };

  const number = (cell) => (Array.isArray(cell) ? cell[0] : null);
  const shown = (value, digits = 2) => value.toFixed(digits);

  function choice(id, label, options, value, key) {
    return el("div", { class: "control" }, el("label", { for: id }, label),
      el("select", { id, onchange: (event) => change({ [key]: event.target.value }) },
        options.map(([name, text]) => el("option", { value: name, selected: name === value }, text))));
  }

  function search(id, label, value, key = "q") {
    return el("div", { class: "control search" }, el("label", { for: id }, label),
      el("input", { id, type: "search", value, placeholder: "/", "data-search": "",
        oninput: (event) => changeSoon({ [key]: event.target.value, page: "" }) }));
  }

  // The answers behind a figure, where there are some.
  function answers(data, row, column) {
    const sheet = data.sheets.find((item) => item.task === column.task && item.runs.includes(row.run));
    return sheet && address(["task", sheet.key], { a: row.run });
  }

  function cellOf(cell, best, href) {
    if (!Array.isArray(cell)) {
      const text = cell === "not run" || cell === "not published" ? "·" : cell;
      return el("td", { class: "missing", title: cell }, text, text === "·" ? el("span", { class: "unseen" }, cell) : null);
    }
    const [value, stderr, n, mark] = cell;
    const td = el("td", { class: best ? "figure best" : "figure" },
      href ? el("a", { class: "value", href }, shown(value)) : el("span", { class: "value" }, shown(value)),
      stderr === null ? null : el("span", { class: "error" }, ` ± ${shown(1.959963984540054 * stderr)}`),
      n || mark ? el("span", { class: "n" }, [n ? `n=${n}` : "", mark].filter(Boolean).join(", ")) : null);
    td.style.setProperty("--share", `${value}%`);
    return td;
  }

  async function overview(_, query, root) {
    const data = await load("overview");
    const suites = data.suites.filter((suite) => data.columns.some((column) => column.suite === suite));
    const suite = query.suite ?? suites[0] ?? "";
    const metrics = FIGURES[query.metrics] ? query.metrics : "main";
    const ofSuite = data.columns.filter((column) => suite === "all" || column.suite === suite);
    const domains = [...new Set(ofSuite.map((column) => column.domain))];
    const domain = domains.includes(query.domain) ? query.domain : "";
    const columns = data.columns
      .map((column, index) => ({ ...column, index, group: `${column.suite}: ${column.domain}` }))
      .filter((column) => ofSuite.includes(data.columns[column.index]) && (!domain || column.domain === domain)
        && FIGURES[metrics][1](column))
      .map((column) => ({ ...column, of: (row) => row.cells[column.index] }));
    if (!domain && (suite === "symbolic" || suite === "all")) {
      data.rules.forEach((rule, index) => columns.push(
        { title: rule, label: "", group: "Averages", key: `average ${rule}`, of: (row) => row.averages[index] }));
    }
    for (const column of columns) column.key ??= `${column.task} ${column.metric}`;
    const rows = data.rows.filter((row) => (query.paper !== "no" || !row.published)
      && `${row.model} ${row.setting}`.toLowerCase().includes((query.q ?? "").toLowerCase())
      && columns.some((column) => Array.isArray(column.of(row))));
    sort(rows, columns.find((column) => column.key === query.sort), query);
    add(root,
      el("h1", { tabindex: "-1" }, "Leaderboard"),
      el("form", { class: "controls", "aria-label": "What the table shows", onsubmit: (event) => event.preventDefault() },
        search("q", "Models", query.q ?? ""),
        choice("suite", "Suite", [...suites, "all"].map((name) => [name, name]), suite, "suite"),
        choice("domain", "Domain", [["", "all"], ...domains.map((name) => [name, name])], domain, "domain"),
        choice("metrics", "Figures", Object.entries(FIGURES).map(([name, [text]]) => [name, text]), metrics, "metrics"),
        el("label", { for: "paper", class: "check" },
          el("input", { id: "paper", type: "checkbox", checked: query.paper !== "no",
            onchange: (event) => change({ paper: event.target.checked ? "" : "no" }) }), "the paper's rows")),
      table(data, rows, columns, query),
      el("ul", { class: "quiet legend" }, data.legend.map((line) => el("li", null, line))));
    site.say(`${rows.length} rows, ${columns.length} figures`);
  }

  function sort(rows, column, query) {
    const down = query.order !== "up";
    if (query.sort === "model") {
      const order = (a, b) => (a.model < b.model ? -1 : a.model > b.model ? 1 : 0);
      rows.sort((a, b) => (down ? order(b, a) : order(a, b)));
    } else if (column) {
      const value = (row) => number(column.of(row));
      rows.sort((a, b) => (value(a) === null) - (value(b) === null)
        || (down ? value(b) - value(a) : value(a) - value(b)));
    }
  }

  function heading(column, query, text, extra = {}) {
    const sorted = query.sort === column.key;
    const down = query.order !== "up";
    const toggled = { sort: column.key, order: sorted && down ? "up" : "" };
    return el("th", { scope: "col", "aria-sort": sorted ? (down ? "descending" : "ascending") : null, ...extra },
      el("button", { type: "button", class: "sort", id: `sort ${column.key}`, title: "Sort by this figure",
        onclick: () => change(toggled) }, text));
  }

  function table(data, rows, columns, query) {
    if (!rows.length) return el("p", { class: "empty" }, "No row has a figure here: choose another suite, or clear the search.");
    const groups = [];
    for (const column of columns) {
      if (groups.at(-1)?.name === column.group) groups.at(-1).span += 1;
      else groups.push({ name: column.group, span: 1 });
    }
    const best = new Map(columns.map((column) => {
      const ours = rows.filter((row) => !row.published).map((row) => number(column.of(row))).filter((value) => value !== null);
      return [column, ours.length > 1 ? Math.max(...ours) : null];
    }));
    return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Leaderboard" },
      el("table", { class: "board" },
        el("caption", { class: "unseen" }, "Models by figures"),
        el("thead", null,
          el("tr", null, heading({ key: "model" }, query, "Model", { rowspan: "2", class: "model" }),
            groups.map((group) => el("th", { scope: "colgroup", colspan: String(group.span), class: "group" }, group.name))),
          el("tr", null, columns.map((column) =>
            heading(column, query, [el("span", null, column.title), " ", el("span", { class: "label" }, column.label)])))),
        el("tbody", null, rows.map((row) => el("tr", { class: row.published ? "published" : null },
          el("th", { scope: "row", class: "model" }, el("span", { class: "name" }, plain(row.model)),
            el("span", { class: "setting" }, plain(row.setting))),
          columns.map((column) => {
            const cell = column.of(row);
            const value = number(cell);
            return cellOf(cell, !row.published && value !== null && value === best.get(column), answers(data, row, column));
          }))))));
  }

  async function tasks(_, query, root) {
    const data = await load("overview");
    const wanted = (query.q ?? "").toLowerCase();
    const found = data.sheets.filter((sheet) =>
      `${sheet.key} ${sheet.title} ${sheet.domain} ${sheet.suites.join(" ")}`.toLowerCase().includes(wanted));
    add(root,
      el("h1", { tabindex: "-1" }, "Tasks"),
      el("form", { class: "controls", "aria-label": "Which tasks", onsubmit: (event) => event.preventDefault() },
        search("q", "Tasks", query.q ?? "")),
      el("ul", { class: "cards" }, found.map((sheet) => el("li", null,
        el("a", { href: address(["task", sheet.key]) }, el("strong", null, sheet.title),
          el("span", { class: "quiet" }, `${sheet.domain} · ${sheet.suites.join(", ")}`),
          el("span", { class: "quiet" },
            `${sheet.samples} samples · ${sheet.runs.length} ${sheet.runs.length === 1 ? "run" : "runs"}${sheet.place === "bundled" ? " · mini" : ""}`))))));
    site.say(`${found.length} tasks`);
  }

  Object.assign(site, { choice, search, shown, answers });
  return { overview, tasks };
})());
