// Beside the phone: whose it is, the platform's clock, and what goes wrong.

import { button, clockTime, el } from "./elements.js";
import * as platform from "./platform.js";
import { fill, language, switchLanguage, words } from "./words.js";

const MINUTE = 60; // s

// What each switch sets in POST /control/faults, and how it is recognised in GET.
const FAULTS = [
  { key: "down", text: words.faultDown, set: (f) => (f.down = true), isOn: (f) => f.down },
  { key: "latency", text: words.faultLatency, set: (f) => (f.latency_ms = 800), isOn: (f) => f.latency_ms > 0 },
  {
    key: "mark",
    text: words.faultMark,
    set: (f) => f.errors.push({ path: "externalcontact/mark_tag", errcode: -1, times: 3 }),
    isOn: (f) => f.errors.length > 0,
  },
  { key: "duplicate", text: words.faultDuplicate, set: (f) => (f.callbacks.duplicate = 3), isOn: (f) => f.callbacks.duplicate > 1 },
  { key: "drop", text: words.faultRetry, set: (f) => (f.callbacks.drop_every = 2), isOn: (f) => f.callbacks.drop_every > 0 },
  { key: "hold", text: words.faultHold, set: (f) => (f.callbacks.hold = true), isOn: (f) => f.callbacks.hold },
];

export class Bench {
  constructor(place, phone) {
    this.phone = phone;
    this.now = el("strong", { class: "bench-now" });
    this.offset = el("span", { class: "soft" });
    this.choice = el("select", { id: "customer", "aria-label": words.whose, onchange: phone.attempt(() => phone.giveTo(this.choice.value)) });
    this.switches = FAULTS.map((fault) => this.switch(fault));
    place.append(this.head(), this.people(), this.clock(), this.faults());
    phone.attempt(() => this.readFaults())();
  }

  update(view) {
    const shown = JSON.stringify(view.customers);
    if (shown !== this.shownCustomers) {
      this.shownCustomers = shown;
      this.choice.replaceChildren(...view.customers.map((each) => el("option", { value: each.external_userid }, each.name)));
    }
    this.choice.value = this.phone.owner;
    this.card.disabled = !view.has_token;
    this.tokenNote.hidden = view.has_token;
    this.offset.textContent = offsetText(view.offset);
  }

  tick(now) {
    this.now.textContent = `${new Date(now).toLocaleDateString("sv")} ${clockTime(now, true)}`;
  }

  head() {
    const other = language === "zh" ? "English" : "中文";
    return el(
      "header",
      { class: "bench-head" },
      el("div", { class: "bench-brand" }, el("strong", {}, "liveqr"), el("span", {}, words.bench)),
      button(other, switchLanguage, "text-button"),
      button("×", () => document.body.classList.remove("shows-bench"), "bench-close", { ariaLabel: words.close }),
      el("p", {}, words.intro),
    );
  }

  people() {
    const name = el("input", { name: "name", maxLength: 64, placeholder: words.namePlaceholder, "aria-label": words.newCustomer });
    const create = this.phone.attempt(async (event) => {
      event.preventDefault();
      const made = await platform.addCustomer(name.value.trim());
      name.value = "";
      await this.phone.giveTo(made.external_userid);
    });
    this.card = button(words.card, this.phone.attempt(() => this.openCard()), "button button-outline", { id: "contact-card" });
    this.tokenNote = el("p", { class: "soft" }, words.noToken);
    return el(
      "section",
      {},
      el("h2", {}, words.whose),
      this.choice,
      el("form", { class: "inline-form", onsubmit: create }, name, el("button", { class: "button button-outline", id: "new-customer" }, words.newCustomer)),
      this.card,
      this.tokenNote,
    );
  }

  async openCard() {
    const tab = window.open("about:blank", "_blank"); // opened in the click itself, or browsers take it for a pop-up
    try {
      const { url } = await platform.cardLink(this.phone.owner);
      if (tab) tab.location = url;
      else location.assign(url);
    } catch (error) {
      tab?.close();
      throw error;
    }
  }

  clock() {
    const move = (text, change) => button(text, this.phone.attempt(async () => {
      await platform.moveClock(change);
      await this.phone.refresh();
    }), "button button-outline");
    return el(
      "section",
      {},
      el("h2", {}, words.clock),
      el("p", {}, this.now, this.offset),
      el(
        "div",
        { class: "button-row", id: "clock" },
        move(words.plusMinute, { advance_seconds: MINUTE }),
        move(words.plusTwenty, { advance_seconds: 20 * MINUTE }),
        move(words.plusHour, { advance_seconds: 60 * MINUTE }),
        move(words.plusDay, { advance_seconds: 24 * 60 * MINUTE }),
        move(words.reset, { offset_seconds: 0 }),
      ),
    );
  }

  faults() {
    return el("section", {}, el("h2", {}, words.faults), ...this.switches.map(({ label }) => label));
  }

  switch(fault) {
    const box = el("input", { type: "checkbox", name: fault.key, onchange: this.phone.attempt(() => this.install()) });
    return { fault, box, label: el("label", { class: "switch" }, box, el("span", {}, fault.text)) };
  }

  async install() {
    const wanted = { errors: [], callbacks: {} };
    for (const { fault, box } of this.switches) if (box.checked) fault.set(wanted);
    try {
      await platform.installFaults(wanted);
    } finally {
      await this.readFaults();
    }
  }

  async readFaults() {
    const now = await platform.faults();
    for (const { fault, box } of this.switches) box.checked = Boolean(fault.isOn(now));
  }
}

function offsetText(offset) {
  const minutes = Math.round(Math.abs(offset) / 60_000);
  if (minutes === 0) return words.realTime;
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), minutes % 60];
  const span = [days && `${days} d`, hours && `${hours} h`, rest && `${rest} min`].filter(Boolean).join(" ");
  return fill(offset > 0 ? words.ahead : words.behind, { span });
}
