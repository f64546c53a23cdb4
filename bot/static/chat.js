// The page's own behaviour, over what the server rendered: without it every link still leads to its document.
// All of it hangs on data- attributes of our templates; nothing here makes HTML out of text.
(() => {
  const root = document.documentElement;
  const $ = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const store = (key, value) => {
    try {
      if (value === undefined) return JSON.parse(localStorage.getItem(`youju-${key}`));
      if (value === null) localStorage.removeItem(`youju-${key}`);
      else localStorage.setItem(`youju-${key}`, JSON.stringify(value));
    } catch { /* a browser that keeps nothing */ }
    return null;
  };
  const framed = window.parent !== window;
  const language = root.lang; // as served; Gradio would put the browser's in its place

  // Colours and text size, before the first paint.
  const small = matchMedia("(max-width: 1100px)");
  const darkSystem = matchMedia("(prefers-color-scheme: dark)");
  const dress = () => {
    const scheme = store("scheme"), size = store("size") ?? "normal";
    const dark = scheme ? scheme === "dark" : darkSystem.matches;
    root.classList.toggle("dark", dark);
    root.classList.toggle("light", !dark);
    root.dataset.size = size;
    if (root.lang !== language) root.lang = language;
    if (document.body && document.body.classList.contains("dark") !== dark) document.body.classList.toggle("dark", dark);
    for (const b of all("[data-size][aria-pressed]")) b.setAttribute("aria-pressed", b.dataset.size === size);
    for (const b of all("[data-scheme]")) b.setAttribute("aria-pressed", b.dataset.scheme === (scheme ?? "auto"));
  };
  root.classList.toggle("framed", framed);
  dress();
  addEventListener("storage", dress);
  darkSystem.addEventListener("change", dress);

  // A page in the language chosen before; the first time in the browser's.
  const home = { "zh-CN": "/", "zh-Hant": "/zh-Hant", en: "/en" };
  if (Object.values(home).includes(location.pathname)) {
    const browser = navigator.language ?? "";
    const guess = /^zh\b.*(hant|tw|hk|mo)/i.test(browser) ? "zh-Hant" : /^(zh|$)/i.test(browser) ? "zh-CN" : "en";
    const wanted = home[store("language")] ?? (location.pathname === "/" ? home[guess] : location.pathname);
    if (wanted !== location.pathname) return location.replace(wanted + location.search);
  }

  // The question box: Gradio listens to its input events.
  const box = () => $("#question textarea, #question input");
  const write = (question) => {
    const field = box();
    if (!field) return;
    $("#tabs [role=tab]")?.click();
    field.value = question;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  };
  const ask = (question) => {
    write(question);
    requestAnimationFrame(() => setTimeout(() => $("#send")?.click(), 30));
  };

  // The source beside the answer; its document page is our own, so its outline can be folded and its Escape heard.
  let opener = null, openerRow = -1;
  const reading = (on) => $("#frame").parentElement.classList.toggle("reading", on); // the column that makes room
  const openSource = (link) => {
    const panel = $("#source"), frame = $("#source iframe");
    if (!panel || framed) return false;
    opener = link;
    openerRow = all("#found [data-row]").indexOf(link);
    $("a", panel).href = link.href;
    panel.hidden = false;
    reading(true);
    frame.onload = () => {
      frame.contentDocument?.addEventListener("keydown", (e) => e.key === "Escape" && close("source"));
      const quoted = $("mark.quoted, tr.quoted", frame.contentDocument ?? document);
      quoted?.scrollIntoView({ block: "center" });
    };
    if (frame.src === link.href) frame.contentWindow.location.reload();
    else frame.contentWindow.location.replace(link.href);
    $("button", panel).focus({ preventScroll: true });
    if (small.matches) link.closest(".statement, .card, li")?.scrollIntoView(); // above the source, which lies over the lower part
    return true;
  };
  const close = (id) => {
    const part = document.getElementById(id);
    if (!part) return;
    if (part.close) part.close();
    else part.hidden = true;
    if (id === "source") {
      reading(false);
      // The list may have been drawn anew meanwhile: then the same link, or the one in its place.
      const same = opener?.isConnected ? opener : all("a[data-open]").find((link) => link.href === opener?.href);
      (same ?? all("#found [data-row]")[openerRow])?.focus();
    }
  };

  // What was asked stays in this browser.
  const KEPT = 200;
  const remember = (turn) => {
    const entry = { q: turn.dataset.q, url: turn.dataset.url, at: new Date().toISOString(), text: turn.dataset.markdown };
    const others = (store("history") ?? []).filter((e) => e.url !== entry.url);
    store("history", [entry, ...others].slice(0, KEPT));
  };
  const showHistory = () => {
    const dialog = $("#history"), list = $("ol", dialog), entries = store("history") ?? [];
    list.replaceChildren(...entries.map((entry) => {
      const item = $("template", dialog).content.cloneNode(true);
      const link = $("a", item);
      link.textContent = entry.q;
      link.href = entry.url;
      $("span", item).textContent = new Date(entry.at).toLocaleString(root.lang, { dateStyle: "medium", timeStyle: "short" });
      return item;
    }));
    dialog.classList.toggle("empty", !entries.length);
    if (!dialog.open) dialog.showModal();
  };
  const exportHistory = () => {
    const entries = [...(store("history") ?? [])].reverse();
    const text = entries.map((e) => `${e.text}\n\n${new Date(e.at).toLocaleString(root.lang)} · ${new URL(e.url, location)}\n`).join("\n");
    const link = Object.assign(document.createElement("a"), {
      href: URL.createObjectURL(new Blob([text], { type: "text/markdown;charset=utf-8" })),
      download: `youju-${new Date().toISOString().slice(0, 10)}.md`,
    });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };

  const copy = async (button) => {
    const text = "address" in button.dataset ? new URL(button.dataset.copy, location).href : button.dataset.copy;
    try {
      await navigator.clipboard.writeText(text);
    } catch { // no clipboard over plain HTTP
      const field = Object.assign(document.createElement("textarea"), { value: text });
      button.after(field);
      field.select();
      document.execCommand("copy");
      field.remove();
    }
    button.dataset.label ??= button.textContent;
    button.textContent = button.dataset.done;
    setTimeout(() => (button.textContent = button.dataset.label), 1600);
  };

  const vote = async (button) => {
    const part = button.closest("[data-receipt]"), reasons = $(".reasons", part);
    const { vote: verdict, reason } = button.dataset;
    if (verdict === "down" && !reason) {
      reasons.hidden = !reasons.hidden;
      button.setAttribute("aria-expanded", String(!reasons.hidden));
      return;
    }
    const body = JSON.stringify({ receipt: part.dataset.receipt, verdict, reason: reason || "" });
    const sent = await fetch("/api/feedback", { method: "POST", headers: { "content-type": "application/json" }, body }).catch(() => null);
    if (!sent?.ok) return trouble();
    reasons.hidden = true;
    for (const b of all("[data-vote]:not([data-reason])", part)) b.setAttribute("aria-pressed", b.dataset.vote === verdict);
    $(".thanks", part).hidden = false;
  };

  // Gradio tells of trouble in a notice of its own; ours says what it is and offers to ask again.
  let last = "";
  const trouble = async (number) => {
    const notice = $("#trouble");
    if (!notice) return;
    const health = await fetch("/healthz", { cache: "no-store" }).catch(() => null);
    notice.className = !health?.ok ? "gone" : number ? "failed" : "busy";
    $(".failed code", notice).textContent = number ?? "";
    notice.hidden = false;
  };
  // A question is in the address from the moment it is sent: Gradio reloads the page when the server was gone and is back.
  const sent = (question) => {
    if (!question?.trim()) return;
    last = question.trim();
    const address = new URL(location);
    address.searchParams.set("q", last);
    if (address.href !== location.href) history.pushState(null, "", address);
  };

  const acts = {
    ask: (b) => ask(b.dataset.ask),
    edit: (b) => write(b.dataset.edit),
    copy,
    vote,
    focus: (b) => $(b.dataset.focus)?.focus(),
    close: (b) => close(b.dataset.close),
    show: showHistory,
    export: exportHistory,
    erase: () => { store("history", null); showHistory(); },
    again: async () => {
      const gone = $("#trouble.gone"), looked = all("#query :is(input, textarea), #wanted :is(input, textarea)").find((f) => f.offsetParent);
      close("trouble");
      if (gone) {
        const health = await fetch("/healthz", { cache: "no-store" }).catch(() => null);
        return health?.ok ? location.reload() : setTimeout(trouble, 400); // an error page of the browser would take all with it
      }
      if (looked) { // a look-up is made again by a change that means nothing
        looked.value = /\s$/.test(looked.value) ? looked.value.trimEnd() : `${looked.value} `;
        looked.dispatchEvent(new Event("input", { bubbles: true }));
      } else if (box()?.value || last) ask(box()?.value || last);
    },
    size: (b) => { store("size", b.dataset.size); dress(); },
    scheme: (b) => { store("scheme", b.dataset.scheme === "auto" ? null : b.dataset.scheme); dress(); },
  };
  addEventListener("click", (event) => {
    const target = event.target.closest?.("a, button");
    for (const look of all("details.look[open]")) if (!look.contains(event.target)) look.open = false;
    if (!target) return;
    if (target.dataset.language) {
      store("language", target.dataset.language);
      target.search = location.search;
      return;
    }
    if ("open" in target.dataset && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      if (openSource(target)) event.preventDefault();
      return;
    }
    if (target.id === "send") sent(box()?.value);
    const name = target.tagName === "BUTTON" && Object.keys(acts).find((key) => key in target.dataset);
    if (name) acts[name](target);
    if (root.classList.contains("narrow") && target.closest(".outline")) $(".outline details").open = false;
  });

  let row = -1; // the found section that has the focus, to give it back when the list has been drawn anew
  addEventListener("focusin", ({ target }) => { row = all("#found [data-row]").indexOf(target); });
  // A filter that has been chosen lets go of the focus; the words typed, from which the arrows lead on, take it.
  let filter = "";
  addEventListener("focusin", ({ target }) => { if (target.matches?.("#filters input")) filter = target.value; });
  addEventListener("focusout", ({ target, relatedTarget }) => target.matches?.("#filters input") && !relatedTarget && setTimeout(() => {
    if (target.value !== filter && document.activeElement === document.body && matchMedia("(hover: hover)").matches) $("#query input, #query textarea").focus({ preventScroll: true });
  }, 50));
  addEventListener("keydown", (event) => {
    const typing = event.target.matches?.("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
      const field = all("#question textarea, #question input, #query input, #query textarea, .filter input").find((f) => f.offsetParent);
      if (field) { event.preventDefault(); field.focus(); }
    } else if (event.key === "Escape") {
      for (const cite of all(".cite:hover, .cite:focus-within")) cite.classList.add("quiet");
      if (!$("dialog[open]") && $("#source")?.hidden === false) close("source");
      for (const look of all("details.look[open]")) look.open = false;
    } else if (["ArrowDown", "ArrowUp"].includes(event.key) && event.target.closest?.("#query, #found")) {
      const rows = all("#found [data-row]"), at = rows.indexOf(event.target);
      const next = event.key === "ArrowDown" ? rows[at + 1] : at < 1 ? $("#query input, #query textarea") : rows[at - 1];
      if (next) { event.preventDefault(); next.focus(); }
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target === box()) sent(box().value);
  });
  addEventListener("submit", ({ target }) => {
    if (!target.matches("#first form")) return;
    const address = new URLSearchParams(location.search);
    for (const name of ["place", "on"].filter((n) => address.get(n)))
      target.append(Object.assign(document.createElement("input"), { type: "hidden", name, value: address.get(name) }));
  });
  // Every place of the country: fetched when somebody first goes to the field.
  async function offerPlaces(field) {
    if (field.hasAttribute("list")) return;
    field.setAttribute("list", "places");
    if ($("#places")) return;
    const list = document.body.appendChild(document.createElement("datalist"));
    list.id = "places";
    const names = await fetch(`/places?lang=${language}`).then((sent) => sent.ok ? sent.json() : []).catch(() => []);
    list.replaceChildren(...names.map((name) => new Option(name)));
  }
  addEventListener("focusin", ({ target }) => {
    if (!target.matches?.("#place input")) return;
    setTimeout(() => target.select()); // typing replaces
    offerPlaces(target);
  });
  // Gradio takes only a key for input into a text field; a day or a place is picked with the mouse or a finger too.
  addEventListener("input", ({ target }) => {
    if (target.matches?.("#on input, #place input")) target.dispatchEvent(new KeyboardEvent("keypress", { key: "Unidentified", bubbles: true }));
  });
  for (const arriving of ["mouseover", "focusin"])
    addEventListener(arriving, ({ target }) => {
      for (const cite of all(".cite.quiet")) if (!cite.contains(target) && !cite.matches(":focus-within")) cite.classList.remove("quiet");
    });

  // Each question is an address: the back button leads to the turn before, or asks it again where it is gone.
  addEventListener("popstate", () => {
    const turn = all(".turn").find((t) => new URL(t.dataset.url, location).href === location.href);
    if (turn) turn.focus(); else location.reload();
  });
  const seen = new Set();
  const meet = (turn) => {
    if (!seen.has(turn.id)) {
      seen.add(turn.id);
      last = turn.dataset.q;
      history.replaceState(null, "", turn.dataset.url); // as sent, with place and day
      if (small.matches) close("source");
      setTimeout(() => turn.scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" }), 150);
    }
    if (turn.dataset.markdown && !seen.has(turn.dataset.url + turn.id)) {
      seen.add(turn.dataset.url + turn.id);
      remember(turn);
    }
  };

  // The first screen gives way to Gradio's, and what was typed into it goes along.
  const giveWay = () => {
    const first = $("#first");
    if (!first || !box()) return;
    const typed = $("[name=q]", first).value;
    first.remove();
    if (typed) write(typed);
  };
  const watch = () => {
    giveWay();
    if (row >= 0 && document.activeElement === document.body) all("#found [data-row]")[row]?.focus();
    for (const turn of all("#now .turn")) meet(turn);
    for (const offered of all("#offers [data-turn]")) offered.hidden = !$(`#now #${offered.dataset.turn}`); // never under another answer
    const now = $("[data-address-now]"), address = now?.dataset.addressNow;
    if (address && now !== watch.address) {
      watch.address = now;
      if (!$(".turn")) history.replaceState(null, "", address);
    }
    const day = $("#on input:not([type=date])"); // Gradio's own date field has no name for its button
    if (day) day.type = "date";
    const list = $("#past:not([role]), #now:not([role])");
    if (list) list.setAttribute("role", list.id === "now" ? "status" : "log");
    const toast = $(".toast-body:not([data-met])");
    if (toast) {
      toast.dataset.met = "";
      const [number] = toast.textContent.match(/\b[0-9a-f]{8}\b/) ?? []; // of an error that was logged
      $(".toast-close", toast)?.click();
      trouble(number);
    }
  };
  addEventListener("DOMContentLoaded", () => {
    dress();
    new MutationObserver(dress).observe(document.body, { attributes: true, attributeFilter: ["class"] });
    const narrow = matchMedia("(max-width: 900px)");
    const fold = () => {
      root.classList.toggle("narrow", narrow.matches);
      const outline = $(".outline details");
      if (outline) outline.open = !narrow.matches;
    };
    narrow.addEventListener("change", fold);
    fold();
    if (new URLSearchParams(location.search).get("q")) $("#first")?.classList.add("asked");
    if ($("gradio-app")) {
      new MutationObserver(() => { watch(); dress(); }).observe(document.body, { childList: true, subtree: true });
      watch();
    }
  });
})();
