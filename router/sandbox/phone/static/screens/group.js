// The sheets of a scanned group code and of an opened customer acquisition link.

import { avatar, button, el } from "../elements.js";
import * as platform from "../platform.js";
import { fill, words } from "../words.js";

/** `found` is what POST /control/scan says of a group code. */
export function showGroup(phone, found) {
  const join = phone.attempt(async () => {
    const joined = await platform.join(phone.owner, found.url);
    await phone.refresh();
    phone.hideSheet();
    phone.toast(fill(words.joined, { name: joined.group }));
  });
  phone.showSheet(
    el(
      "div",
      { class: "contact" },
      avatar(found.group, "avatar-large"),
      el("strong", {}, found.group),
      el("span", { class: "company" }, fill(words.groupPeople, { count: found.people })),
      button(words.joinGroup, join, "button", { id: "join-group" }),
    ),
    button(words.cancel, () => phone.hideSheet(), "sheet-choice"),
  );
}

/** `found` is what POST /control/scan says of an acquisition link. */
export function showAcquisition(phone, found) {
  const [first] = found.members;
  const add = phone.attempt(async () => {
    const added = await platform.openLink(phone.owner, found.url);
    await phone.refresh();
    phone.toast(fill(words.added, { name: phone.view.members[added.userid] ?? added.userid }));
    phone.openChat({ userid: added.userid });
  });
  phone.showSheet(
    el(
      "div",
      { class: "contact" },
      avatar(first.name, "avatar-large"),
      el("strong", {}, first.name),
      el("span", { class: "company" }, fill(words.fromCompany, { corp: "@liveqr" })),
      el("p", { class: "note" }, words.throughLink),
      button(words.addContact, add, "button", { id: "add-contact" }),
    ),
    button(words.cancel, () => phone.hideSheet(), "sheet-choice"),
  );
}
