// What makes the form of a piece easier to fill in: counts while one types, saving by itself, a word before a file that is too large is
// sent, and the piece as the mail shows it. The form does all of its work without this.
//
// A save that fails is tried again by itself, after 5 seconds first, then after twice as long each time, up to 2 minutes and 20 times in a
// row; what would fail again the same way waits for the next key. The line #saved says what stands.
"use strict";
(() => {
  const form = document.getElementById("piece");
  if (!form) return;
  const saved = document.getElementById("saved");
  const shown = document.querySelector("#shown-in-mail iframe");
  const counters = [...form.querySelectorAll("[data-counts]")];
  const TYPED_WAIT_MS = 2000;
  const FIRST_WAIT_MS = 5000;
  const WAIT_MAX_MS = 120000;
  const TRIES_MAX = 20;
  let timer = 0;
  let running = null;
  let dirty = false;
  // What was sent and not answered. It may have been kept all the same, so the very same is sent again before anything newer: the server
  // knows it and says which version it has.
  let unanswered = null;
  let leaving = false;
  // Whether a press of Send waits for a save.
  let waiting = false;
  let failures = 0;

  // The server counts words as they will be read, without their marks; its numbers replace these whenever it has saved.
  const lengthOf = (text, unit) =>
    unit === "words" ? text.split(/\s+/u).filter((word) => /[\p{L}\p{N}]/u.test(word)).length : [...text.trim()].length;

  const put = (counter, number) => {
    counter.textContent = String(number);
    const [from, to] = [Number(counter.dataset.from), Number(counter.dataset.to)];
    counter.parentElement.classList.toggle("beyond", number > to || (number > 0 && number < from));
  };

  const count = () => {
    for (const counter of counters) {
      const field = form.elements.namedItem(counter.dataset.counts);
      if (field) put(counter, lengthOf(field.value, counter.dataset.unit));
    }
  };

  const body = () => {
    const fields = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      if (typeof value === "string" && name !== "then" && name !== "remove_picture") fields.append(name, value);
    }
    return fields;
  };

  const say = (text) => {
    if (saved.textContent !== text) saved.textContent = text;
  };

  const waitFor = (milliseconds) => {
    clearTimeout(timer);
    timer = setTimeout(() => save(), milliseconds);
  };

  // Nobody answered, or somebody too busy: the same can be taken a moment later. A form that is too old, too long or of somebody who is not
  // signed in any more is refused again until a person does something; the button says which it is.
  const isPassing = (status) => status === 408 || status === 429 || status >= 500;

  const failed = (status, sent) => {
    dirty = true;
    failures += 1;
    unanswered = isPassing(status) ? sent : null;
    if (!isPassing(status) || failures >= TRIES_MAX) {
      say(status === 403 ? form.dataset.signedOut : form.dataset.unsaved);
      return;
    }
    say(form.dataset.retrying);
    waitFor(Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), WAIT_MAX_MS));
  };

  const done = (told, sent) => {
    failures = 0;
    unanswered = null;
    if (String(sent) !== String(body())) dirty = true;
    for (const version of document.querySelectorAll("input[name=version]")) version.value = told.version;
    // What was typed meanwhile is not saved yet.
    if (dirty) {
      waitFor(TYPED_WAIT_MS);
      return;
    }
    for (const counter of counters) put(counter, told.counts[counter.dataset.counts] ?? 0);
    say(form.dataset.saved);
    if (shown && shown.closest("details").open) shown.src = shown.getAttribute("src");
  };

  const send = async () => {
    let status = 503;
    const sent = unanswered ?? body();
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body: sent,
        headers: { accept: "application/json" },
        credentials: "same-origin",
      });
      status = answer.redirected ? 403 : answer.status;
      if (status === 200) {
        done(await answer.json(), sent);
        return;
      }
    } catch {
      status = 503;
    }
    failed(status, sent);
  };

  const save = async () => {
    clearTimeout(timer);
    if (!dirty || leaving) return;
    if (running) {
      waitFor(500);
      return;
    }
    dirty = false;
    if (failures === 0) say(form.dataset.saving);
    running = send();
    await running;
    running = null;
  };

  form.addEventListener("input", (event) => {
    if (event.target.type === "file") return;
    dirty = true;
    if (failures >= TRIES_MAX) failures = 0;
    count();
    // While saves fail, typing does not make them come faster.
    if (failures === 0) waitFor(TYPED_WAIT_MS);
    else if (!running) waitFor(Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), WAIT_MAX_MS));
  });
  form.addEventListener("focusout", () => {
    if (failures === 0) save();
  });
  window.addEventListener("online", () => save());
  // Whoever comes back to the page writes on.
  window.addEventListener("pageshow", () => {
    leaving = false;
  });
  shown?.closest("details").addEventListener("toggle", () => {
    if (shown.closest("details").open) shown.src = shown.getAttribute("src");
  });

  const file = form.elements.namedItem("picture");
  const tooLarge = document.getElementById("picture-too-large");
  file?.addEventListener("change", () => {
    const large = [...file.files].some((one) => one.size > Number(form.dataset.fileMax));
    tooLarge.hidden = !large;
    tooLarge.textContent = large ? form.dataset.tooLarge : "";
    if (large) file.value = "";
  });

  // A save under way raises the version that the form is sent with, and one that was not answered may have, so the form waits for it: once.
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (waiting) {
      event.preventDefault();
      return;
    }
    const waits = running ?? (unanswered && !leaving ? send() : null);
    leaving = true;
    if (!waits) return;
    event.preventDefault();
    waiting = true;
    const { submitter } = event;
    const again = () =>
      setTimeout(() => {
        waiting = false;
        form.requestSubmit(submitter);
      }, 50);
    waits.then(again, again);
  });
})();
