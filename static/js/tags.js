// Comforts of the tag tree: folding, arrow keys, and dragging a tag onto its new parent. The forms beside it do the same.

const tree = () => document.querySelector("#tree");
const FOLDED = "liveqr-folded-tags";

// --- folding, remembered for this tab

const folded = new Set(JSON.parse(sessionStorage.getItem(FOLDED) || "[]"));

function fold(twig, isFolded) {
  const toggle = twig.querySelector(":scope > .twig-line > .twig-toggle");
  if (!toggle) return false;
  twig.querySelector(":scope > .twigs").hidden = isFolded;
  toggle.setAttribute("aria-expanded", String(!isFolded));
  if (isFolded) folded.add(twig.dataset.tag); else folded.delete(twig.dataset.tag);
  sessionStorage.setItem(FOLDED, JSON.stringify([...folded]));
  return true;
}

function prepare() {
  for (const toggle of tree()?.querySelectorAll(".twig-toggle") ?? []) {
    const twig = toggle.closest(".twig");
    toggle.hidden = false;
    const holdsChosen = twig.querySelector(":scope > .twigs [aria-current]");
    if (folded.has(twig.dataset.tag) && !holdsChosen) fold(twig, true);
  }
}

document.addEventListener("click", (event) => {
  const toggle = event.target.closest(".twig-toggle");
  if (toggle) fold(toggle.closest(".twig"), toggle.getAttribute("aria-expanded") === "true");
});

// --- arrow keys

const STEPS = { ArrowDown: 1, ArrowUp: -1 };

document.addEventListener("keydown", (event) => {
  const link = event.target.closest?.(".twig-link");
  if (!link || event.altKey || event.ctrlKey || event.metaKey) return;
  const links = [...tree().querySelectorAll(".twig-link")].filter((each) => each.offsetParent !== null);
  const twig = link.closest(".twig");
  let next;
  if (event.key in STEPS) next = links[links.indexOf(link) + STEPS[event.key]];
  else if (event.key === "Home") next = links[0];
  else if (event.key === "End") next = links[links.length - 1];
  else if (event.key === "ArrowRight" && twig) fold(twig, false);
  else if (event.key === "ArrowLeft" && twig) {
    const under = twig.querySelector(":scope > .twigs");
    if (under && !under.hidden) fold(twig, true);
    else next = twig.parentElement.closest(".twig")?.querySelector(".twig-link");
  } else return;
  event.preventDefault();
  next?.focus();
});

// --- dragging

let dragged = null;

const target = (event) => event.target.closest?.("#tree .twig-line, #tree [data-drop-root]");
const mayDrop = (line) => line && dragged && !dragged.contains(line) && line.closest(".twig") !== dragged.parentElement.closest(".twig");

document.addEventListener("dragstart", (event) => {
  const link = event.target.closest?.("#tree .twig .twig-link");
  if (!link) return;
  dragged = link.closest(".twig");
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.name);
});

document.addEventListener("dragover", (event) => {
  const line = target(event);
  for (const each of document.querySelectorAll(".drop-here")) if (each !== line) each.classList.remove("drop-here");
  if (!mayDrop(line)) return;
  event.preventDefault();
  line.classList.add("drop-here");
});

document.addEventListener("dragend", () => {
  for (const each of document.querySelectorAll(".drop-here")) each.classList.remove("drop-here");
  dragged = null;
});

document.addEventListener("drop", (event) => {
  const line = target(event);
  if (!mayDrop(line)) return;
  event.preventDefault();
  const parent = line.closest(".twig");
  const words = tree().dataset;
  const form = document.querySelector("#tree-move");
  form.action = words.move.replace("{id}", dragged.dataset.tag);
  form.elements.parent_id.value = parent ? parent.dataset.tag : "";
  const names = { tag: dragged.dataset.name, parent: parent ? parent.dataset.name : words.root };
  form.dataset.confirm = words.question.replace(/\{(tag|parent)\}/g, (_, each) => names[each]);
  form.requestSubmit(form.querySelector("button"));
});

document.addEventListener("htmx:after:swap", prepare);
prepare();
