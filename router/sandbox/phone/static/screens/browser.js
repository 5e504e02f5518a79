// The browser inside WeChat: the service's real page in a frame, and what a long press on its code does.

import { button, el } from "../elements.js";
import * as platform from "../platform.js";
import { words } from "../words.js";

const HOLD = 550; // ms
const CLOCK_FOLLOWS = 1200; // ms within which the service has noticed a jump of the platform's clock

export class BrowserScreen {
  constructor(phone, path, address) {
    this.phone = phone;
    this.title = el("h1", {}, words.loading);
    this.frame = el("iframe", {
      class: "web",
      title: address,
      src: platform.webAddress(phone.owner, path),
      onload: () => this.loaded(),
    });
    this.recognise = button(words.recognise, () => this.ask(this.picture()), "button button-quiet", { id: "recognise" });
    this.element = el(
      "section",
      { class: "page page-web" },
      el("header", { class: "bar" }, button("×", () => phone.home(), "bar-button", { ariaLabel: words.close }), this.title, el("span")),
      el("div", { class: "address" }, address),
      this.frame,
      el("footer", { class: "web-foot" }, this.recognise),
    );
    this.clockOffset = phone.view?.offset;
  }

  update(view) {
    const jumped = this.clockOffset !== undefined && view.offset !== this.clockOffset;
    this.clockOffset = view.offset;
    if (jumped) setTimeout(() => this.frame.contentWindow?.location.reload(), CLOCK_FOLLOWS);
  }

  loaded() {
    const page = this.frame.contentDocument;
    const forwarded = page?.body?.dataset.forwarded;
    if (forwarded) return this.phone.attempt(() => this.phone.follow(forwarded))();
    this.title.textContent = page?.title || " ";
    this.recognise.hidden = !this.picture();
    page?.addEventListener("contextmenu", (event) => this.pressed(event));
    page?.addEventListener("pointerdown", (event) => this.hold(event));
  }

  picture() {
    return this.frame.contentDocument?.querySelector("figure img") ?? undefined;
  }

  pressed(event) {
    if (event.target.tagName !== "IMG") return;
    event.preventDefault();
    this.ask(event.target);
  }

  hold(event) {
    if (event.target.tagName !== "IMG" || event.button !== 0) return;
    event.preventDefault(); // no drag of the picture
    const page = this.frame.contentDocument;
    const timer = setTimeout(() => this.ask(event.target), HOLD);
    const release = () => clearTimeout(timer);
    for (const end of ["pointerup", "pointercancel", "scroll"]) page.addEventListener(end, release, { once: true });
  }

  ask(image) {
    if (!image) return this.phone.toast(words.noPicture);
    const choose = this.phone.attempt(async () => {
      const picture = await (await fetch(image.src, { cache: "no-store" })).blob();
      await this.phone.follow((await platform.readCode(picture)).text);
    });
    this.phone.showSheet(
      button(words.recognise, choose, "sheet-choice sheet-choice-main", { id: "recognise-now" }),
      button(words.cancel, () => this.phone.hideSheet(), "sheet-choice"),
    );
  }
}
