"use strict";

// The paper's pictures from the data at hand. An average is over the tasks that every model in the picture with an
// average there has, so that bars and points of one picture can be compared.
Object.assign(site.pages, (() => {
  const { el, add, svg, load, change, shown } = site;
  const SUITES = ["symbolic", "ood", "general", "delegation"];
  const AT_FIRST = ["LLaMA-2-Chat 7B", "Symbol-LLM-Instruct 7B"];
  const COLOURS = 8;

  const label = (model) => (model.run ? `${model.name} (${[model.setting, model.mark].filter(Boolean).join(", ")})` : `${model.name}, published`);

  // By suite: the tasks that are shared, and each model's mean over them (null: it has none of the suite).
  function averages(pictures, models) {
    return Object.fromEntries(SUITES.map((suite) => {
      const places = pictures.tasks.flatMap((task, index) => (task.suites.includes(suite) ? [index] : []));
      const there = models.filter((model) => places.some((index) => model.scores[index] !== null));
      const shared = places.filter((index) => there.every((model) => model.scores[index] !== null));
      const mean = (model) => shared.reduce((sum, index) => sum + model.scores[index], 0) / shared.length;
      const values = models.map((model) => (shared.length && there.includes(model) ? mean(model) : null));
      return [suite, { values, tasks: there.length ? shared.map((index) => pictures.tasks[index].title) : [], of: places.length }];
    }));
  }

  function frame(width, height, name, kind, description) {
    return svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": name, class: `picture ${kind}` },
      svg("title", null, name), svg("desc", null, description));
  }

  function bars(models, found) {
    const [left, top, bottom, plot] = [44, 16, 52, 260];
    const width = 940;
    const picture = frame(width, top + plot + bottom, "Bars of the four suites", "wide", "The same figures stand in the table below.");
    const y = (value) => top + plot * (1 - value / 100);
    for (const tick of [0, 20, 40, 60, 80, 100]) {
      picture.append(svg("line", { class: "grid", x1: String(left), x2: String(width), y1: String(y(tick)), y2: String(y(tick)) }),
        svg("text", { class: "tick", x: String(left - 8), y: String(y(tick) + 4), "text-anchor": "end" }, String(tick)));
    }
    const group = (width - left) / SUITES.length;
    const bar = Math.min(44, (group - 28) / Math.max(models.length, 1));
    SUITES.forEach((suite, column) => {
      const middle = left + group * (column + 0.5);
      const { values, tasks, of } = found[suite];
      picture.append(
        svg("text", { class: "axis", x: String(middle), y: String(top + plot + 22), "text-anchor": "middle" }, suite),
        svg("text", { class: "tick", x: String(middle), y: String(top + plot + 40), "text-anchor": "middle" },
          `${tasks.length} of ${of} tasks`));
      values.forEach((value, index) => {
        if (value === null) return;
        const x = middle + bar * (index - models.length / 2);
        picture.append(
          svg("rect", { class: `series${index % COLOURS}${models[index].run ? "" : " published"}`, x: String(x + 1), y: String(y(value)),
            width: String(bar - 2), height: String(Math.max(1, y(0) - y(value))), rx: "2" }, svg("title", null, `${label(models[index])}: ${shown(value)}`)));
        if (bar >= 20) {
          picture.append(svg("text", { class: "number", x: String(x + bar / 2), y: String(y(value) - 4), "text-anchor": "middle" }, shown(value, 1)));
        }
      });
    });
    return picture;
  }

  function scatter(models, found) {
    const [left, top, bottom, side] = [52, 16, 48, 340];
    const width = 620;
    const picture = frame(width, top + side + bottom, "General against symbolic tasks", "narrow", "The same figures stand in the table below.");
    const x = (value) => left + (width - left - 24) * (value / 100);
    const y = (value) => top + side * (1 - value / 100);
    for (const tick of [0, 20, 40, 60, 80, 100]) {
      picture.append(
        svg("line", { class: "grid", x1: String(left), x2: String(x(100)), y1: String(y(tick)), y2: String(y(tick)) }),
        svg("line", { class: "grid", x1: String(x(tick)), x2: String(x(tick)), y1: String(top), y2: String(top + side) }),
        svg("text", { class: "tick", x: String(left - 8), y: String(y(tick) + 4), "text-anchor": "end" }, String(tick)),
        svg("text", { class: "tick", x: String(x(tick)), y: String(top + side + 18), "text-anchor": "middle" }, String(tick)));
    }
    picture.append(
      svg("text", { class: "axis", x: String(x(50)), y: String(top + side + 40), "text-anchor": "middle" }, "general"),
      svg("text", { class: "axis", transform: `translate(14 ${y(50)}) rotate(-90)`, "text-anchor": "middle" }, "symbolic"));
    models.forEach((model, index) => {
      const [general, symbolic] = [found.general.values[index], found.symbolic.values[index]];
      if (general === null || symbolic === null) return;
      const right = general > 65;
      picture.append(
        svg("circle", { class: `series${index % COLOURS}${model.run ? "" : " published"}`, cx: String(x(general)), cy: String(y(symbolic)), r: "6" },
          svg("title", null, `${label(model)}: general ${shown(general)}, symbolic ${shown(symbolic)}`)),
        svg("text", { class: "number", x: String(x(general) + (right ? -10 : 10)), y: String(y(symbolic) + 4),
          "text-anchor": right ? "end" : "start" }, model.name));
    });
    return picture;
  }

  function numbers(models, found) {
    return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "The pictures as a table" },
      el("table", null,
        el("caption", null, "Means of the primary figures over the tasks that these models share"),
        el("thead", null, el("tr", null, el("th", { scope: "col" }, "Model"), SUITES.map((suite) => el("th", { scope: "col" }, suite)))),
        el("tbody", null, models.map((model, index) => el("tr", { class: model.run ? null : "published" },
          el("th", { scope: "row" }, el("span", { class: `swatch series${index % COLOURS}` }), label(model)),
          SUITES.map((suite) => {
            const value = found[suite].values[index];
            return el("td", { class: value === null ? "missing" : "figure" }, value === null ? "no task of it" : shown(value));
          })))),
        el("tfoot", null, el("tr", null, el("th", { scope: "row" }, "Tasks"),
          SUITES.map((suite) => el("td", { class: "quiet" }, found[suite].tasks.join(", ") || "none shared"))))));
  }

  async function pictures(_, query, root) {
    const data = (await load("overview")).pictures;
    const ours = data.models.filter((model) => model.run).slice(0, 4);
    const key = (model) => model.run ?? model.name;
    const chosen = "models" in query ? query.models.split("~")
      : [...ours, ...data.models.filter((model) => !model.run && AT_FIRST.includes(model.name))].map(key);
    const models = data.models.filter((model) => chosen.includes(key(model)));
    const found = averages(data, models);
    const toggle = (model) => change({ models: data.models.map(key)
      .filter((name) => chosen.includes(name) !== (name === key(model))).join("~") || "none" });
    const left = models.filter((_model, index) => found.general.values[index] === null || found.symbolic.values[index] === null);
    add(root,
      el("h1", { tabindex: "-1" }, "Pictures"),
      el("fieldset", { class: "models" }, el("legend", null, "Models"),
        data.models.map((model, index) => el("label", { for: `model ${index}`, class: "check" },
          el("input", { id: `model ${index}`, type: "checkbox", checked: chosen.includes(key(model)), onchange: () => toggle(model) }),
          models.includes(model) ? el("span", { class: `swatch series${models.indexOf(model) % COLOURS}` }) : null, label(model)))),
      el("h2", null, "The four suites"), bars(models, found),
      el("h2", null, "General against symbolic"), scatter(models, found),
      left.length ? el("p", { class: "quiet" }, `Not in this picture, as it has no task of one of the two suites: ${left.map(label).join("; ")}.`) : null,
      el("h2", null, "In numbers"), numbers(models, found));
    site.say(`${models.length} models`);
  }

  return { pictures };
})());
