// The page to try the API: reads the description, draws a form for each
// operation, sends it, shows what came back. No login is stored: the token
// lives in `session` and ends with the page.
"use strict";

const WORDS = {
  zh: {
    other: "English", filter: "查找接口", menu: "全部接口", close: "收起", loading: "正在读取说明…", unread: "读不到 /api-docs/openapi.json，请刷新重试。",
    nobody: "未登录", as: "当前：", logIn: "以 … 登录", logOut: "退出", failed: "登录失败：", anyone: "无需登录", buyer: "需登录", operator: "需运营登录", bearer: "只认 Bearer",
    parameters: "参数", body: "请求体", example: "示例", send: "发送", sending: "发送中…", copy: "复制", copied: "已复制", required: "必填",
    request: "请求", response: "回应", nothing: "发送后在这里显示状态、响应头与内容。", headers: "响应头", empty: "没有内容", unreachable: "请求没有送达：",
    badJson: "请求体不是有效的 JSON：", answers: "可能的回应", fields: "字段", name: "名称", type: "类型", meaning: "说明", none: "没有匹配的接口",
  },
  en: {
    other: "中文", filter: "Find an operation", menu: "All operations", close: "Close", loading: "Reading the description…", unread: "Cannot read /api-docs/openapi.json; please reload.",
    nobody: "Not logged in", as: "You are ", logIn: "Log in as …", logOut: "Log out", failed: "Login failed: ", anyone: "No login", buyer: "Needs a login", operator: "Needs an operator", bearer: "Bearer only",
    parameters: "Parameters", body: "Body", example: "Example", send: "Send", sending: "Sending…", copy: "Copy", copied: "Copied", required: "required",
    request: "Request", response: "Response", nothing: "Status, headers and body appear here.", headers: "Headers", empty: "No content", unreachable: "The request did not arrive: ",
    badJson: "The body is not valid JSON: ", answers: "Possible answers", fields: "Fields", name: "Name", type: "Type", meaning: "Meaning", none: "Nothing matches",
  },
};
const METHODS = ["get", "post", "put", "delete"];
const DEMO = ["demo", "admin"];

let lang = localStorage.getItem("docs-lang") || (navigator.language.startsWith("zh") ? "zh" : "en");
let api = null;
let operations = [];
let current = null;
let session = null;
let trouble = "";
/** What was typed, what was learnt from answers, and the last answer, by operation. */
const typed = new Map();
const learnt = new Map();
const answers = new Map();

const word = (key) => WORDS[lang][key];

/** The half of a text "中文 / English" that is in the page's language. */
function half(text = "") {
  const at = text.indexOf(" / ");
  if (at < 0) return text;
  return lang === "zh" ? text.slice(0, at) : text.slice(at + 3);
}

/** An element with properties and children; text only ever as text. */
function el(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** What a `$ref` stands for. */
function resolve(thing) {
  if (!thing || !thing.$ref) return thing;
  const found = thing.$ref.slice(2).split("/").reduce((at, key) => at[key], api);
  const { $ref, ...beside } = thing;
  return { ...resolve(found), ...beside };
}

// ---------------------------------------------------------------- the list

function readOperations() {
  const all = [];
  for (const [path, item] of Object.entries(api.paths)) {
    for (const method of Object.keys(item).filter((key) => METHODS.includes(key))) {
      const operation = item[method];
      const parameters = (operation.parameters || []).map(resolve);
      all.push({ ...operation, path, method, parameters, id: operation.operationId });
    }
  }
  const order = api.tags.map((tag) => tag.name);
  return all.sort((a, b) => order.indexOf(a.tags[0]) - order.indexOf(b.tags[0]));
}

function badge(method) {
  return el("span", { className: `method ${method}` }, method.toUpperCase());
}

function drawList() {
  const wanted = document.getElementById("filter").value.trim().toLowerCase();
  const matches = operations.filter((operation) => {
    return `${operation.method} ${operation.path} ${operation.summary}`.toLowerCase().includes(wanted);
  });
  const groups = [];
  for (const tag of api.tags) {
    const own = matches.filter((operation) => operation.tags[0] === tag.name);
    if (own.length === 0) continue;
    const links = own.map((operation) => {
      const link = el("a", { href: `#${operation.id}` }, badge(operation.method), el("span", {}, half(operation.summary)));
      if (operation === current) link.setAttribute("aria-current", "page");
      return el("li", {}, link);
    });
    groups.push(el("section", {}, el("h2", {}, half(tag.name)), el("ul", {}, ...links)));
  }
  if (groups.length === 0) groups.push(el("p", { className: "hint" }, word("none")));
  document.getElementById("groups").replaceChildren(...groups);
}

function openMenu(open) {
  const menu = document.getElementById("menu");
  document.getElementById("list").classList.toggle("open", open);
  menu.setAttribute("aria-expanded", String(open));
  menu.textContent = word(open ? "close" : "menu");
}

// ---------------------------------------------------------------- who is logged in

function drawSession() {
  const who = document.getElementById("who");
  if (session) {
    const out = el("button", { type: "button", className: "quiet" }, word("logOut"));
    out.addEventListener("click", logOut);
    who.replaceChildren(el("span", { className: "state" }, word("as"), el("b", {}, session.username)), out);
    return;
  }
  const buttons = DEMO.map((name) => {
    const button = el("button", { type: "button", className: name === "demo" ? "strong" : "quiet" }, word("logIn").replace("…", name));
    button.addEventListener("click", () => logIn(name));
    return button;
  });
  const state = el("span", { className: trouble ? "state bad" : "state" }, trouble || word("nobody"));
  who.replaceChildren(state, ...buttons);
}

async function logIn(name) {
  trouble = "";
  try {
    const body = JSON.stringify({ username: name, password: name });
    const headers = { "Content-Type": "application/json", "Accept-Language": lang };
    const response = await fetch("/api/user/login", { method: "POST", headers, body, credentials: "omit" });
    const answer = await response.json();
    if (answer.flag) await enter(name, answer.data.accessToken);
    else trouble = word("failed") + answer.message;
  } catch (error) {
    trouble = word("failed") + error.message;
  }
  drawSession();
  draw();
}

async function enter(username, token) {
  session = { username, token };
  // The login's own addresses and orders, so that the forms hold ids that exist.
  const lists = operations.filter((operation) => operation.method === "get" && operation.responses["200"]?.links);
  await Promise.all(lists.filter((operation) => operation.security.length > 0).map(async (operation) => {
    const response = await fetch(operation.path, { headers: { Authorization: `Bearer ${token}` }, credentials: "omit" });
    if (response.ok) learn(operation, response.status, await response.json());
  }));
}

function logOut() {
  const { token } = session;
  session = null;
  fetch("/api/user/logout", { method: "POST", headers: { Authorization: `Bearer ${token}` }, credentials: "omit" }).catch(() => {});
  drawSession();
  draw();
}

/** Follows the description's links: ids in an answer fill the forms that need them. */
function learn(operation, status, answer) {
  const links = operation.responses[String(status)]?.links || {};
  for (const link of Object.values(links)) {
    for (const [where, expression] of Object.entries(link.parameters)) {
      const pointer = expression.replace("$response.body#/", "").split("/");
      const value = pointer.reduce((at, key) => (at === null || at === undefined ? at : at[key]), answer);
      if (typeof value !== "string") continue;
      const key = `${link.operationId}.${where.split(".")[1]}`;
      learnt.set(key, value);
      typed.delete(key);
    }
  }
}

// ---------------------------------------------------------------- one operation

function valueOf(operation, parameter) {
  const key = `${operation.id}.${parameter.name}`;
  if (typed.has(key)) return typed.get(key);
  if (learnt.has(key)) return learnt.get(key);
  // An example key would make the second order a repeat of the first.
  if (parameter.in === "header") return "";
  return String(parameter.example ?? "");
}

function kinds(operation) {
  return Object.keys(resolve(operation.requestBody)?.content || {});
}

function kindOf(operation) {
  return typed.get(`${operation.id} kind`) || kinds(operation)[0];
}

function examplesOf(operation) {
  const content = operation.requestBody.content[kindOf(operation)];
  return content.examples ? Object.values(content.examples) : [{ summary: "", value: content.example }];
}

function bodyOf(operation) {
  const key = `${operation.id} body`;
  if (typed.has(key)) return typed.get(key);
  const { value } = examplesOf(operation)[0];
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

function typeOf(schema) {
  const meant = resolve(schema);
  if (!meant) return "";
  if (meant.enum) return meant.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (meant.anyOf && !meant.type) return [...new Set(meant.anyOf.map(typeOf))].join(" | ");
  const types = [meant.type].flat().filter(Boolean);
  const told = types.map((type) => (type === "array" ? `(${typeOf(meant.items)})[]` : type));
  return told.join(" | ") + bounds(meant);
}

function bounds({ minimum, maximum, minLength, maxLength }) {
  const least = minimum ?? minLength;
  const most = maximum ?? maxLength;
  const small = (number) => number !== undefined && Math.abs(number) < 2 ** 53;
  if (small(least) && small(most)) return ` ${least}–${most}`;
  if (small(most)) return ` ≤ ${most}`;
  return small(least) ? ` ≥ ${least}` : "";
}

function parameterField(operation, parameter) {
  const id = `field-${parameter.name}`;
  const schema = resolve(parameter.schema);
  const options = schema.enum?.filter((value) => value !== "");
  const value = valueOf(operation, parameter);
  const field = options
    ? el("select", { id }, ...(parameter.required ? [] : [""]).concat(options).map((option) => el("option", { value: option }, option || "—")))
    : el("input", { id, spellcheck: false, autocomplete: "off", placeholder: parameter.example ? String(parameter.example) : "" });
  field.value = value;
  field.addEventListener("input", () => {
    typed.set(`${operation.id}.${parameter.name}`, field.value);
    drawCurl();
  });
  const label = el("label", { htmlFor: id }, parameter.name, el("small", {}, `${parameter.in} · ${typeOf(parameter.schema)}`));
  if (parameter.required) label.append(el("em", {}, word("required")));
  return el("div", { className: "field" }, label, field, el("p", { className: "hint" }, half(parameter.description)));
}

function bodyFields(operation) {
  const area = el("textarea", { id: "field-body", spellcheck: false, value: bodyOf(operation) });
  area.rows = Math.min(18, area.value.split("\n").length + 1);
  area.addEventListener("input", () => {
    typed.set(`${operation.id} body`, area.value);
    drawCurl();
  });
  const tools = [];
  if (kinds(operation).length > 1) tools.push(chooser("Content-Type", kinds(operation), kindOf(operation), (kind) => typed.set(`${operation.id} kind`, kind)));
  const examples = examplesOf(operation);
  if (examples.length > 1) {
    const named = examples.map((example) => half(example.summary));
    tools.push(chooser(word("example"), named, typed.get(`${operation.id} example`), (name) => {
      typed.set(`${operation.id} example`, name);
      typed.set(`${operation.id} body`, JSON.stringify(examples[named.indexOf(name)].value, null, 2));
    }));
  }
  const head = el("h2", {}, el("label", { htmlFor: "field-body" }, word("body")));
  const only = tools.length === 0 || kinds(operation).length === 1 ? el("small", { className: "kind" }, kindOf(operation)) : null;
  if (only) head.append(" ", only);
  return el("section", {}, head, el("div", { className: "tools" }, ...tools), area, fieldTable(operation));
}

function chooser(label, options, chosen, choose) {
  const select = el("select", {}, ...options.map((option) => el("option", { value: option }, option)));
  if (chosen && options.includes(chosen)) select.value = chosen;
  select.addEventListener("change", () => {
    choose(select.value);
    draw();
  });
  return el("label", { className: "chooser" }, label, select);
}

function fieldTable(operation) {
  const schema = resolve(operation.requestBody.content[kindOf(operation)].schema);
  const fields = resolve(schema.items || schema);
  if (!fields.properties) return null;
  const rows = Object.entries(fields.properties).map(([name, property]) => {
    const must = (fields.required || []).includes(name) ? el("em", {}, word("required")) : null;
    return el("tr", {}, el("th", { scope: "row" }, name, must), el("td", { className: "type" }, typeOf(property)), el("td", {}, half(resolve(property).description)));
  });
  const about = fields.description ? el("p", { className: "hint" }, half(fields.description)) : null;
  return el("details", {}, el("summary", {}, word("fields")), about, el("div", { className: "wide" }, el("table", {}, ...rows)));
}

function answerTable(operation) {
  const rows = Object.entries(operation.responses).map(([status, response]) => {
    const meant = resolve(response);
    const schema = meant.content?.["application/json"]?.schema;
    const reasons = (schema?.oneOf || [schema]).map(reasonOf).filter(Boolean);
    const words = reasons.flatMap((reason) => [el("code", {}, reason), " "]);
    return el("tr", {}, el("th", { scope: "row", className: tone(Number(status)) }, status), el("td", {}, ...words, el("span", { className: "hint" }, half(meant.description))));
  });
  return el("details", { open: true }, el("summary", {}, word("answers")), el("table", { className: "answers" }, ...rows));
}

function reasonOf(schema) {
  return resolve(schema)?.allOf?.map((part) => part.properties?.reason?.const).find(Boolean);
}

function tone(status) {
  return status < 300 ? "good" : status < 500 ? "warn" : "bad";
}

function access(operation) {
  const [first] = operation.security;
  if (!first) return word("anyone");
  const role = word(first.bearer[0]);
  return operation.security.length === 1 ? `${role} · ${word("bearer")}` : role;
}

function draw() {
  if (!current) return;
  const operation = current;
  document.title = `${half(operation.summary)} · API · ${lang === "zh" ? "畅购" : "Changgou"}`;
  const send = el("button", { type: "submit", className: "strong send", id: "send" }, word("send"));
  const form = el("form", { noValidate: true });
  if (operation.parameters.length > 0) {
    form.append(el("section", {}, el("h2", {}, word("parameters")), ...operation.parameters.map((one) => parameterField(operation, one))));
  }
  if (operation.requestBody) form.append(bodyFields(operation));
  form.append(send);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  const head = el("div", { className: "head" },
    el("h1", {}, half(operation.summary)),
    el("p", { className: "route" }, badge(operation.method), el("code", {}, operation.path), el("span", { className: "access" }, access(operation))),
    operation.description ? el("p", { className: "about" }, half(operation.description)) : null);
  const copy = el("button", { type: "button", className: "quiet dark" }, word("copy"));
  copy.addEventListener("click", () => copyCurl(copy));
  const right = el("div", { className: "right" },
    el("section", { className: "slab" }, el("div", { className: "slab-head" }, el("h2", {}, "curl"), copy), el("pre", { id: "curl", tabIndex: 0 })),
    el("section", { className: "slab" }, el("div", { className: "slab-head" }, el("h2", {}, word("response"))), el("div", { id: "answer", "aria-live": "polite" })));
  form.className = "left";
  const below = el("div", { className: "left below" }, answerTable(operation));
  document.getElementById("main").replaceChildren(head, el("div", { className: "columns" }, form, right, below));
  drawCurl();
  drawAnswer();
}

// ---------------------------------------------------------------- sending

/** The request as the form has it now. */
function request() {
  const operation = current;
  let path = operation.path;
  const query = new URLSearchParams();
  const headers = { "Accept-Language": lang };
  for (const parameter of operation.parameters) {
    const value = valueOf(operation, parameter);
    if (parameter.in === "path") path = path.replace(`{${parameter.name}}`, encodeURIComponent(value));
    else if (value === "" && !parameter.required) continue;
    else if (parameter.in === "query") query.append(parameter.name, value);
    else headers[parameter.name] = value;
  }
  if (session && operation.security.length > 0) headers.Authorization = `Bearer ${session.token}`;
  let body;
  if (operation.requestBody) {
    headers["Content-Type"] = kindOf(operation);
    body = encoded(bodyOf(operation), kindOf(operation));
  }
  const search = query.toString();
  return { method: operation.method.toUpperCase(), url: search ? `${path}?${search}` : path, headers, body };
}

function encoded(text, kind) {
  if (kind !== "application/x-www-form-urlencoded") return text;
  return new URLSearchParams(JSON.parse(text)).toString();
}

function curl({ method, url, headers, body }) {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const parts = [`curl${method === "GET" ? "" : ` -X ${method}`} ${quoted(location.origin + url)}`];
  for (const [name, value] of Object.entries(headers)) parts.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (body !== undefined) parts.push(`--data-raw ${quoted(body)}`);
  return parts.join(" \\\n  ");
}

function drawCurl() {
  const shown = document.getElementById("curl");
  try {
    shown.textContent = curl(request());
  } catch (error) {
    shown.textContent = word("badJson") + error.message;
  }
}

async function copyCurl(button) {
  const shown = document.getElementById("curl");
  try {
    await navigator.clipboard.writeText(shown.textContent);
  } catch {
    getSelection().selectAllChildren(shown);
    document.execCommand("copy");
  }
  button.textContent = word("copied");
  setTimeout(() => { button.textContent = word("copy"); }, 1500);
}

async function submit() {
  const operation = current;
  const button = document.getElementById("send");
  button.disabled = true;
  button.textContent = word("sending");
  answers.set(operation.id, await exchange(operation));
  if (current === operation) draw();
  if (matchMedia("(max-width: 1099px)").matches) document.getElementById("answer").scrollIntoView({ block: "center" });
}

async function exchange(operation) {
  try {
    const { url, ...rest } = request();
    const began = performance.now();
    const response = await fetch(url, { ...rest, credentials: "omit", cache: "no-store" });
    const kind = response.headers.get("content-type") || "";
    const picture = kind.startsWith("image/") ? url : null;
    const text = picture ? `(${(await response.arrayBuffer()).byteLength} bytes)` : await response.text();
    const took = Math.round(performance.now() - began);
    const json = kind.startsWith("application/json") ? parsed(text) : undefined;
    if (json !== undefined) notice(operation, response.status, json);
    return { status: response.status, phrase: response.statusText, headers: [...response.headers], text, json, picture, took };
  } catch (error) {
    return { problem: (error instanceof SyntaxError ? word("badJson") : word("unreachable")) + error.message };
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Keeps what later requests need: ids, and a login made through the forms. */
function notice(operation, status, json) {
  learn(operation, status, json);
  const token = json.data?.accessToken;
  if (token) session = { username: parsed(bodyOf(operation))?.username || session?.username || "…", token };
  if (operation.id === "logout" && json.flag) session = null;
  drawSession();
}

function drawAnswer() {
  const place = document.getElementById("answer");
  const answer = answers.get(current.id);
  if (!answer) return place.replaceChildren(el("p", { className: "nothing" }, word("nothing")));
  if (answer.problem) return place.replaceChildren(el("p", { className: "nothing bad" }, answer.problem));
  const status = el("p", { className: `status ${tone(answer.status)}` }, el("b", {}, String(answer.status)), ` ${answer.phrase}`, el("span", {}, `${answer.took} ms`));
  const headers = el("dl", {}, ...answer.headers.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
  const shown = answer.json === undefined ? [answer.text || word("empty")] : painted(JSON.stringify(answer.json, null, 2));
  const picture = answer.picture ? el("img", { src: answer.picture, alt: "" }) : null;
  place.replaceChildren(status, el("details", { open: true }, el("summary", {}, word("headers")), headers), ...(picture ? [picture] : []), el("pre", { tabIndex: 0 }, ...shown));
}

/** JSON with names, texts and other values told apart. */
function painted(json) {
  const token = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d[\d.eE+-]*|true|false|null)/g;
  const pieces = [];
  let from = 0;
  for (const match of json.matchAll(token)) {
    const [whole, text, colon] = match;
    const kind = colon ? "key" : text ? "text" : "value";
    const painted = text || whole;
    pieces.push(json.slice(from, match.index), el("span", { className: kind }, painted));
    from = match.index + painted.length;
  }
  pieces.push(json.slice(from));
  return pieces;
}

// ---------------------------------------------------------------- the page

function drawAll() {
  document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
  const other = document.getElementById("language");
  other.textContent = word("other");
  other.lang = lang === "zh" ? "en" : "zh-CN";
  const logo = document.getElementById("logo");
  logo.src = lang === "zh" ? "/static/logo.svg" : "/static/logo-en.svg";
  logo.alt = lang === "zh" ? "畅购" : "Changgou";
  const filter = document.getElementById("filter");
  filter.placeholder = word("filter");
  filter.setAttribute("aria-label", word("filter"));
  openMenu(document.getElementById("list").classList.contains("open"));
  drawSession();
  drawList();
  draw();
}

function go() {
  const wanted = location.hash.slice(1);
  current = operations.find((operation) => operation.id === wanted) || current || operations[0];
  openMenu(false);
  drawList();
  draw();
  document.querySelector("#groups [aria-current]")?.scrollIntoView({ block: "nearest" });
  scrollTo(0, 0);
}

async function start() {
  const main = document.getElementById("main");
  main.replaceChildren(el("p", { className: "hint" }, word("loading")));
  try {
    api = await (await fetch("/api-docs/openapi.json")).json();
  } catch {
    return main.replaceChildren(el("p", { className: "bad" }, word("unread")));
  }
  operations = readOperations();
  document.getElementById("language").addEventListener("click", () => {
    lang = lang === "zh" ? "en" : "zh";
    localStorage.setItem("docs-lang", lang);
    drawAll();
  });
  document.getElementById("menu").addEventListener("click", () => openMenu(!document.getElementById("list").classList.contains("open")));
  document.getElementById("filter").addEventListener("input", () => {
    openMenu(true);
    drawList();
  });
  addEventListener("hashchange", go);
  addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && current) submit();
  });
  drawAll();
  go();
}

start();
