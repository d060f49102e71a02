// Sends a file and shows its progress. Without this script the form is sent like any other.
(() => {
  const form = document.getElementById("send");
  if (!form) return;
  const $ = (id) => document.getElementById(id);
  const [drop, file, button] = [$("drop"), $("file"), form.querySelector("button[type=submit]")];
  const plain = drop.querySelector(".drop-words").textContent;

  function size(bytes) {
    const [value, unit] = bytes < 1048576 ? [Math.max(1, Math.round(bytes / 1024)), "kilobyte"] : [bytes / 1048576, "megabyte"];
    return value.toLocaleString(form.dataset.locale, { style: "unit", unit, maximumFractionDigits: unit === "megabyte" ? 1 : 0 });
  }

  function name() {
    const chosen = file.files[0];
    drop.classList.toggle("has-file", Boolean(chosen));
    drop.querySelector(".drop-words").textContent = chosen ? `${chosen.name}, ${size(chosen.size)}` : plain;
  }

  function refuse(sentence, packet) {
    const note = document.createElement("div");
    note.className = "note note-needs";
    note.append(Object.assign(document.createElement("p"), { textContent: sentence }));
    if (packet) {
      const line = document.createElement("p");
      line.append(Object.assign(document.createElement("a"), { href: packet, textContent: "Look at that packet" }));
      note.append(line);
    }
    $("refusal").replaceChildren(note);
    $("travel").hidden = true;
    button.disabled = false;
  }

  // Shows the same values in each possible reading. The file stays chosen, so the user only has to answer and send again.
  function ask(readings) {
    const lines = readings.map(({ encoding, title, samples }, place) => {
      const [line, radio, label] = ["p", "input", "label"].map((kind) => document.createElement(kind));
      line.className = "check";
      label.htmlFor = `reading-${place + 1}`;
      Object.assign(radio, { type: "radio", id: label.htmlFor, name: "encoding", value: encoding, required: true });
      label.append(
        Object.assign(document.createElement("strong"), { textContent: samples.join(" · ") }),
        " ",
        Object.assign(document.createElement("span"), { className: "soft small", textContent: title }),
      );
      line.append(radio, " ", label);
      return line;
    });
    $("reading-choices").replaceChildren(...lines);
    $("readings").hidden = !lines.length;
    lines[0]?.querySelector("input").focus();
  }

  function answered(request) {
    let answer = {};
    try {
      answer = JSON.parse(request.responseText);
    } catch {
      answer = {};
    }
    if (request.status === 200 && answer.location) {
      $("travel-words").textContent = `Arrived complete. MD5 ${answer.md5}`;
      window.location.assign(answer.location);
      return;
    }
    if (request.status === 401) return window.location.reload();
    $("again-row").hidden = !answer.again;
    if (answer.readings?.length) ask(answer.readings);
    refuse(
      answer.sentence ??
        {
          413: "That file is too large. Split it into smaller files and send them one by one.",
          507: "We have no space for the file at the moment. Send it again later, and tell support if this keeps happening.",
        }[request.status] ??
        "The file did not arrive. Reload the page and send it again.",
      answer.packet,
    );
  }

  function send(event) {
    event.preventDefault();
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = (moved) => {
      const share = moved.loaded / moved.total;
      $("travel-bar").value = 100 * share;
      $("travel-words").textContent =
        share < 1 ? `${size(moved.loaded)} of ${size(moved.total)}` : "The file has arrived. Its digest is being checked.";
    };
    request.onload = () => answered(request);
    request.onerror = () => refuse("The connection was lost, and nothing was loaded. Send the file again.");
    $("refusal").replaceChildren();
    $("travel").hidden = false;
    button.disabled = true;
    request.send(new FormData(form));
  }

  for (const kind of ["dragenter", "dragover"]) {
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) {
      file.files = event.dataTransfer.files;
      ask([]);
      name();
    }
  });
  file.addEventListener("change", () => {
    ask([]); // the answer belonged to another file
    name();
  });
  form.addEventListener("submit", send);
  name();
})();
