// Enhancements of the pages. Everything works without JavaScript.
(function () {
  "use strict";

  var each = function (selector, act, root) {
    (root || document).querySelectorAll(selector).forEach(act);
  };

  // Removes what is shown or stored only once from the address bar: the cookie keeps the language.
  var address = new URL(location.href);
  if (address.searchParams.has("lang") || address.searchParams.has("done")) {
    address.searchParams.delete("lang");
    address.searchParams.delete("done");
    history.replaceState(null, "", address);
  }

  // Menus close on a click elsewhere and on Escape.
  document.addEventListener("click", function (event) {
    each("details.menu[open], details.sure[open]", function (menu) {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") return;
    each("details.menu[open], details.sure[open]", function (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });

  // The buttons beside a quantity field.
  each("button[data-step]", function (button) {
    var input = button.parentNode.querySelector("input");
    button.hidden = false;
    button.addEventListener("click", function () {
      var wanted = (parseInt(input.value, 10) || 1) + Number(button.dataset.step);
      input.value = Math.min(Math.max(wanted, Number(input.min)), Number(input.max));
    });
  });

  // Forms that are submitted only once. Going back to the page reloads it.
  each("form[data-once]", function (form) {
    form.addEventListener("submit", function (event) {
      setTimeout(function () {
        if (event.defaultPrevented) return;
        each("button", function (button) { button.setAttribute("aria-busy", "true"); button.disabled = true; }, form);
      });
    });
    addEventListener("pageshow", function (event) {
      if (event.persisted) location.reload();
    });
  });

  // A form that is sent in the background when something in it changes. The answer
  // replaces the parts it contains, or the whole page; other input is kept.
  var live = function () {
    var form = document.querySelector("form[data-live]");
    if (!form) return;
    var update = Array.prototype.find.call(form.elements, function (button) {
      return button.name === "act" && button.value === form.dataset.live;
    });
    form.addEventListener("change", function (event) {
      var counts = event.target.matches("input") && event.target.closest("[data-changes]");
      if (counts && form.reportValidity()) form.requestSubmit(update);
    });
    form.addEventListener("submit", function (event) {
      var button = event.submitter;
      if (form.hasAttribute("aria-busy")) return event.preventDefault();
      if (!button || button.name !== "act" || button.value === "settle") return;
      event.preventDefault();
      send(form, button);
    });
  };
  var send = function (form, button) {
    var body = new URLSearchParams(new FormData(form));
    body.append(button.name, button.value);
    form.setAttribute("aria-busy", "true");
    fetch(form.action, { method: "POST", body: body }).then(function (answer) {
      if (new URL(answer.url).pathname !== new URL(form.action).pathname) throw answer.url;
      return answer.text();
    }).then(function (html) {
      var at = document.activeElement && document.activeElement.id;
      var part = button.closest("[data-part]");
      if (show(new DOMParser().parseFromString(html, "text/html"))) form.removeAttribute("aria-busy");
      else live();
      var again = document.getElementById(at) ||
        document.querySelector('button[name=act][value="' + CSS.escape(button.value) + '"]:not(.quiet)') ||
        (part && part.querySelector("input:not([type=hidden])"));
      if (again) again.focus({ preventScroll: true });
    }).catch(function () { location.href = form.dataset.here; });
  };
  // Replaces the page: part by part if the new one has the same parts.
  var show = function (fresh) {
    each("noscript", function (other) { other.remove(); }, fresh);
    var parts = Array.from(document.querySelectorAll("[data-part]"), function (old) {
      return [old, fresh.querySelector('[data-part="' + old.dataset.part + '"]')];
    });
    var fits = parts.length && parts.every(function (pair) { return pair[1]; });
    if (fits) {
      parts.forEach(function (pair) { pair[0].replaceChildren.apply(pair[0], Array.from(pair[1].childNodes)); });
      var form = document.querySelector("form[data-live]");
      form.dataset.here = fresh.querySelector("form[data-live]").dataset.here;
      history.replaceState(null, "", form.dataset.here);
      document.querySelector(".way.lang").href = fresh.querySelector(".way.lang").getAttribute("href");
      return true;
    }
    document.querySelector("main").replaceWith(fresh.querySelector("main"));
    document.querySelector("header.top").replaceWith(fresh.querySelector("header.top"));
    return false;
  };
  live();

  // Province, city, district: each list depends on the one before.
  each("[data-places]", function (places) {
    var selects = places.querySelectorAll("select");
    var fill = function (select, list, code, name) {
      while (select.options.length > 1) select.remove(1);
      list.forEach(function (place) { select.add(new Option(place[name], place[code])); });
    };
    var follow = function (from, to, path, code, name) {
      from.addEventListener("change", function () {
        for (var i = Array.prototype.indexOf.call(selects, to); i < selects.length; i++) fill(selects[i], []);
        if (!from.value) return;
        var asked = from.value;
        fetch(path + encodeURIComponent(asked)).then(function (answer) { return answer.json(); }).then(function (answer) {
          if (from.value === asked) fill(to, answer.data || [], code, name);
        });
      });
    };
    follow(selects[0], selects[1], "/api/cities?provinceid=", "cityid", "city");
    follow(selects[1], selects[2], "/api/areas?cityid=", "areaid", "area");
  });

  // The payment page: reloads when the shop reports a result.
  var pay = document.getElementById("pay");
  var state = document.getElementById("pay-state");
  if (pay && pay.dataset.live === "yes" && window.EventSource) {
    var events = new EventSource(pay.dataset.events);
    events.addEventListener("payment", function (event) {
      if (event.data === "waiting") return;
      events.close();
      state.className = "pay-state " + event.data;
      state.querySelector("span").textContent = state.dataset[event.data];
      setTimeout(function () { location.replace(location.pathname); }, 700);
    });
  }

  // Countdowns. The page reloads when one ends.
  each("time[data-until]", function (clock) {
    var ahead = Date.now() - Number(clock.dataset.now);
    var two = function (n) { return String(n).padStart(2, "0"); };
    var tick = function () {
      var left = Math.ceil((Number(clock.dataset.until) - (Date.now() - ahead)) / 1000);
      if (left <= 0) { location.reload(); return; }
      var days = Math.floor(left / 86400), hours = Math.floor(left / 3600) % 24;
      clock.textContent = (days ? days + " " + clock.dataset.days + " " : "") + (days || hours ? two(hours) + ":" : "") +
        two(Math.floor(left / 60) % 60) + ":" + two(left % 60);
      clock.hidden = false;
      setTimeout(tick, 1000);
    };
    tick();
  });
})();
