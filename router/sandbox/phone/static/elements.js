// Small builders of elements. Text always goes in as text, so nothing a message says can become markup.

export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "dataset") Object.assign(element.dataset, value);
    else if (name === "class") element.className = value;
    else if (name in element && name !== "list") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

export function button(text, onclick, className = "button", properties = {}) {
  return el("button", { type: "button", class: className, onclick, ...properties }, text);
}

export function avatar(name, size = "") {
  const wide = /[\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff]/.test(name[0] ?? "");
  const initials = wide ? name.slice(-2) : name.split(/\s+/).slice(0, 2).map((word) => word[0] ?? "").join("").toUpperCase();
  return el("span", { class: `avatar shade-${shadeOf(name)} ${size}`, "aria-hidden": "true" }, initials || "?");
}

function shadeOf(text) {
  let hash = 0;
  for (const character of text) hash = (hash * 31 + character.codePointAt(0)) >>> 0;
  return hash % 8;
}

export function clockTime(instant, withSeconds = false) {
  const style = { hour: "2-digit", minute: "2-digit", hour12: false, ...(withSeconds && { second: "2-digit" }) };
  return new Date(instant).toLocaleTimeString("zh-CN", style);
}

export function dayAndTime(instant) {
  const day = new Date(instant).toLocaleDateString("zh-CN", { month: "2-digit", day: "2-digit" });
  return `${day} ${clockTime(instant)}`;
}
