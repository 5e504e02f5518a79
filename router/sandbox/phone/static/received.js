// What the platform received: accepted effects and refused calls, latest first, runs of the same kind folded into one.

import { button, clockTime, el } from "./elements.js";
import * as platform from "./platform.js";
import { fill, words } from "./words.js";

const LINES = 80;

export class Received {
  constructor(place, phone) {
    this.phone = phone;
    this.entries = [];
    this.nextEffect = 0;
    this.nextCall = 0;
    this.items = el("ol", { class: "effects" });
    this.empty = el("p", { class: "soft" }, words.receivedEmpty);
    const clear = phone.attempt(async () => {
      await platform.forgetEffects();
      this.entries = [];
      this.draw();
    });
    place.append(el("header", { class: "received-head" }, el("h2", {}, words.received), button(words.clear, clear, "text-button")), this.empty, this.items);
  }

  async refresh() {
    const [effects, calls] = await Promise.all([platform.effects(this.nextEffect), platform.refusedCalls(this.nextCall)]);
    [this.nextEffect, this.nextCall] = [effects.next, calls.next];
    const fresh = [...effects.items, ...calls.items.map((call) => ({ ...call, kind: "refused" }))];
    if (fresh.length === 0) return;
    this.entries = [...this.entries, ...fresh.sort((one, other) => one.at - other.at)].slice(-LINES * 20);
    this.draw();
  }

  draw() {
    const runs = folded(this.entries).slice(-LINES).reverse();
    this.empty.hidden = runs.length > 0;
    const open = new Set([...this.items.querySelectorAll("details[open]")].map((each) => each.dataset.key));
    this.items.replaceChildren(...runs.map((run) => this.line(run, open)));
  }

  line(run, open) {
    const [first, last] = [run[0], run.at(-1)];
    const key = `${first.kind}-${first.seq}`;
    const title = first.kind === "refused" ? fill(words.refused, { path: first.path }) : (words.kinds[first.kind] ?? first.kind);
    return el(
      "li",
      { class: `effect effect-${first.kind}` },
      el(
        "details",
        { dataset: { key }, open: open.has(key) },
        el(
          "summary",
          {},
          el("span", { class: "effect-head" }, el("strong", {}, title), run.length > 1 && el("span", { class: "count" }, fill(words.times, { count: run.length })), el("time", {}, clockTime(last.at, true))),
          el("span", { class: "effect-summary" }, this.summary(last)),
        ),
        el("pre", {}, JSON.stringify(run.length > 1 ? run.slice(-20) : last, null, 2)),
      ),
    );
  }

  summary(effect) {
    if (effect.kind === "refused") return `${effect.errcode} ${effect.reason}`;
    const { body } = effect;
    const people = [this.nameOf(effect.external_userid), this.memberName(effect.userid)].filter(Boolean).join(" · ");
    const text = body.text?.content ?? body.msgmenu?.head_content ?? this.tagsOf(effect) ?? (effect.kind === "kf_state" ? words.states[body.service_state] : undefined);
    return [people, text].filter(Boolean).join("：") || (body.state ?? body.user ?? "").toString();
  }

  tagsOf({ kind, body }) {
    if (kind === "corp_tag_added") return [body.group_name, ...(body.tag ?? []).map((tag) => tag.name)].filter(Boolean).join(" / ");
    if (kind !== "tag_marked") return undefined;
    const names = (sign, ids) => (ids ?? []).map((id) => `${sign}${this.phone.view?.tags[id] ?? id}`);
    return [...names("+", body.add_tag), ...names("−", body.remove_tag)].join("  ");
  }

  nameOf(externalUserid) {
    return this.phone.view?.customers.find((each) => each.external_userid === externalUserid)?.name ?? "";
  }

  memberName(userid) {
    return this.phone.view?.members[userid] ?? userid ?? "";
  }
}

/** Runs of the routine kinds: a stock of contact ways is twenty calls, and one line here. */
function folded(entries) {
  const runs = [];
  for (const entry of entries) {
    const run = runs.at(-1);
    const isRoutine = entry.kind.startsWith("contact_way") || entry.kind.startsWith("corp_tag") || entry.kind === "refused";
    if (run && isRoutine && run[0].kind === entry.kind && run[0].path === entry.path) run.push(entry);
    else runs.push([entry]);
  }
  return runs;
}
