// What the phone asks the sandbox for. Every failure becomes an Error whose message a person can read.

const HERE = new URL("./", location.href); // …/phone/
const ROOT = new URL("../", HERE);

async function answerOf(response) {
  const content = await response.json().catch(() => ({ error: `HTTP ${response.status}` }));
  if (!response.ok) throw new Error(content.error ?? `HTTP ${response.status}`);
  return content;
}

async function get(address) {
  return answerOf(await fetch(address, { cache: "no-store" }));
}

async function send(method, address, body) {
  const headers = { "Content-Type": "application/json" };
  return answerOf(await fetch(address, { method, headers, body: body && JSON.stringify(body) }));
}

const control = (path) => new URL(`control/${path}`, ROOT);
const phone = (path) => new URL(path, HERE);

export const view = (customer) => get(phone(`view?customer=${encodeURIComponent(customer ?? "")}`));
export const codes = () => get(phone("codes"));
export const addCustomer = (name) => send("POST", phone("customers"), name ? { name } : {});
export const cardLink = (customer) => send("POST", phone("card-link"), { customer });
export const readCode = async (picture) => answerOf(await fetch(phone("read"), { method: "POST", body: picture }));
export const webAddress = (customer, path) => phone(`web/${encodeURIComponent(customer)}/${path}`).href;

export const scan = (customer, url) => send("POST", control("scan"), { customer, url });
export const add = (customer, configId) => send("POST", control("add"), { customer, config_id: configId });
export const join = (customer, url) => send("POST", control("join"), { customer, url });
export const openLink = (customer, url) => send("POST", control("open_link"), { customer, url });
export const remove = (customer, userid) => send("POST", control("remove"), { customer, userid, by: "customer" });
export const chat = (message) => send("POST", control("chat"), message);

export const effects = (since) => get(control(`effects?since=${since}`));
export const forgetEffects = () => send("DELETE", control("effects"));
export const refusedCalls = (since) => get(control(`calls?since=${since}`));
export const moveClock = (move) => send("POST", control("clock"), move);
export const faults = () => get(control("faults"));
export const installFaults = (wanted) => send("POST", control("faults"), wanted);

export function onNewLine(customer, react) {
  const source = new EventSource(control(`stream?external_userid=${encodeURIComponent(customer)}`));
  source.addEventListener("line", react);
  return source;
}
