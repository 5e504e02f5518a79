// Keeps the page of a scan true: counts the lease down, asks again while there is no place, reloads when the answer changed.
//
// Everything is measured from the moment the browser asked for the page, never from the phone's own clock, which may be
// wrong; and reloading is the only reaction, so the server's page stays the one place that says what a visitor sees.

const state = document.body.dataset;
const inLine = document.querySelector("[data-position]");
const isWaiting = document.querySelector("[data-status]") !== null;
// ms between two questions; who is in line is told by the server, and the next group may be shown after a minute
let wait = inLine ? Number(inLine.dataset.askAfter) : isWaiting ? 1500 : state.picture ? 60_000 : undefined;
const canChange = Boolean(wait) || state.outcome === "reserved";
const startedAt = performance.timeOrigin;

function elapsed() {
  // A sleeping phone stops performance.now() but not Date.now(); a corrected clock moves Date.now() but not the other.
  return Math.max(performance.now(), Date.now() - startedAt);
}

function reload() {
  if (navigator.onLine !== false) location.reload();
}

function say(what) {
  const line = document.querySelector("[data-status]");
  if (line) line.textContent = line.dataset[what];
}

function kindOf(answer) {
  return answer.outcome === "reserved" && !answer.qr_url ? "added" : answer.outcome;
}

function isStillTrue(answer) {
  const reservation = answer.reservation ? answer.reservation.id : undefined;
  if (state.picture && !answer.qr_url?.endsWith(state.picture)) return false;
  return kindOf(answer) === state.outcome && (!state.reservation || reservation === state.reservation);
}

function showPlace(place) {
  if (!inLine || !place) return;
  wait = place.ask_after_ms;
  const counted = Number(inLine.dataset.counted);
  const told = (number) => (place.position <= counted ? String(number) : `${counted}+`);
  const next = document.querySelector("[data-next]");
  const text = place.position === 1 ? next.dataset.youAreNext : next.dataset.ahead.replace("{ahead}", told(place.position - 1));
  if (inLine.textContent !== told(place.position)) inLine.textContent = told(place.position);
  if (next.textContent !== text) next.textContent = text;
}

async function ask() {
  try {
    const response = await fetch(state.self + location.search, { headers: { Accept: "application/json" }, cache: "no-store" });
    if (!response.ok) return say("offline");
    const answer = await response.json();
    if (!isStillTrue(answer)) return reload();
    showPlace(answer.waiting);
    say("checked");
    setTimeout(() => say("checking"), 1200);
  } catch {
    say("offline");
  }
}

function askAgainLater() {
  const jitter = 0.75 + Math.random() / 2; // so that a crowd before one poster does not ask at the same moment
  setTimeout(async () => {
    if (document.visibilityState === "visible") await ask();
    askAgainLater();
  }, wait * jitter);
}

function showTimeLeft(left, bar) {
  const seconds = Math.ceil(left / 1000);
  const text = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  document.querySelector("[data-countdown]").textContent = text;
  document.querySelector("[data-countdown-line]").hidden = false;
  bar.value = left;
  document.body.classList.toggle("is-ending", seconds <= 60);
}

function countDown() {
  const bar = document.querySelector("[data-lease-bar]");
  const left = Number(state.expiresIn) - elapsed();
  if (left > 0) return showTimeLeft(left, bar);
  showTimeLeft(0, bar);
  clearInterval(ticking);
  setTimeout(reload, 500 + Math.random() * 1500); // the server's own clock must have passed the end as well
}

const ticking = state.expiresIn ? setInterval(countDown, 500) : undefined;
if (state.expiresIn) countDown();
if (wait) askAgainLater();

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && canChange) ask();
});
window.addEventListener("online", () => canChange && ask());

// A browser that looked ahead was shown what the code is; now that somebody opens that page, it asks for a place.
const wasFetchedAhead = performance.getEntriesByType("navigation")[0]?.deliveryType === "navigational-prefetch";
if (document.prerendering) document.addEventListener("prerenderingchange", reload, { once: true });
else if (state.outcome === "preview" && wasFetchedAhead) reload();

window.addEventListener("pageshow", (event) => event.persisted && reload());
