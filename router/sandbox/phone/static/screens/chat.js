// One chat: with an employee (welcome messages arrive here), or with customer service (the customer can write).

import { avatar, button, dayAndTime, el } from "../elements.js";
import * as platform from "../platform.js";
import { fill, words } from "../words.js";

const PAUSE = 5 * 60_000; // ms after which the time is written between two lines
const WAITING = 2; // the platform's service_state of a session in the queue for a person (W-94669)

export class ChatScreen {
  /** `chat` is `{userid}` or `{open_kfid}`. */
  constructor(phone, chat) {
    this.phone = phone;
    this.chat = chat;
    this.count = 0;
    this.title = el("h1");
    this.lines = el("div", { class: "lines", "aria-live": "polite" });
    this.queued = el("p", { class: "line-note line-queued" }, words.queued);
    this.element = el(
      "section",
      { class: "page page-chat" },
      el("header", { class: "bar" }, button("‹", () => phone.home(), "bar-button", { ariaLabel: words.back }), this.title, this.menu()),
      this.lines,
      chat.open_kfid ? this.writer() : el("footer", { class: "chat-note" }, words.memberNote),
    );
  }

  update(view) {
    const all = view.phone?.lines ?? [];
    const mine = all.filter((line) => (this.chat.userid ? line.userid === this.chat.userid : line.open_kfid === this.chat.open_kfid));
    this.name = this.chat.userid ? (view.members[this.chat.userid] ?? this.chat.userid) : view.kf_accounts[this.chat.open_kfid] || words.kf;
    this.title.textContent = this.name;
    if (!this.begun) this.begin(view, mine);
    if (mine.length < this.count) this.restart(view);
    for (const line of mine.slice(this.count)) this.append(line, mine);
    this.count = mine.length;
    this.tellQueue(view);
  }

  /** As WeChat does, a line below all others says that a person is on the way, as long as the session is queued. */
  tellQueue(view) {
    const session = view.phone?.sessions.find((each) => each.open_kfid === this.chat.open_kfid);
    if (session?.service_state !== WAITING) return this.queued.remove();
    if (this.lines.lastElementChild === this.queued) return;
    this.lines.append(this.queued);
    this.lines.scrollTop = this.lines.scrollHeight;
  }

  begin(view, mine) {
    this.begun = true;
    this.opening(view);
    if (this.chat.open_kfid && mine.length === 0) {
      this.phone.attempt(() => platform.chat({ customer: this.phone.owner, open_kfid: this.chat.open_kfid, enter: true }))();
    }
  }

  restart(view) {
    this.lines.replaceChildren();
    this.count = 0;
    this.before = undefined;
    this.opening(view);
  }

  opening(view) {
    const follow = view.phone?.follows.find((each) => each.userid === this.chat.userid);
    const text = this.chat.open_kfid ? words.kfEmpty : fill(follow?.stage === "half" ? words.halfLine : words.addedLine, { name: this.name });
    this.lines.append(el("p", { class: "line-note" }, text));
  }

  append(line) {
    if (!this.before || line.at - this.before > PAUSE) this.lines.append(el("time", { class: "line-time" }, dayAndTime(line.at)));
    this.before = line.at;
    const own = line.is_from_customer;
    const face = avatar(own ? (this.phone.view.phone.name ?? "") : this.name, "avatar-small");
    this.lines.append(el("div", { class: own ? "line line-own" : "line" }, face, this.bubble(line)));
    this.lines.scrollTop = this.lines.scrollHeight;
  }

  bubble({ msgtype, content }) {
    if (msgtype === "text") return el("div", { class: "bubble" }, content.content ?? "");
    if (msgtype === "link") return linkCard(content);
    if (msgtype === "msgmenu") return this.menuBubble(content);
    const named = { image: words.picture, voice: words.voice, file: words.file, miniprogram: fill(words.miniprogram, { title: content.title ?? "" }) };
    return el("div", { class: "bubble bubble-soft" }, named[msgtype] ?? fill(words.unknown, { type: msgtype }));
  }

  menuBubble(menu) {
    const items = (menu.list ?? []).map((item) => this.menuItem(item));
    return el("div", { class: "bubble" }, menu.head_content && el("p", {}, menu.head_content), ...items, menu.tail_content && el("p", {}, menu.tail_content));
  }

  menuItem(item) {
    if (item.type === "click") return button(item.click.content, () => this.write(item.click.content, item.click.id), "menu-item");
    if (item.type === "view") return el("a", { class: "menu-item", href: webOnly(item.view.url), target: "_blank", rel: "noopener noreferrer" }, item.view.content);
    return el("p", {}, item.text?.content ?? item.miniprogram?.content ?? "");
  }

  writer() {
    const field = el("input", { name: "text", placeholder: words.write, autocomplete: "off", required: true, maxLength: 2000, "aria-label": words.write });
    const submit = (event) => {
      event.preventDefault();
      this.write(field.value);
      field.value = "";
    };
    const quick = words.quick.map((text) => button(text, () => this.write(text), "quick"));
    return el(
      "footer",
      { class: "writer" },
      el("div", { class: "quicks" }, ...quick),
      el("form", { class: "write-form", onsubmit: submit }, field, el("button", { class: "button button-small" }, words.send)),
    );
  }

  write(text, menuId) {
    const message = { customer: this.phone.owner, open_kfid: this.chat.open_kfid, text, ...(menuId && { menu_id: menuId }) };
    return this.phone.attempt(async () => {
      await platform.chat(message);
      await this.phone.refresh();
    })();
  }

  menu() {
    if (!this.chat.userid) return el("span");
    return button("⋯", () => this.askToRemove(), "bar-button", { ariaLabel: words.removeContact });
  }

  askToRemove() {
    const remove = this.phone.attempt(async () => {
      await platform.remove(this.phone.owner, this.chat.userid);
      await this.phone.refresh();
      this.phone.toast(fill(words.removed, { name: this.name }));
      this.phone.home();
    });
    this.phone.showSheet(
      button(words.removeContact, remove, "sheet-choice sheet-choice-bad"),
      button(words.cancel, () => this.phone.hideSheet(), "sheet-choice"),
    );
  }
}

function linkCard(link) {
  return el(
    "a",
    { class: "bubble link-card", href: webOnly(link.url), target: "_blank", rel: "noopener noreferrer" },
    el("strong", {}, link.title ?? ""),
    link.desc && el("span", {}, link.desc),
  );
}

/** A message may carry any address; only web pages may be opened from it. */
function webOnly(address) {
  return /^https?:\/\//i.test(address ?? "") ? address : undefined;
}
