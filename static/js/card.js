// The contact card works without scripts; with them one reason is open at a time, and taking a tag off asks twice.

const tags = document.querySelectorAll("[data-tags] details");

for (const tag of tags) {
  tag.addEventListener("toggle", () => {
    if (!tag.open) return;
    for (const other of tags) if (other !== tag) other.open = false;
  });
}

for (const form of document.querySelectorAll("form[data-confirm]")) {
  form.addEventListener("submit", (event) => {
    const button = form.querySelector("button");
    if (button.dataset.asked) return;
    event.preventDefault();
    button.dataset.asked = "yes";
    button.textContent = form.dataset.confirm;
  });
}
