// 扫一扫: pick a printed live code, paste what a code says, or upload its picture.

import { button, el } from "../elements.js";
import * as platform from "../platform.js";
import { words } from "../words.js";

export class ScannerScreen {
  constructor(phone) {
    this.phone = phone;
    this.posters = el("div", { class: "posters" });
    this.link = el("input", { type: "url", name: "link", placeholder: words.pasteLink, required: true, "aria-label": words.pasteLink });
    this.element = el(
      "section",
      { class: "page page-dark" },
      el("header", { class: "bar" }, button("‹", () => phone.home(), "bar-button", { ariaLabel: words.back }), el("h1", {}, words.scan), el("span")),
      el("div", { class: "finder" }, el("div", { class: "finder-line" }), el("p", {}, words.scanHint)),
      this.posters,
      el("footer", { class: "scan-other" }, this.linkForm(), this.uploadButton()),
    );
    phone.attempt(() => this.listCodes())();
  }

  async listCodes() {
    const { items } = await platform.codes();
    const posters = items.map((code) => this.poster(code));
    this.posters.replaceChildren(...(posters.length ? posters : [el("p", { class: "posters-none" }, words.noCodes)]));
  }

  poster(code) {
    const path = `q/${code.slug}`;
    const picture = platform.webAddress(this.phone.owner, `${path}.png?size=240`);
    const follow = () => this.phone.follow(new URL(`/${path}`, this.phone.view.service_url).href);
    return el(
      "button",
      { type: "button", class: "poster", onclick: this.phone.attempt(follow), dataset: { slug: code.slug } },
      el("img", { src: picture, alt: "", width: 96, height: 96 }),
      el("span", {}, code.name),
    );
  }

  linkForm() {
    const submit = this.phone.attempt(async (event) => {
      event.preventDefault();
      await this.phone.follow(this.link.value);
    });
    return el("form", { class: "link-form", onsubmit: submit }, this.link, el("button", { class: "button button-small" }, words.open));
  }

  uploadButton() {
    const chosen = this.phone.attempt(async (event) => {
      const [picture] = event.target.files;
      event.target.value = "";
      if (picture) await this.phone.follow((await platform.readCode(picture)).text);
    });
    return el("label", { class: "upload" }, words.upload, el("input", { type: "file", accept: "image/png,image/jpeg", onchange: chosen }));
  }
}
