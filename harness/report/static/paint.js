"use strict";

// Texts as nodes: colours of programs, differences, and characters that would not be seen or would reorder others.
Object.assign(site, (() => {
  const { el } = site;
  const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]/u;
  const KINDS = { c: "comment", s: "string", n: "number", k: "keyword", o: "operator", f: "function", b: "builtin" };
  const LONGEST = 1500; // words; longer texts are compared by their ends only

  // Characters without a picture of their own are shown by their number.
  function plain(text) {
    const nodes = [];
    let seen = "";
    for (const character of text) {
      if (character !== "\n" && character !== "\t" && HIDDEN.test(character)) {
        const number = character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
        if (seen) nodes.push(seen);
        seen = "";
        nodes.push(el("span", { class: "hidden-character", title: `character U+${number}` }, `U+${number}`));
      } else {
        seen += character;
      }
    }
    if (seen) nodes.push(seen);
    return nodes;
  }

  // Runs of one kind (`k6.1n3`) and of one difference ([[start, end]]) cut a text into pieces.
  function painted(text, colours, differences = [], mark = "mark") {
    const kinds = [...(colours || "").matchAll(/([a-z.])(\d+)/g)].map(([, kind, length]) => [kind, Number(length)]);
    const nodes = [];
    let position = 0;
    for (const [kind, length] of [...kinds, [".", Infinity]]) {
      const end = Math.min(text.length, position + length);
      while (position < end) {
        const next = differences.find(([, stop]) => stop > position);
        const inside = next && next[0] <= position;
        const stop = Math.min(end, next ? (inside ? next[1] : next[0]) : end);
        let piece = plain(text.slice(position, stop));
        if (KINDS[kind]) piece = [el("span", { class: `code-${KINDS[kind]}` }, piece)];
        nodes.push(...(inside ? [el(mark, null, piece)] : piece));
        position = stop;
      }
    }
    return nodes;
  }

  // Where `a` and `b` differ, as [start, end] in each: the words that their longest common subsequence lacks.
  function differences(a, b) {
    const words = (text) => text.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];
    const [first, second] = [words(a), words(b)];
    let head = 0;
    while (head < Math.min(first.length, second.length) && first[head] === second[head]) head += 1;
    let tail = 0;
    while (tail < Math.min(first.length, second.length) - head && first.at(-1 - tail) === second.at(-1 - tail)) tail += 1;
    const [x, y] = [first.slice(head, first.length - tail), second.slice(head, second.length - tail)];
    const kept = Math.max(x.length, y.length) > LONGEST ? [new Set(), new Set()] : common(x, y);
    return [ranges(first, head, x.length, kept[0]), ranges(second, head, y.length, kept[1])];
  }

  function common(x, y) {
    const width = y.length + 1;
    const lengths = new Uint16Array((x.length + 1) * width);
    for (let i = x.length - 1; i >= 0; i -= 1) {
      for (let j = y.length - 1; j >= 0; j -= 1) {
        const below = lengths[(i + 1) * width + j];
        const right = lengths[i * width + j + 1];
        lengths[i * width + j] = x[i] === y[j] ? lengths[(i + 1) * width + j + 1] + 1 : Math.max(below, right);
      }
    }
    const kept = [new Set(), new Set()];
    for (let i = 0, j = 0; i < x.length && j < y.length; ) {
      if (x[i] === y[j]) {
        kept[0].add(i++);
        kept[1].add(j++);
      } else if (lengths[(i + 1) * width + j] >= lengths[i * width + j + 1]) {
        i += 1;
      } else {
        j += 1;
      }
    }
    return kept;
  }

  // White space between two words that differ belongs to the difference.
  function ranges(words, head, length, kept) {
    const found = [];
    const changed = (index) => index >= head && index < head + length && !kept.has(index - head);
    let position = 0;
    words.forEach((word, index) => {
      const end = position + word.length;
      if (changed(index) || (!word.trim() && changed(index - 1) && changed(index + 1))) {
        if (found.at(-1)?.[1] === position) found.at(-1)[1] = end;
        else found.push([position, end]);
      }
      position = end;
    });
    return found;
  }

  // A block of text that a keyboard can scroll.
  function block(label, nodes, kind = "") {
    return el("pre", { class: `text ${kind}`, tabindex: "0", role: "region", "aria-label": label, dir: "auto" }, nodes);
  }

  return { plain, painted, differences, block };
})());
