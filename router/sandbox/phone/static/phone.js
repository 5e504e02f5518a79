// The phone: whose it is, which screen is open, and what has arrived. Screens draw; this keeps them fed.

import { Bench } from "./bench.js";
import { clockTime, el } from "./elements.js";
import * as platform from "./platform.js";
import { Received } from "./received.js";
import { BrowserScreen } from "./screens/browser.js";
import { ChatScreen } from "./screens/chat.js";
import { ChatsScreen } from "./screens/chats.js";
import { showContact } from "./screens/contact.js";
import { showAcquisition, showGroup } from "./screens/group.js";
import { words } from "./words.js";

const OWNER = "liveqr-phone-owner";
const REFRESH = 1500; // ms

const screenPlace = document.getElementById("screen");
const overlay = document.getElementById("overlay");
const toastPlace = document.getElementById("toast");

export const phone = {
  owner: localStorage.getItem(OWNER) ?? "",
  view: undefined,
  screen: undefined,

  /** Show a screen: `{element, update?(view), leave?()}`. */
  open(screen) {
    this.screen?.leave?.();
    this.hideSheet();
    this.screen = screen;
    screenPlace.replaceChildren(screen.element);
    if (this.view) screen.update?.(this.view);
  },

  home() {
    this.open(new ChatsScreen(this));
  },

  openChat(chat) {
    this.open(new ChatScreen(this, chat));
  },

  /** Go where a scanned code leads: a live code opens the browser, a contact way a contact, a KF link a chat. */
  async follow(text) {
    const path = pathOf(text);
    if (path?.startsWith("/q/")) return this.open(new BrowserScreen(this, path.slice(1), text));
    const found = await platform.scan(this.owner, text);
    if (found.kind === "contact_way") return showContact(this, found);
    if (found.kind === "group") return showGroup(this, found);
    if (found.kind === "acquisition_link") return showAcquisition(this, found);
    if (found.kind === "kf") return this.openChat({ open_kfid: found.open_kfid });
  },

  showSheet(...content) {
    overlay.replaceChildren(el("div", { class: "sheet", onclick: (event) => event.stopPropagation() }, ...content));
    overlay.hidden = false;
  },

  hideSheet() {
    overlay.hidden = true;
    overlay.replaceChildren();
  },

  toast(text) {
    toastPlace.textContent = text;
    toastPlace.hidden = false;
    clearTimeout(this.toasting);
    this.toasting = setTimeout(() => (toastPlace.hidden = true), 2600);
  },

  /** Run an action of a button; a failure is told, not thrown. */
  attempt(action) {
    return async (...given) => {
      try {
        await action(...given);
      } catch (error) {
        this.toast(error.message);
      }
    };
  },

  async giveTo(customer) {
    this.owner = customer;
    localStorage.setItem(OWNER, customer);
    this.stream?.close();
    this.stream = platform.onNewLine(customer, () => this.refresh());
    this.view = undefined;
    this.home(); // at once: whoever opens another screen while the phone still loads stays there
    await this.refresh();
  },

  /** Ask for everything shown, one question at a time. */
  async refresh() {
    if (this.refreshing) return (this.refreshAgain = true);
    this.refreshing = true;
    try {
      this.show(await platform.view(this.owner));
      await received.refresh();
    } catch {
      this.toast(words.notLive);
    } finally {
      this.refreshing = false;
    }
    if (this.refreshAgain) {
      this.refreshAgain = false;
      await this.refresh();
    }
  },

  show(view) {
    this.view = view;
    this.seenAt = performance.now();
    document.getElementById("phone-owner").textContent = view.phone?.name ?? "";
    this.tick();
    bench.update(view);
    this.screen?.update?.(view);
  },

  tick() {
    if (!this.view) return;
    const now = this.view.now + performance.now() - this.seenAt;
    document.getElementById("phone-clock").textContent = clockTime(now);
    bench.tick(now);
  },
};

function pathOf(text) {
  try {
    const url = new URL(text.trim());
    return url.pathname + url.search;
  } catch {
    return undefined;
  }
}

async function findOwner() {
  const known = phone.owner && (await platform.view(phone.owner).catch(() => undefined));
  if (known) return phone.owner;
  const { customers } = await platform.view("");
  return (customers[0] ?? (await platform.addCustomer())).external_userid;
}

const bench = new Bench(document.getElementById("bench"), phone);
const received = new Received(document.getElementById("received"), phone);

const toggle = document.getElementById("bench-toggle");
toggle.textContent = words.bench;
toggle.addEventListener("click", () => document.body.classList.toggle("shows-bench"));
overlay.addEventListener("click", () => phone.hideSheet());

await phone.giveTo(await findOwner());
setInterval(() => document.visibilityState === "visible" && phone.refresh(), REFRESH);
setInterval(() => phone.tick(), 1000);
