// Keeps a packet's page up to date. The server says when something changed; HTMX then fetches the live part.
// Where the stream is not available, the page polls every two seconds.
(() => {
  const POLL = 2000;
  let stream = null;
  let timer = null;

  const live = () => document.getElementById("live");
  const changed = () => live()?.dispatchEvent(new CustomEvent("packet-changed"));

  function poll() {
    timer ??= setInterval(() => (live()?.dataset.changes ? changed() : stop()), POLL);
  }

  function stop() {
    stream?.close();
    clearInterval(timer);
    stream = timer = null;
  }

  function listen() {
    const address = live()?.dataset.changes;
    if (!address || stream || timer) return;
    if (!("EventSource" in window)) return poll();
    stream = new EventSource(address);
    stream.addEventListener("version", (event) => {
      if (event.data !== live()?.dataset.version) changed();
    });
    stream.onerror = () => {
      if (stream && stream.readyState === EventSource.CLOSED) {
        stream = null;
        poll();
      }
    };
  }

  document.addEventListener("htmx:after:swap", () => (live()?.dataset.changes ? listen() : stop()));
  listen();
})();
