// Loaded before a page: counts what it holds on to, and measures how long it takes from an action to the next picture.
(() => {
  const blobs = new Set();
  const contexts = [];
  const probe = {
    /** Bytes of the largest message from the kernel and to it. */
    largest: { received: 0, sent: 0 },
    /** When the latest input came, in milliseconds of this page's clock. */
    acted: Number.POSITIVE_INFINITY,
    blobs: () => blobs.size,
    contexts: () => contexts.filter((held) => held.deref() && !held.deref().isContextLost()).length,
    /** A script acts now, in the place of a hand. */
    act() {
      probe.acted = performance.now();
    },
    /** Milliseconds from the next input until what `condition` says is on the screen. */
    until(condition) {
      probe.acted = Number.POSITIVE_INFINITY;
      const began = performance.now();
      return new Promise((resolve, reject) => {
        const look = () => {
          if (performance.now() - began > 60_000) {
            reject(new Error(`it never came: ${condition}`));
          } else if (Number.isFinite(probe.acted) && condition()) {
            // the frame that shows it begins now, and has been drawn when the next one begins
            requestAnimationFrame(() => resolve(performance.now() - probe.acted));
          } else {
            requestAnimationFrame(look);
          }
        };
        look();
      });
    },
  };
  window.probe = probe;

  const { createObjectURL, revokeObjectURL } = URL;
  URL.createObjectURL = (object) => {
    const url = createObjectURL.call(URL, object);
    blobs.add(url);
    return url;
  };
  URL.revokeObjectURL = (url) => {
    blobs.delete(url);
    revokeObjectURL.call(URL, url);
  };

  for (const canvas of [HTMLCanvasElement, OffscreenCanvas]) {
    const { getContext } = canvas.prototype;
    canvas.prototype.getContext = function (kind, ...options) {
      const context = getContext.call(this, kind, ...options);
      if (context && String(kind).startsWith("webgl") && !contexts.some((held) => held.deref() === context)) {
        contexts.push(new WeakRef(context));
      }
      return context;
    };
  }

  const size = (data) => (typeof data === "string" ? data.length : (data.byteLength ?? data.size ?? 0));
  window.WebSocket = class extends window.WebSocket {
    constructor(...address) {
      super(...address);
      this.addEventListener("message", (event) => {
        probe.largest.received = Math.max(probe.largest.received, size(event.data));
      });
    }
    send(data) {
      probe.largest.sent = Math.max(probe.largest.sent, size(data));
      super.send(data);
    }
  };

  for (const type of ["pointerdown", "pointerup", "click", "keydown", "input", "change", "wheel"]) {
    addEventListener(
      type,
      (event) => {
        probe.acted = event.timeStamp;
      },
      { capture: true, passive: true },
    );
  }
})();
