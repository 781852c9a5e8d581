"use strict";

// One sample: prompt, gold, and one run's answer, or two runs' side by side with their differences.
Object.assign(site.pages, (() => {
  const { el, add, load, address, plain, painted, differences, block, badge, chosen, filtered, runChoices, runName, shown } = site;

  const section = (title, ...content) => el("section", null, el("h3", null, title), content);

  function answer(shownAnswer) {
    if (!("rows" in shownAnswer)) return block("Executor's answer", plain(shownAnswer.text));
    const { columns, rows, more } = shownAnswer;
    return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Executor's answer" },
      el("table", { class: "result" },
        el("thead", null, el("tr", null, columns.map((column) => el("th", { scope: "col" }, plain(column))))),
        el("tbody", null, rows.length ? rows.map((row) => el("tr", null, row.map((cell) => el("td", null, plain(cell)))))
          : el("tr", null, el("td", { class: "missing", colspan: String(Math.max(columns.length, 1)) }, "no rows")))),
      more > 0 ? el("p", { class: "quiet" }, `${more} more rows`) : null);
  }

  function gold(sheet, given) {
    if (!given) return section("Gold", el("p", { class: "quiet" }, sheet.note || "The data hold no gold of this sample."));
    return section("Gold", block("Gold", painted(...given.target), "gold"),
      given.program ? [el("h3", null, "Gold program"), block("Gold program", painted(...given.program), "gold")] : null);
  }

  function facts(found) {
    const [prompt, completion] = found.tokens;
    return [
      found.finish ? `finished by: ${found.finish}` : "", completion === null ? "" : `${completion} tokens after ${prompt ?? "?"}`,
      ...found.seconds.map(([stage, seconds]) => `${stage} ${seconds} s`), found.kind ?? "",
    ].filter(Boolean).join(" · ");
  }

  function column(run, letter, became, found, marks) {
    const head = el("header", null, el("h2", null, letter ? `${letter}: ` : "", plain(runName(run))), badge(became));
    if (!found) return el("article", { class: "answer" }, head, el("p", { class: "empty" }, "This run has no answer to it."));
    const mark = letter === "B" ? "ins" : "del";
    return el("article", { class: "answer", "aria-label": letter || "Answer" }, head,
      found.fault ? section("Fault", block("Fault", plain(found.fault))) : null,
      section("Program", found.program ? block("Program", painted(...found.program, marks.program, mark))
        : el("p", { class: "empty" }, "No program was found in the completion.")),
      section("Executor's answer", found.status ? el("p", null, el("code", null, found.status), found.ran ? ` in ${found.ran} s` : "") : null,
        found.answer ? answer(found.answer) : null, found.detail ? el("p", { class: "detail" }, plain(found.detail)) : null),
      section("Score", el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Score" },
        el("table", null, el("thead", null, el("tr", null, ["Metric", "Score", "Statistics"].map((name) =>
          el("th", { scope: "col", class: name === "Score" ? "figure" : null }, name)))),
          el("tbody", null, found.metrics.map(([name, value, statistics]) => el("tr", null, el("th", { scope: "row" }, plain(name)),
            el("td", { class: "figure" }, value === null ? "does not count" : shown(100 * value, 1)), el("td", { class: "quiet" }, plain(statistics)))))))),
      section("Completion", block("Completion", painted(found.completion, "", marks.completion, mark))),
      el("p", { class: "quiet" }, plain(facts(found))));
  }

  function marksOf(first, second) {
    const none = { program: [], completion: [] };
    if (!first || !second) return [none, none];
    const programs = first.program && second.program ? differences(first.program[0], second.program[0]) : [[], []];
    const completions = differences(first.completion, second.completion);
    return [0, 1].map((side) => ({ program: programs[side], completion: completions[side] }));
  }

  async function sample([name, , id], query, root) {
    const sheet = await site.sheet(name);
    const { key } = sheet;
    const index = sheet.samples.indexOf(id);
    if (index < 0) throw new Error(`${sheet.title} has no sample of this name.`);
    const { a, b } = chosen(sheet, query);
    const runs = [a, b].filter(Boolean);
    const chunk = Math.floor(index / sheet.chunk);
    const row = index % sheet.chunk;
    const [samples, ...parts] = await Promise.all([load(`${key}/samples-${chunk}`),
      ...runs.map((run) => load(`${key}/run${sheet.runs.indexOf(run)}-${chunk}`))]);
    const found = parts.map((part) => part.answers[row]);
    const marks = marksOf(found[0], found[1]);
    const prompts = parts.map((part) => part.prompts[row]);
    const same = prompts.every((prompt) => prompt === prompts[0] || prompt === null);
    const around = filtered(sheet, query);
    const place = around.indexOf(index);
    const link = (to, text, direction) => {
      const target = to === undefined ? null : address(["task", key, "sample", sheet.samples[to]], query);
      return target ? el("a", { class: "button", href: target, "data-turn": direction }, text) : el("span", { class: "button off" }, text);
    };
    const after = place < 0 ? around.find((other) => other > index) : around[place + 1];
    const before = place < 0 ? around.findLast((other) => other < index) : around[place - 1];
    add(root,
      el("p", { class: "crumbs" }, el("a", { href: "#/tasks" }, "Tasks"), " / ",
        el("a", { href: address(["task", key], query), "data-up": "" }, sheet.title)),
      el("div", { class: "head" }, el("h1", { tabindex: "-1" }, plain(id)),
        el("nav", { class: "pages", "aria-label": "Samples" }, link(before, "Previous", "back"),
          el("span", { class: "quiet" }, place < 0 ? "not in the list" : `${place + 1} of ${around.length}`), link(after, "Next", "on"))),
      el("form", { class: "controls", "aria-label": "Runs", onsubmit: (event) => event.preventDefault() }, runChoices(sheet, query)),
      el("div", { class: "question" },
        el("section", null, el("h3", null, "Prompt"), [...new Set(prompts)].filter((prompt) => prompt !== null).map((prompt) => [
          same ? null : el("p", { class: "quiet" }, runs.filter((_, side) => prompts[side] === prompt).map(runName).join("; ")),
          block("Prompt", plain(samples[row].prompts[prompt]), "prompt")])),
        gold(sheet, samples[row].gold)),
      el("div", { class: b ? "answers two" : "answers" },
        runs.map((run, side) => column(run, b ? "AB"[side] : "", run.became[index], found[side], marks[side]))));
    site.say(place < 0 ? "" : `Sample ${place + 1} of ${around.length}`);
  }

  return { sample };
})());
