"use strict";

// Data scripts, elements, and addresses. Nothing here or in the other scripts makes markup out of text: model-written
// text only ever becomes text nodes.
const site = (() => {
  const HELD = 24; // data scripts kept in memory; the oldest goes first
  const NAME = /^[a-z0-9_]+(-[0-9a-f]{8})?(\/[a-z0-9-]+)?$/;
  const held = new Map();
  const waiting = new Map();
  const policy = window.trustedTypes?.createPolicy("symharness", {
    createScriptURL(url) {
      if (!/^data\/[a-z0-9_/-]+\.js$/.test(url)) throw new TypeError(`no data script: ${url}`);
      return url;
    },
  });

  function put(name, value) {
    held.delete(name);
    held.set(name, value);
    if (held.size > HELD) held.delete(held.keys().next().value);
    waiting.get(name)?.(value);
  }

  // The value of a data script, read once. A page that is opened as a file may load scripts, and nothing else.
  const underWay = new Map();
  function load(name) {
    if (held.has(name)) {
      put(name, held.get(name));
      return Promise.resolve(held.get(name));
    }
    if (!NAME.test(name)) return Promise.reject(new Error(`There is no page called ${name}.`));
    if (!underWay.has(name)) {
      const loading = new Promise((resolve, reject) => {
        const script = document.createElement("script");
        const url = `data/${name}.js`;
        waiting.set(name, resolve);
        script.src = policy ? policy.createScriptURL(url) : url;
        script.onload = () => script.remove();
        script.onerror = () => {
          script.remove();
          reject(new Error(`${url} is not there.`));
        };
        document.head.append(script);
      });
      underWay.set(name, loading.finally(() => {
        underWay.delete(name);
        waiting.delete(name);
      }));
    }
    return underWay.get(name);
  }

  const ATTRIBUTES = new Set([
    "id", "class", "type", "for", "scope", "role", "tabindex", "title", "value", "placeholder", "colspan", "rowspan",
    "name", "lang", "dir", "viewBox", "x", "y", "x1", "x2", "y1", "y2", "width", "height", "cx", "cy", "r", "d", "rx",
    "text-anchor", "transform",
  ]);

  function filled(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes ?? {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name === "href") {
        if (!value.startsWith("#")) throw new TypeError("links lead to this page only");
        element.setAttribute("href", value);
      } else if (name.startsWith("on")) {
        element.addEventListener(name.slice(2), value);
      } else if (["checked", "selected", "disabled", "open", "hidden"].includes(name)) {
        element[name] = Boolean(value);
      } else if (ATTRIBUTES.has(name) || name.startsWith("aria-") || name.startsWith("data-")) {
        element.setAttribute(name, value);
      } else {
        throw new TypeError(`unknown attribute ${name}`);
      }
    }
    element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
    return element;
  }

  const el = (tag, attributes, ...children) => filled(document.createElement(tag), attributes, children);
  const svg = (tag, attributes, ...children) =>
    filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

  const add = (parent, ...children) => filled(parent, null, children);

  // The index of a task's sheet. Where its runs were on several data sets, the name alone stands for the first one, and
  // a name of one of them stays good when the others are gone.
  async function sheet(key) {
    const { sheets } = await load("overview");
    const task = key.split("-")[0];
    const found = sheets.find((item) => item.key === key) ?? sheets.find((item) => item.task === task);
    return load(`${(found ?? { key }).key}/index`);
  }

  // An address is #/part/part?key=value. Ids may hold anything, half a surrogate pair too, which no address can.
  function part(text) {
    return text.isWellFormed() ? encodeURIComponent(text) : `@${encodeURIComponent(escape(text))}`;
  }

  function partOf(text) {
    const plain = decodeURIComponent(text.replace(/^@/, ""));
    return text.startsWith("@") ? unescape(plain) : plain;
  }

  function address(parts, query = {}) {
    const entries = Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined);
    const search = new URLSearchParams(entries).toString();
    return `#/${parts.map(part).join("/")}${search ? `?${search}` : ""}`;
  }

  function where(hash = location.hash) {
    const [path, search = ""] = hash.replace(/^#\/?/, "").split("?", 2);
    try {
      return { parts: path.split("/").filter(Boolean).map(partOf), query: Object.fromEntries(new URLSearchParams(search)) };
    } catch {
      return { parts: ["?"], query: {} };
    }
  }

  // Change what the address says of this page, without a new entry in the history.
  function change(query) {
    const here = where();
    history.replaceState(null, "", address(here.parts, { ...here.query, ...query }));
    window.dispatchEvent(new Event("hashchange"));
  }

  let timer;
  function changeSoon(query) {
    clearTimeout(timer);
    timer = setTimeout(() => change(query), 200);
  }

  function say(text) {
    document.getElementById("status").textContent = text;
  }

  return { put, load, sheet, el, svg, add, address, where, change, changeSoon, say, pages: {} };
})();
