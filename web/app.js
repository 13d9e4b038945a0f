// What scripts add to pages that work without them. No page needs this file; attributes say what an element wants:
//
// data-live-url="/board/live"   its content follows that stream of server-sent events. An event `html` carries
//                               {"html": "...", "count": 3, "newest": 1795424400000}; any event shows that the server
//                               is there, `lost` that it has no news to tell, and `again` ends the stream so that
//                               another is opened.
//   data-live-count="2"         what the count was when the page was made
//   data-live-newest="1795..."  and since when the newest of them was there, in milliseconds, where that is told
//   data-live-silence="30"      seconds without any event after which the connection counts as lost
// data-live-pause               a button: content stands still until it is pressed again; count and sound go on
// data-live-only                shown where scripts run
// data-live-held                shown while new content waits, because the old has the keyboard's focus
// data-live-lost                shown while the connection is lost
// data-live-status="Overdue"    says "Overdue: 3" to screen readers when the count changes
// data-live-sound               a checkbox: a sound when a newer one comes, or the count rises where that is not told
// data-postcode-url="/areas"    a form's field: its value goes there as the form's would, and what comes back into data-target="ID"
//   data-postcode-with="a b"    goes along: the values of these fields of the form; what changes there is asked anew too
// data-submit-once              a form that a second click does not send again

const RETRY_MILLISECONDS = 5000;
const TYPING_MILLISECONDS = 300;

const all = (selector) => [...document.querySelectorAll(selector)];
const show = (selector, shown) => all(selector).forEach((element) => (element.hidden = !shown));

document.body.classList.add("js-enabled");

// Live parts.

const title = document.title.replace(/^\(\d+\) /, "");
const regions = all("[data-live-url]").map((element) => ({
  element,
  count: Number(element.dataset.liveCount ?? 0),
  newest: Number(element.dataset.liveNewest || 0),
}));
let paused = false;

function put(region) {
  const { element, html } = region;
  const focused = element.contains(document.activeElement) ? document.activeElement : null;
  // What only scrolls is focused by any click in it: nobody would lose their place.
  const scrolls = focused?.getAttribute("tabindex") === "0";
  const held = html !== undefined && !paused && focused !== null && !scrolls;
  show("[data-live-held]", held);
  if (html === undefined || paused || held) return;
  const { scrollX, scrollY } = window;
  element.innerHTML = html;
  delete region.html;
  if (scrolls) element.querySelector('[tabindex="0"]')?.focus({ preventScroll: true });
  window.scrollTo(scrollX, scrollY);
}

function count(region, value, newest) {
  const isNew = newest == null ? value > region.count : newest > region.newest;
  if (isNew && all("[data-live-sound]").some((box) => box.checked)) sound();
  region.newest = Math.max(region.newest, newest ?? 0);
  if (value === region.count) return;
  region.count = value;
  entitle();
  all("[data-live-status]").forEach((element) => (element.textContent = `${element.dataset.liveStatus}: ${value}`));
}

function entitle() {
  const sum = regions.reduce((total, region) => total + region.count, 0);
  document.title = sum > 0 ? `(${sum}) ${title}` : title;
}

function follow(region) {
  const { liveUrl, liveSilence } = region.element.dataset;
  const source = new EventSource(liveUrl);
  let silence;
  const listen = () => {
    clearTimeout(silence);
    if (liveSilence) silence = setTimeout(again, Number(liveSilence) * 1000);
  };
  const again = () => {
    clearTimeout(silence);
    source.close();
    lost(region, true);
    setTimeout(follow, RETRY_MILLISECONDS, region);
  };
  const heard = () => {
    listen();
    lost(region, region.silent ?? false);
  };
  listen();
  source.addEventListener("open", heard);
  source.addEventListener("beat", heard);
  source.addEventListener("again", () => {
    clearTimeout(silence);
    source.close();
    follow(region);
  });
  // The server is there, and cannot tell how things stand.
  source.addEventListener("lost", () => {
    region.silent = true;
    heard();
  });
  source.addEventListener("html", (event) => {
    region.silent = false;
    heard();
    const news = JSON.parse(event.data);
    region.html = news.html;
    put(region);
    if (news.count !== undefined) count(region, news.count, news.newest);
  });
  // By itself a browser tries again only while the server answers well.
  source.addEventListener("error", again);
}

function lost(region, is) {
  region.lost = is;
  show("[data-live-lost]", regions.some((one) => one.lost));
}

function pause(button) {
  paused = !paused;
  button.setAttribute("aria-pressed", String(paused));
  button.textContent = paused ? "Resume updates" : "Pause updates";
  regions.forEach(put);
}

// Two tones, without a file.
function sound() {
  const audio = new AudioContext();
  [660, 880].forEach((hertz, at) => {
    const tone = audio.createOscillator();
    tone.frequency.value = hertz;
    tone.connect(audio.destination);
    tone.start(audio.currentTime + at * 0.2);
    tone.stop(audio.currentTime + at * 0.2 + 0.15);
    tone.onended = () => at === 1 && audio.close();
  });
}

regions.forEach((region) => {
  follow(region);
  region.element.addEventListener("focusout", () => setTimeout(put, 0, region));
});
entitle();
show("[data-live-only], [data-live-pause]", true);
all("[data-live-pause]").forEach((button) => button.addEventListener("click", () => pause(button)));
// Browsers allow sounds after a click; and so a person hears what to listen for.
all("[data-live-sound]").forEach((box) => box.addEventListener("change", () => box.checked && sound()));

// Fields that ask the server as they are filled in.

function ask(field) {
  const { postcodeUrl, postcodeWith = "", target } = field.dataset;
  const names = [field.name, ...postcodeWith.split(" ")];
  let typing;
  let asked = new AbortController();
  const soon = () => {
    clearTimeout(typing);
    typing = setTimeout(async () => {
      asked.abort();
      asked = new AbortController();
      const given = [...new FormData(field.form)].filter(([name]) => names.includes(name));
      const body = new URLSearchParams(given); // never in a URL: those are logged
      try {
        const response = await fetch(postcodeUrl, { method: "POST", body, signal: asked.signal });
        if (response.ok) document.getElementById(target).innerHTML = await response.text();
      } catch {
        // The page works without the answer.
      }
    }, TYPING_MILLISECONDS);
  };
  field.form.addEventListener("input", (event) => {
    if (event.target === field || (field.value && names.includes(event.target.name))) soon();
  });
  if (field.value) soon();
}
all("[data-postcode-url]").forEach(ask);

// Forms that are sent once.

all("form[data-submit-once]").forEach((form) => {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    form.querySelectorAll("button").forEach((button) => button.setAttribute("aria-disabled", "true"));
  });
  // A page that comes back with "Back" may be sent again.
  window.addEventListener("pageshow", () => {
    delete form.dataset.sent;
    form.querySelectorAll("button").forEach((button) => button.removeAttribute("aria-disabled"));
  });
});
