// One WebSocket at a time: says its first message when it opens, hands on what comes in, and tells once that it is lost.

const connectTimeoutMs = 10_000;
const bufferedBytesMax = 1 << 20;

export class Line {
  #handlers;
  #socket = null;
  #timer = null;

  /** @param {{onJSON: (message: object) => void, onBinary: (frame: Uint8Array) => void, onLost: (code: number) => void}} handlers */
  constructor(handlers) { this.#handlers = handlers; }

  get open() { return this.#socket?.readyState === WebSocket.OPEN; }

  /** Connects, giving up whatever was connected before. Throws when the address is not one. */
  connect(url, first) {
    this.drop();
    const socket = this.#socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    this.#timer = setTimeout(() => this.#lost(1006), connectTimeoutMs);
    socket.onopen = () => {
      clearTimeout(this.#timer);
      this.sendJSON(first);
    };
    socket.onmessage = ({ data }) => {
      if (typeof data !== 'string') return this.#handlers.onBinary(new Uint8Array(data));
      let message;
      try { message = JSON.parse(data); } catch { return; }
      if (typeof message?.type === 'string') this.#handlers.onJSON(message);
    };
    socket.onclose = ({ code }) => this.#lost(code);
  }

  /** Closes without a word to anyone: no handler is called any more. */
  drop() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  sendJSON(message) {
    if (!this.open) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** False when the network is so far behind that more would only pile up here. */
  sendBinary(frame) {
    if (!this.open || this.#socket.bufferedAmount + frame.length > bufferedBytesMax) return false;
    this.#socket.send(frame);
    return true;
  }

  #lost(code) {
    this.drop();
    this.#handlers.onLost(code);
  }
}
