"use strict";

// Checkpoints over their training steps: a picture a figure, the best steps and what they are worth, and all numbers.
Object.assign(site.pages, (() => {
  const { el, add, svg, load, change, choice, shown, plain, answers } = site;
  const COLOURS = 8;
  const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [330, 240, 40, 318, 34, 206]; // and the plot in it
  const TICKS = 5;

  const signed = (value) => `${value < 0 ? "" : "+"}${shown(value)}`;
  const withMargin = ({ value, margin }) => `${shown(value)}${margin === null ? "" : ` ± ${shown(margin)}`}`;
  const probability = (p) => (p < 0.001 ? "<0.001" : p.toFixed(3));
  const bounds = ({ value, margin }) => [Math.max(0, value - (margin ?? 0)), Math.min(100, value + (margin ?? 0))];

  // The least of 1, 2, 5, 10, 20 ... of which a few make up the span.
  function niceStep(span) {
    const least = span / TICKS;
    if (least <= 1) return 1;
    const power = 10 ** Math.floor(Math.log10(least));
    return [1, 2, 5, 10].map((times) => times * power).find((step) => step >= least);
  }

  function scale(low, high, start, end) {
    const place = (value) => (high === low ? (start + end) / 2 : start + ((end - start) * (value - low)) / (high - low));
    const step = niceStep(high - low);
    const count = Math.floor(high / step) - Math.ceil(low / step) + 1;
    const ticks = Array.from({ length: Math.max(0, count) }, (_, index) => step * (Math.ceil(low / step) + index));
    return { place: (value) => place(value).toFixed(1), ticks };
  }

  function picture(figure, lines) {
    const name = `${figure.title} ${figure.label} over training steps`;
    const curves = figure.curves.filter((curve) => lines.has(`s${curve.series}`));
    const levels = figure.levels.filter((level) => lines.has(`l${level.level}`));
    const points = curves.flatMap((curve) => curve.points);
    const root = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": name, class: "picture" },
      svg("title", null, name), svg("desc", null, "The same figures stand in the tables below."),
      svg("text", { class: "axis", x: String(LEFT), y: "20" }, `${figure.title} ${figure.label}`));
    const ends = [...points, ...levels].flatMap(bounds);
    const grain = niceStep(Math.max(...ends) - Math.min(...ends));
    const y = scale(grain * Math.floor(Math.min(...ends) / grain), grain * Math.ceil(Math.max(...ends) / grain), BOTTOM, TOP);
    const steps = points.map((point) => point.step);
    const x = scale(Math.min(...steps), Math.max(...steps), LEFT + 8, RIGHT - 8);
    for (const tick of y.ticks) {
      root.append(svg("line", { class: "grid", x1: String(LEFT), x2: String(RIGHT), y1: y.place(tick), y2: y.place(tick) }),
        svg("text", { class: "tick", x: String(LEFT - 6), y: String(Number(y.place(tick)) + 4), "text-anchor": "end" }, String(tick)));
    }
    const compact = new Intl.NumberFormat("en", { notation: "compact" });
    for (const tick of x.ticks) {
      root.append(svg("text", { class: "tick", x: x.place(tick), y: String(BOTTOM + 18), "text-anchor": "middle" }, compact.format(tick)));
    }
    for (const level of levels) root.append(levelLine(level, lines.get(`l${level.level}`), y));
    for (const curve of curves) root.append(way(curve, lines.get(`s${curve.series}`), x, y));
    return root;
  }

  function levelLine(level, line, y) {
    const [low, high] = bounds(level).map(y.place);
    return svg("g", { class: `${line.colour} flat` }, svg("title", null, `${line.name}: ${withMargin(level)}`),
      level.margin === null ? null : svg("path", { class: "band", d: `M${LEFT} ${low} H${RIGHT} V${high} H${LEFT}Z` }),
      svg("path", { class: "way level", d: `M${LEFT} ${y.place(level.value)} H${RIGHT}` }));
  }

  function way(curve, line, x, y) {
    const group = svg("g", { class: line.colour }, svg("title", null, line.name));
    const spots = curve.points.map((point) => ({ point, at: x.place(point.step), value: y.place(point.value), ends: bounds(point).map(y.place) }));
    spots.slice(1).forEach((to, index) => {
      const from = spots[index];
      if (from.point.margin === null || to.point.margin === null) return;
      group.append(svg("path", { class: "band", d: `M${from.at} ${from.ends[0]} L${to.at} ${to.ends[0]} L${to.at} ${to.ends[1]} L${from.at} ${from.ends[1]}Z` }));
    });
    group.append(svg("path", { class: "way", d: `M${spots.map((spot) => `${spot.at} ${spot.value}`).join(" L")}` }));
    for (const { point, at, value, ends } of spots) {
      const best = curve.choice?.best === point.step;
      const note = best ? `, best of ${curve.choice.of}, too high by about ${shown(curve.choice.optimism)}` : "";
      if (point.margin !== null) group.append(svg("line", { class: "error", x1: at, x2: at, y1: ends[0], y2: ends[1] }));
      if (best) group.append(svg("circle", { class: "ring", cx: at, cy: value, r: "7" }));
      group.append(svg("circle", { class: "dot", cx: at, cy: value, r: "3.5" },
        svg("title", null, `${line.name}, step ${point.step}: ${withMargin(point)} (n=${point.n})${note}`)));
    }
    return group;
  }

  function table(label, caption, heads, rows) {
    return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label },
      el("table", null, el("caption", null, caption),
        el("thead", null, el("tr", null, heads.map((head) => el("th", { scope: "col" }, head)))),
        el("tbody", null, rows)));
  }

  const cell = (text) => el("td", { class: "figure" }, text);
  const heading = (figure) => el("th", { scope: "row" }, `${figure.title} ${figure.label}`);
  const lineName = (line) => el("td", null, el("span", { class: `swatch ${line.colour}` }), plain(line.name));

  function bestSteps(figures, lines) {
    const rows = figures.flatMap((figure) => figure.curves
      .filter((curve) => curve.choice && lines.has(`s${curve.series}`))
      .map(({ series, choice: best, points }) => el("tr", null, heading(figure), lineName(lines.get(`s${series}`)),
        cell(String(best.best)), cell(shown(points.find((point) => point.step === best.best).value)), cell(String(best.of)),
        cell(String(best.rivals)), cell(shown(best.optimism)), cell(String(best.chosen)),
        cell(best.honest ? withMargin(best.honest) : "undefined"), cell(best.honest ? String(best.honest.n) : ""))));
    return table("Best steps", "The best step of each curve, how optimistic its figure is, and an honest one: the step chosen on one half of the samples, its figure on the other",
      ["Figure", "Series", "Best step", "Value", "Of", "Rivals", "Too high by about", "Chosen on one half", "On the other half", "n"], rows);
  }

  function against(found) {
    if (!found) return [cell(""), cell("")];
    const [difference, low, high, p] = found;
    return [cell(`${signed(difference)} [${signed(low)}, ${signed(high)}]`), cell(`${probability(p)}${p <= 0.05 ? " *" : ""}`)];
  }

  function numbers(data, figures, lines) {
    const rows = figures.flatMap((figure) => [
      ...figure.curves.filter((curve) => lines.has(`s${curve.series}`)).flatMap((curve) => curve.points.map((point) => {
        const href = answers(data, { run: point.run }, { task: figure.task });
        return el("tr", null, heading(figure), lineName(lines.get(`s${curve.series}`)),
          cell(href ? el("a", { href }, String(point.step)) : String(point.step)), cell([point.n, point.mark].filter(Boolean).join(", ")),
          cell(`${withMargin(point)}${curve.choice?.best === point.step ? " best" : ""}`), against(point.first), against(point.last));
      })),
      ...figure.levels.filter((level) => lines.has(`l${level.level}`)).map((level) => el("tr", null, heading(figure),
        lineName(lines.get(`l${level.level}`)), cell("level"), cell(level.n ? String(level.n) : ""), cell(withMargin(level)), against(null), against(null))),
    ]);
    return table("Values by step", "Values x100 ± half of the 95 % interval; differences to the first and the last step are paired by sample, with 95 % interval; p after Holm over the tasks at one step",
      ["Figure", "Series", "Step", "n", "Value", "Less the first", "p (Holm)", "Less the last", "p (Holm)"], rows);
  }

  async function curves(_, query, root) {
    const [data, found] = [await load("overview"), await load("curves")];
    const all = [
      ...found.series.map((name, index) => ({ key: `s${index}`, name })),
      ...found.levels.map((name, index) => ({ key: `l${index}`, name: `${name} (level)` })),
    ];
    const chosen = "lines" in query ? query.lines.split("~") : all.map((line) => line.key).filter((key) => key.startsWith("s"));
    const lines = new Map(all.filter((line) => chosen.includes(line.key))
      .map((line, index) => [line.key, { ...line, colour: `series${index % COLOURS}` }]));
    const suites = data.suites.filter((suite) => found.figures.some((figure) => figure.suite === suite));
    const ofSuite = found.figures.filter((figure) => !suites.includes(query.suite) || figure.suite === query.suite);
    const name = (figure) => `${figure.task} ${figure.label}`;
    const one = ofSuite.find((figure) => name(figure) === query.figure);
    const figures = one ? [one] : ofSuite;
    const drawn = figures.filter((figure) => figure.curves.some((curve) => lines.has(`s${curve.series}`)));
    const toggle = (line) => change({ lines: all.map(({ key }) => key)
      .filter((key) => chosen.includes(key) !== (key === line.key)).join("~") || "none" });
    add(root,
      el("h1", { tabindex: "-1" }, "Curves"),
      found.warnings.map((line) => el("p", { class: "warning", role: "note" }, plain(line))),
      el("form", { class: "controls", "aria-label": "What is drawn", onsubmit: (event) => event.preventDefault() },
        choice("suite", "Suite", [["", "all"], ...suites.map((suite) => [suite, suite])], query.suite ?? "", "suite"),
        choice("figure", "Figure", [["", "all"], ...ofSuite.map((figure) => [name(figure), `${figure.title} ${figure.label}`])],
          one ? query.figure : "", "figure")),
      el("fieldset", { class: "models" }, el("legend", null, "Lines"),
        all.map((line) => el("label", { for: `line ${line.key}`, class: "check" },
          el("input", { id: `line ${line.key}`, type: "checkbox", checked: lines.has(line.key), onchange: () => toggle(line) }),
          lines.has(line.key) ? el("span", { class: `swatch ${lines.get(line.key).colour}` }) : null, plain(line.name)))),
      drawn.length ? el("div", { class: "curves" }, drawn.map((figure) => picture(figure, lines)))
        : el("p", { class: "empty" }, "No series is chosen that has these figures."),
      el("h2", null, "Best steps"), bestSteps(figures, lines),
      el("h2", null, "In numbers"), numbers(data, figures, lines),
      el("ul", { class: "quiet legend" }, found.legend.filter((line) => !found.warnings.includes(line)).map((line) => el("li", null, plain(line)))));
    site.say(`${drawn.length} pictures, ${lines.size} lines`);
  }

  return { curves };
})());
