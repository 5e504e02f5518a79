// The list of chats: every consultant this customer added, and the customer-service accounts.

import { avatar, button, clockTime, el } from "../elements.js";
import { fill, words } from "../words.js";
import { ScannerScreen } from "./scanner.js";

export class ChatsScreen {
  constructor(phone) {
    this.phone = phone;
    this.items = el("div", { class: "chats" });
    this.element = el(
      "section",
      { class: "page" },
      el("header", { class: "bar" }, el("span"), el("h1", {}, words.chats), el("span")),
      this.items,
      el(
        "footer",
        { class: "dock" },
        button(words.scan, () => phone.open(new ScannerScreen(phone)), "button button-scan", { id: "scan" }),
      ),
    );
  }

  update(view) {
    const shown = JSON.stringify([view.phone, view.kf_accounts, view.members]);
    if (!view.phone || shown === this.shown) return;
    this.shown = shown;
    const contacts = view.phone.follows.filter((follow) => follow.stage !== "lost").map((follow) => this.contact(view, follow));
    const services = Object.entries(view.kf_accounts).map(([id, name]) => this.service(view, id, name));
    const rows = [...contacts, ...services].sort((one, other) => other.at - one.at);
    const empty = el("div", { class: "empty" }, el("strong", {}, words.noChats), el("p", {}, words.noChatsHint));
    this.items.replaceChildren(...(contacts.length ? [] : [empty]), ...rows.map((row) => row.element));
  }

  contact(view, follow) {
    const name = view.members[follow.userid] ?? follow.userid;
    const last = view.phone.lines.filter((line) => line.userid === follow.userid).at(-1);
    const before = fill(follow.stage === "half" ? words.halfLine : words.addedLine, { name });
    return this.row(name, last, before, last?.at ?? follow.at, { userid: follow.userid });
  }

  service(view, id, name) {
    const last = view.phone.lines.filter((line) => line.open_kfid === id).at(-1);
    return this.row(name || words.kf, last, words.kf, last?.at ?? 0, { open_kfid: id });
  }

  row(name, last, before, at, chat) {
    const element = el(
      "button",
      { type: "button", class: "chat-row", onclick: () => this.phone.openChat(chat), dataset: { chat: chat.userid ?? chat.open_kfid } },
      avatar(name),
      el(
        "span",
        { class: "chat-row-text" },
        el("span", { class: "chat-row-head" }, el("strong", {}, name), el("time", {}, at ? clockTime(at) : "")),
        el("span", { class: "chat-row-last" }, last ? shortText(last) : before),
      ),
    );
    return { element, at };
  }
}

export function shortText(line) {
  const { msgtype, content } = line;
  if (msgtype === "text") return content.content ?? "";
  if (msgtype === "msgmenu") return content.head_content || content.list?.[0]?.click?.content || words.kf;
  if (msgtype === "link") return content.title;
  return { image: words.picture, voice: words.voice, file: words.file }[msgtype] ?? fill(words.unknown, { type: msgtype });
}
