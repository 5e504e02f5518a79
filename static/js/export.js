// Tells how far a download is. Everything here is a comfort: without it each link downloads its file as links do.

const BLOCK = 50000; // rows of one file

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-export]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const told = link.closest("li").querySelector("[data-progress]");
  told.hidden = false;
  link.setAttribute("aria-busy", "true");
  try {
    save(await read(link, told), link);
    told.hidden = true;
  } catch {
    told.textContent = told.dataset.failed;
  } finally {
    link.removeAttribute("aria-busy");
  }
});

// Reads the answer to its end; a lost connection is an exception, so half a file is never saved.
async function read(link, told) {
  const answer = await fetch(link.href);
  if (!answer.ok) throw new Error(String(answer.status));
  const pieces = [];
  const isText = link.href.includes(".csv");
  let rows = -1; // the header is no row
  told.textContent = told.dataset.packing;
  for (const reader = answer.body.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) break;
    pieces.push(value);
    if (isText) {
      for (const byte of value) if (byte === 10) rows += 1;
      const whole = Math.min(Number(link.dataset.export) || 0, BLOCK);
      const said = Math.max(0, rows).toLocaleString() + (whole ? ` / ${whole.toLocaleString()}` : "");
      told.textContent = told.dataset.reading.replace("{rows}", said);
    }
  }
  return { blob: new Blob(pieces, { type: answer.headers.get("content-type") }), name: nameOf(answer) };
}

function nameOf(answer) {
  const found = /filename="([^"]+)"/.exec(answer.headers.get("content-disposition") || "");
  return found ? found[1] : "export";
}

function save({ blob, name }) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
