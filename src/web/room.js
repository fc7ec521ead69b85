// What makes the form of a piece easier to fill in: counts while one types, saving by itself, a word before a file that is too large is
// sent, and the piece as the mail shows it. The form does all of its work without this.
"use strict";
(() => {
  const form = document.getElementById("piece");
  if (!form) return;
  const saved = document.getElementById("saved");
  const shown = document.querySelector("#shown-in-mail iframe");
  const counters = [...form.querySelectorAll("[data-counts]")];
  let timer = 0;
  let running = null;
  let dirty = false;
  let leaving = false;

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

  const save = async () => {
    clearTimeout(timer);
    if (!dirty || leaving) return;
    if (running) {
      timer = setTimeout(() => save(), 500);
      return;
    }
    dirty = false;
    saved.textContent = form.dataset.saving;
    try {
      running = fetch(form.action, {
        method: "POST",
        body: body(),
        headers: { accept: "application/json" },
        credentials: "same-origin",
      });
      const answer = await running;
      if (!answer.ok || answer.redirected) throw new Error("not saved");
      const told = await answer.json();
      for (const version of document.querySelectorAll("input[name=version]")) version.value = told.version;
      if (!dirty) {
        for (const counter of counters) put(counter, told.counts[counter.dataset.counts] ?? 0);
      }
      saved.textContent = form.dataset.saved;
      if (shown && shown.closest("details").open) shown.src = shown.getAttribute("src");
    } catch {
      saved.textContent = form.dataset.unsaved;
    } finally {
      running = null;
    }
  };

  form.addEventListener("input", (event) => {
    if (event.target.type === "file") return;
    dirty = true;
    count();
    clearTimeout(timer);
    timer = setTimeout(() => save(), 2000);
  });
  form.addEventListener("focusout", () => save());
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

  // A save under way raises the version that the form is sent with, so the form waits for it.
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    leaving = true;
    if (!running) return;
    event.preventDefault();
    const { submitter } = event;
    const again = () => setTimeout(() => form.requestSubmit(submitter), 50);
    running.then(again, again);
  });
})();
