// The sheet of a scanned contact: who it is, and the button that adds them.

import { avatar, button, el } from "../elements.js";
import * as platform from "../platform.js";
import { fill, words } from "../words.js";

/** `found` is what POST /control/scan says of a contact way. */
export function showContact(phone, found) {
  const [first] = found.members;
  const known = phone.view.phone.follows.find((follow) => follow.userid === first.userid && follow.stage === "full");
  const several = found.members.length > 1;
  phone.showSheet(
    el(
      "div",
      { class: "contact" },
      avatar(first.name, "avatar-large"),
      el("strong", {}, first.name),
      el("span", { class: "company" }, fill(words.fromCompany, { corp: "@liveqr" })),
      several && el("p", { class: "note" }, fill(words.choosesOne, { count: found.members.length })),
      known && !several && el("p", { class: "note" }, words.alreadyAdded),
      known && !several
        ? button(words.sendMessage, () => phone.openChat({ userid: first.userid }))
        : button(words.addContact, addNow(phone, found), "button", { id: "add-contact" }),
    ),
    button(words.cancel, () => phone.hideSheet(), "sheet-choice"),
  );
}

function addNow(phone, found) {
  return phone.attempt(async () => {
    const added = await platform.add(phone.owner, found.config_id);
    await phone.refresh();
    phone.toast(fill(words.added, { name: phone.view.members[added.userid] ?? added.userid }));
    phone.openChat({ userid: added.userid });
  });
}
