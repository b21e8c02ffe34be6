"use strict";
(() => {
  const { texts, municipalities, format, version, email } = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const MOST = 8;
  const EMAIL = /^[A-Za-z0-9.!#$%&*+/=?^_{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/;
  const HOST = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$/;
  const SHORT = { st: "saint", ste: "sainte", sts: "saints", stes: "saintes" };
  let language = "fr";
  let chosen = null;
  let suggested = "";
  let proposed = "";
  let shown = [];
  let savedAs = "";

  const say = (key, values = {}) =>
    texts[language][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const number = (value) => new Intl.NumberFormat(language + "-CA").format(value);

  const words = (text) =>
    (text.replace(/œ/gi, "oe").normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase().match(/[a-z0-9]+/g) || [])
      .map((word) => SHORT[word] || word);
  for (const one of municipalities) {
    one.words = words(one.name);
    one.key = one.words.join("");
  }

  /* Municipality: prefix first, then any name whose words begin as asked. */
  function search(query) {
    const asked = words(query);
    const key = asked.join("");
    if (!key) return [];
    if (/^\d+$/.test(key)) return municipalities.filter((one) => one.code.startsWith(key));
    const rank = (one) => {
      if (one.key === key) return 0;
      if (one.key.startsWith(key)) return 1;
      if (asked.every((word) => one.words.some((part) => part.startsWith(word)))) return 2;
      return key.length > 3 && one.key.includes(key) ? 3 : 9;
    };
    return municipalities.map((one) => [rank(one), one]).filter(([value]) => value < 9)
      .sort((a, b) => a[0] - b[0]).map(([, one]) => one);
  }

  function describe(one) {
    const parts = [one.designation, one.mrc ? say("mrc", { mrc: one.mrc }) : one.region];
    if (one.population !== null) parts.push(say("people", { count: number(one.population) }));
    parts.push(say("code", { code: one.code }));
    return parts.join(" · ");
  }

  function option(one) {
    const label = document.createElement("label");
    const input = document.createElement("input");
    const text = document.createElement("span");
    const name = document.createElement("strong");
    const facts = document.createElement("small");
    label.className = "option";
    input.type = "radio";
    input.name = "municipality";
    input.value = one.code;
    input.checked = chosen === one;
    input.addEventListener("change", () => choose(one));
    name.textContent = one.name;
    facts.textContent = describe(one);
    text.append(name, facts);
    label.append(input, text);
    return label;
  }

  function showOptions() {
    $("options").replaceChildren(...shown.slice(0, MOST).map(option));
    $("choices").hidden = shown.length === 0;
    const query = $("code").value.trim();
    if (!query) $("found").textContent = "";
    else if (!shown.length) $("found").textContent = say("found-none");
    else if (shown.length > MOST) $("found").textContent = say("found-many", { count: number(shown.length), shown: MOST });
    else $("found").textContent = say(shown.length === 1 ? "found-one" : "found-some", { count: shown.length });
  }

  function choose(one) {
    chosen = one;
    const website = $("website");
    if (!website.value || website.value === suggested) {
      website.value = one ? one.website : "";
      suggested = website.value;
    }
    propose();
  }

  $("code").addEventListener("input", () => {
    shown = search($("code").value);
    if (shown.length === 1) choose(shown[0]);
    else if (!shown.slice(0, MOST).includes(chosen)) choose(null);
    showOptions();
  });

  /* Nextcloud: its address follows the website's until somebody writes another. */
  function propose() {
    const address = $("nextcloud");
    if (!$("wanted").checked || (address.value && address.value !== proposed)) return;
    const website = $("website").value;
    proposed = host(website) ? "nuage." + bareHost(website).replace(/^www\./, "") : "";
    address.value = proposed;
  }

  function showNextcloud() {
    const wanted = $("wanted").checked;
    $("f-nextcloud").hidden = !wanted;
    $("accounts-only").hidden = wanted;
    if (wanted) propose();
    else forget("nextcloud");
  }

  $("website").addEventListener("change", propose);
  $("wanted").addEventListener("change", showNextcloud);

  /* Checks, the same as those of `nuage request import`. */
  const bareHost = (text) =>
    text.trim().toLowerCase().replace(/^https?:\/\//, "").replace(/\/+$/, "").replace(/\.$/, "");

  function host(text) {
    const bare = bareHost(text);
    if (/[\s/:@?#]/.test(bare)) return null;
    try {
      const name = new URL("http://" + bare).hostname;
      return HOST.test(name) ? name : null;
    } catch {
      return null;
    }
  }

  function person(who, values, wrong) {
    const source = who === "privacy" && $("same").checked ? "administrator" : who;
    for (const [part, valid] of [["name", (v) => v && v.length <= 200], ["email", (v) => EMAIL.test(v) && v.length <= 254]]) {
      const value = $(source + "_" + part).value.trim();
      if (valid(value)) values[who + "_" + part] = value;
      else if (source === who) wrong(who + "_" + part, value ? "bad-" + part : "missing-" + part);
    }
    const telephone = $(source + "_telephone").value.trim();
    if (telephone) values[who + "_telephone"] = telephone.slice(0, 200);
  }

  function services(values, wrong) {
    if (!$("wanted").checked) {
      if ($("accounts").checked) values.accounts = "yes";
      return;
    }
    const given = $("nextcloud").value.trim();
    const address = host(given);
    if (!address) wrong("nextcloud", given ? "bad-nextcloud" : "missing-nextcloud");
    else if ([values.website, ...(values.aliases || "").split(" ")].includes(address)) wrong("nextcloud", "bad-nextcloud-taken");
    else values.nextcloud = address;
  }

  function collect() {
    const values = {};
    const errors = [];
    const wrong = (field, key) => errors.push([field, key]);
    if (chosen) Object.assign(values, { code: chosen.code, name: chosen.name });
    else wrong("code", "missing-code");
    const website = host($("website").value);
    if (website) values.website = website;
    else wrong("website", $("website").value.trim() ? "bad-website" : "missing-website");
    const aliases = $("aliases").value.split(/[\s,;]+/).filter(Boolean).map(host);
    if (aliases.includes(null)) wrong("aliases", "bad-website");
    else if (aliases.length) values.aliases = aliases.join(" ");
    values.language = document.querySelector("[name=language]:checked").value;
    const size = document.querySelector("[name=size]:checked").value;
    if (size) values.size = size;
    services(values, wrong);
    person("administrator", values, wrong);
    person("privacy", values, wrong);
    const note = $("note").value.trim();
    if (note) values.note = note;
    if ($("consent").checked) values.consent = "yes";
    else wrong("consent", "missing-consent");
    return { values, errors };
  }

  const FIELDS = ["code", "website", "aliases", "nextcloud", "administrator_name", "administrator_email", "privacy_name", "privacy_email", "consent"];
  let errorsShown = [];

  function showErrors(errors) {
    errorsShown = errors;
    const keys = new Map(errors);
    for (const field of FIELDS) {
      const key = keys.get(field);
      const message = $(field + "-error");
      message.hidden = !key;
      message.textContent = key ? say(key) : "";
      $("f-" + field).classList.toggle("invalid", Boolean(key));
      if (key) $(field).setAttribute("aria-invalid", "true");
      else $(field).removeAttribute("aria-invalid");
    }
    $("error-list").replaceChildren(...errors.map(([field, key]) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = "#" + field;
      link.textContent = (field.startsWith("privacy") ? say("privacy-short") + say("colon") : "") + say(key);
      link.addEventListener("click", (event) => {
        event.preventDefault();
        $(field).focus();
      });
      item.append(link);
      return item;
    }));
    $("errors").hidden = errors.length === 0;
  }

  /* An answer that isn't asked for any more can't be wrong. */
  function forget(start) {
    showErrors(errorsShown.filter(([field]) => !field.startsWith(start)));
  }

  function save(values) {
    const text = JSON.stringify({ format, version, request: values }, null, 2) + "\n";
    const link = document.createElement("a");
    const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    savedAs = "demande-" + values.code + ".json";
    link.href = address;
    link.download = savedAs;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
  }

  function showDone() {
    $("done-text").textContent = say(email ? "done-text-to" : "done-text", { file: savedAs, email });
  }

  $("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const { values, errors } = collect();
    showErrors(errors);
    if (errors.length) {
      $("done").hidden = true;
      $("errors").focus();
      return;
    }
    save(values);
    showDone();
    $("done").hidden = false;
    $("done").focus();
  });

  function showPrivacy() {
    $("privacy-fields").hidden = $("same").checked;
    if ($("same").checked) forget("privacy");
  }

  $("again").addEventListener("click", () => {
    $("done").hidden = true;
    $("code").focus();
  });
  $("same").addEventListener("change", showPrivacy);

  /* Languages. */
  function speak() {
    document.documentElement.lang = language;
    for (const element of document.querySelectorAll("[data-t]")) element.textContent = say(element.dataset.t);
    const other = language === "fr" ? "en" : "fr";
    $("language").textContent = other === "en" ? "English" : "Français";
    $("language").lang = other;
    showOptions();
    showErrors(errorsShown);
    if (savedAs) showDone();
  }
  $("language").addEventListener("click", () => {
    language = language === "fr" ? "en" : "fr";
    speak();
  });
  showPrivacy();
  showNextcloud();
})();
