// Asks the browser where the visitor is, only after the button was pressed, and sends it rounded to about a kilometre.

const form = document.querySelector("[data-near]");
const line = document.querySelector("[data-near-status]");
const patience = { enableHighAccuracy: false, timeout: 15_000, maximumAge: 600_000 }; // ms
let isAnswered = false;

function send(position) {
  form.elements.lat.value = position.coords.latitude.toFixed(2);
  form.elements.lng.value = position.coords.longitude.toFixed(2);
  isAnswered = true;
  form.requestSubmit ? form.requestSubmit() : form.submit();
}

function say(what) {
  line.textContent = line.dataset[what];
}

if (form && navigator.geolocation && window.isSecureContext) {
  form.hidden = false; // without a way to ask, the list of stores is enough
  form.addEventListener("submit", (event) => {
    if (isAnswered) return;
    event.preventDefault();
    say("asking");
    navigator.geolocation.getCurrentPosition(send, () => say("failed"), patience);
  });
}
