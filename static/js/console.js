// Small state of the console's pages. Everything here is a comfort: each form works without it.

document.addEventListener("alpine:init", () => {
  // A text with a button that copies it, and says so for a moment.
  Alpine.data("copyable", () => ({
    copied: false,
    async copy() {
      await navigator.clipboard.writeText(this.$root.querySelector("code").textContent.trim());
      this.copied = true;
      setTimeout(() => { this.copied = false; }, 2000);
    },
  }));

  // What was done just now; leaves by itself, and from the address too so that a reload does not repeat it.
  Alpine.data("toast", () => ({
    shown: true,
    init() {
      const address = new URL(location.href);
      address.searchParams.delete("said");
      history.replaceState(history.state, "", address);
      setTimeout(() => this.dismiss(), 6000);
    },
    dismiss() { this.shown = false; },
  }));

  // The one dialog that asks before a form with data-confirm is sent.
  Alpine.data("confirmation", () => ({
    question: "",
    verb: "",
    form: null,
    submitter: null,
    ask(event) {
      this.question = event.detail.form.dataset.confirm;
      this.verb = event.detail.submitter ? event.detail.submitter.textContent.trim() : this.verb;
      this.form = event.detail.form;
      this.submitter = event.detail.submitter;
      this.$root.showModal();
    },
    decline() { this.$root.close(); },
    accept() {
      this.$root.close();
      this.form.dataset.confirmed = "yes";
      this.form.requestSubmit(this.submitter);
    },
  }));
});

// Capture: a form that has to be confirmed is stopped before htmx or the browser sends it.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.confirm || form.dataset.confirmed) {
    delete form.dataset.confirmed;
    return;
  }
  event.preventDefault();
  event.stopImmediatePropagation();
  window.dispatchEvent(new CustomEvent("confirm", { detail: { form, submitter: event.submitter } }));
}, true);

// A page nobody looks at does not ask for news.
document.addEventListener("htmx:before:request", (event) => {
  if (document.hidden && event.target.closest("[data-live]")) event.preventDefault();
});

// The menu is longer than most windows: begin with the page one is on in sight.
for (const entry of document.querySelectorAll(".rail-groups [aria-current]")) {
  const menu = entry.closest(".rail-groups");
  const [there, seen] = [entry.getBoundingClientRect(), menu.getBoundingClientRect()];
  if (there.bottom > seen.bottom) menu.scrollTop += there.top - seen.top - seen.height / 2;
}

// Escape closes the navigation drawer that a narrow screen shows.
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && location.hash === "#navigation") location.hash = "";
});
