"use strict";

// One task: what became of each run's answers, how hard the samples are, and the list of samples.
Object.assign(site.pages, (() => {
  const { el, add, load, address, change, plain, choice, search, shown } = site;
  const PAGE = 50;
  const BECAME = ["right", "wrong answer", "runs wrong", "does not parse", "times out", "no answer"];
  const kind = (became) => `became-${(became ?? "not asked").replaceAll(" ", "-")}`;

  const badge = (became) => el("span", { class: `badge ${kind(became)}` }, became ?? "not asked");
  const name = (run) => `${run.model} (${run.setting})`;

  // The runs that the address names: `a`, by default the first, and perhaps `b` beside it.
  function chosen(sheet, query) {
    const a = sheet.runs.find((run) => run.run === query.a) ?? sheet.runs[0];
    const b = sheet.runs.find((run) => run.run === query.b && run !== a) ?? null;
    return { a, b };
  }

  // How many of the runs that answered a sample have it right.
  function difficulty(sheet, index) {
    const answered = sheet.runs.filter((run) => run.became[index] && run.became[index] !== "no answer");
    return { right: answered.filter((run) => run.became[index] === "right").length, of: answered.length };
  }

  const FILTERS = {
    "": ["all", () => true],
    changed: ["A and B differ", (a, b) => b !== null && a !== b],
    gained: ["right in B only", (a, b) => a !== "right" && b === "right"],
    lost: ["right in A only", (a, b) => a === "right" && b !== null && b !== "right"],
    ...Object.fromEntries(BECAME.map((what) => [what, [`A: ${what}`, (a) => a === what]])),
  };

  // Places of the samples that the address asks for, in order.
  function filtered(sheet, query) {
    const { a, b } = chosen(sheet, query);
    const [, holds] = FILTERS[query.show] ?? FILTERS[""];
    const hits = query.q ? search_results.get(key(sheet, query)) : null;
    return sheet.samples.flatMap((sample, index) => {
      const rate = query.rate ? difficulty(sheet, index) : null;
      const wanted = holds(a.became[index], b ? b.became[index] : null)
        && (!rate || (rate.of && `${rate.right}/${rate.of}` === query.rate))
        && (!query.q || (hits ? hits.has(index) : sample.toLowerCase().includes(query.q.toLowerCase())));
      return wanted ? [index] : [];
    });
  }

  // Texts are searched chunk after chunk; what was found is kept, the chunks are not.
  const search_results = new Map();
  const key = (sheet, query) => {
    const { a, b } = chosen(sheet, query);
    return [sheet.key, a.run, b?.run, query.q].join("\n");
  };

  function texts(answer) {
    return answer ? [answer.completion, answer.program?.[0], answer.detail, answer.answer?.text] : [];
  }

  async function searchTexts(sheet, query) {
    const wanted = query.q.toLowerCase();
    const runs = Object.values(chosen(sheet, query)).filter(Boolean).map((run) => sheet.runs.indexOf(run));
    const hits = new Set();
    const chunks = Math.ceil(sheet.samples.length / sheet.chunk);
    for (let chunk = 0; chunk < chunks; chunk += 1) {
      const here = site.where();
      if (here.parts[1] !== sheet.key || here.query.q !== query.q) return;
      if (chunks > 4) site.say(`Searching: ${chunk} of ${chunks} parts`);
      const samples = await load(`${sheet.key}/samples-${chunk}`);
      const answers = await Promise.all(runs.map((run) => load(`${sheet.key}/run${run}-${chunk}`)));
      samples.forEach((sample, row) => {
        const index = chunk * sheet.chunk + row;
        const all = [sheet.samples[index], ...sample.prompts, sample.gold?.target[0], sample.gold?.program?.[0],
          ...answers.flatMap((answer) => texts(answer.answers[row]))];
        if (all.some((text) => text?.toLowerCase().includes(wanted))) hits.add(index);
      });
    }
    if (search_results.size > 20) search_results.clear();
    search_results.set(key(sheet, query), hits);
    change({});
  }

  function outcomes(sheet, query) {
    return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "What became of the answers" },
      el("table", { class: "outcomes" },
        el("caption", null, "What became of the answers"),
        el("thead", null, el("tr", null, ["Run", "Right", "Outcomes", "By the executor", "Cut off"].map((head) =>
          el("th", { scope: "col", class: ["Right", "Cut off"].includes(head) ? "figure" : null }, head)))),
        el("tbody", null, sheet.runs.map((run) => {
          const counts = BECAME.map((what) => [what, run.became.filter((became) => became === what).length]).filter(([, count]) => count);
          const total = counts.reduce((sum, [, count]) => sum + count, 0);
          const answered = Object.values(run.finished).reduce((sum, count) => sum + count, 0);
          const right = counts.find(([what]) => what === "right")?.[1] ?? 0;
          const bar = el("div", { class: "stack", role: "img", "aria-label": counts.map(([what, count]) => `${what} ${count}`).join(", ") },
            counts.map(([what, count]) => {
              const share = el("span", { class: kind(what), title: `${what}: ${count}` }, count / total > 0.12 ? `${what} ${count}` : "");
              share.style.flexGrow = String(count);
              return share;
            }));
          return el("tr", null,
            el("th", { scope: "row" }, el("a", { href: address(["task", sheet.key], { ...query, a: run.run, page: "" }) }, plain(run.model)),
              el("span", { class: "setting" }, plain(run.setting))),
            el("td", { class: "figure" }, `${right} of ${total}`), el("td", { class: "wide" }, bar),
            el("td", { class: "quiet" }, Object.entries(run.statuses).map(([what, count]) => `${what} ${count}`).join(", ")),
            el("td", { class: "figure" }, answered ? `${Math.round(100 * (run.finished.length ?? 0) / answered)} %` : ""));
        }))));
  }

  function hardness(sheet, query) {
    const counts = new Map();
    sheet.samples.forEach((_, index) => {
      const { right, of } = difficulty(sheet, index);
      if (of) counts.set(`${right}/${of}`, (counts.get(`${right}/${of}`) ?? 0) + 1);
    });
    const order = [...counts].sort(([a], [b]) => {
      const [x, y] = [a, b].map((rate) => rate.split("/").map(Number));
      return x[0] / x[1] - y[0] / y[1] || x[1] - y[1];
    });
    const most = Math.max(...counts.values(), 1);
    return el("section", null, el("h2", null, "Difficulty"), el("p", { class: "quiet" }, "Samples by the share of runs that have them right. Choose a bar to see them."),
      el("div", { class: "bars" }, order.map(([rate, count]) => {
        const bar = el("span", { class: "length" });
        bar.style.width = `${(100 * count) / most}%`;
        return el("button", { type: "button", id: `rate ${rate}`, "aria-pressed": String(query.rate === rate),
          onclick: () => change({ rate: query.rate === rate ? "" : rate, page: "" }) },
        el("span", { class: "rate" }, `${rate} right`), el("span", { class: "track" }, bar), el("span", { class: "count" }, String(count)));
      })));
  }

  function list(sheet, query) {
    const { a, b } = chosen(sheet, query);
    const runs = [a, b].filter(Boolean);
    const found = filtered(sheet, query);
    const pages = Math.max(1, Math.ceil(found.length / PAGE));
    const page = Math.min(Math.max(Number(query.page) || 1, 1), pages);
    const turn = (to, text, id, direction) => el("button", { type: "button", id, "data-turn": direction, disabled: to < 1 || to > pages,
      onclick: () => change({ page: to === 1 ? "" : String(to) }) }, text);
    site.say(`${found.length} of ${sheet.samples.length} samples`);
    return [
      el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Samples" },
        el("table", { class: "samples" },
          el("caption", null, `${found.length} of ${sheet.samples.length} samples`),
          el("thead", null, el("tr", null, el("th", { scope: "col" }, "Sample"),
            runs.map((run, index) => [el("th", { scope: "col" }, runs.length > 1 ? `${"AB"[index]}: ` : "", plain(name(run))), el("th", { scope: "col", class: "figure" }, "Score")]),
            el("th", { scope: "col", class: "figure" }, "Runs right"))),
          el("tbody", null, found.slice((page - 1) * PAGE, page * PAGE).map((index) => {
            const { right, of } = difficulty(sheet, index);
            return el("tr", null,
              el("th", { scope: "row" }, el("a", { href: address(["task", sheet.key, "sample", sheet.samples[index]], { ...query, page: "" }) },
                plain(sheet.samples[index]))),
              runs.map((run) => [el("td", null, badge(run.became[index])),
                el("td", { class: "figure" }, run.scores[index] === null ? "" : shown(100 * run.scores[index], 1))]),
              el("td", { class: "figure" }, of ? `${right}/${of}` : ""));
          })))),
      el("nav", { class: "pages", "aria-label": "Pages of samples" }, turn(page - 1, "Previous", "previous", "back"),
        el("span", { class: "quiet" }, `page ${page} of ${pages}`), turn(page + 1, "Next", "next", "on")),
    ];
  }

  function runChoices(sheet, query) {
    const runs = sheet.runs.map((run) => [run.run, name(run)]);
    const { a, b } = chosen(sheet, query);
    return [choice("a", "A", runs, a.run, "a"),
      sheet.runs.length > 1 ? choice("b", "B", [["", "none"], ...runs.filter(([run]) => run !== a.run)], b?.run ?? "", "b") : null];
  }

  async function task([name_], query, root) {
    const sheet = await site.sheet(name_);
    const filters = Object.entries(FILTERS).filter(([value]) => !["changed", "gained", "lost"].includes(value) || chosen(sheet, query).b);
    add(root,
      el("p", { class: "crumbs" }, el("a", { href: "#/tasks" }, "Tasks")),
      el("h1", { tabindex: "-1" }, sheet.title),
      el("p", { class: "quiet" }, `${sheet.domain} · ${sheet.suites.join(", ")} · ${sheet.language} · `
        + `${sheet.place === "bundled" ? "mini samples of this project, no test set" : sheet.source.homepage} · ${sheet.source.licence}`),
      outcomes(sheet, query),
      hardness(sheet, query),
      el("h2", null, "Samples"),
      el("form", { class: "controls", "aria-label": "Which samples", onsubmit: (event) => event.preventDefault() },
        search("q", "Ids and texts", query.q ?? ""), runChoices(sheet, query),
        choice("show", "Show", filters.map(([value, [text]]) => [value, text]), query.show ?? "", "show")),
      list(sheet, query),
      el("details", null, el("summary", null, "The metrics"),
        el("table", null, el("thead", null, el("tr", null, ["Metric", "Whose", "Rests on", "Source"].map((head) => el("th", { scope: "col" }, head)))),
          el("tbody", null, sheet.metrics.map((metric) => el("tr", null, el("th", { scope: "row" }, metric.name),
            el("td", null, metric.origin), el("td", null, metric.standing), el("td", null, metric.source)))))));
    if (query.q && !search_results.has(key(sheet, query))) searchTexts(sheet, query);
  }

  Object.assign(site, { badge, chosen, filtered, runChoices, runName: name });
  return { task };
})());
