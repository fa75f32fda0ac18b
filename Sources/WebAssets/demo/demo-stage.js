// The canvas: draws the lamps and what happens at them, and turns keys, clicks and touches into lamps.
import { lamps, rules } from './demo-game.js';

export const colours = ['#5be3a5', '#ff9472', '#86b9ff', '#d3a4ff'];
const warm = '255, 214, 120';
const keys = { ArrowUp: 0, ArrowRight: 1, ArrowDown: 2, ArrowLeft: 3, KeyW: 0, KeyD: 1, KeyS: 2, KeyA: 3 };
const calm = matchMedia('(prefers-reduced-motion: reduce)');
const rippleMs = 900;

export class Stage {
  #canvas;
  #context;
  #onPress;
  #ripples = [];
  #note = null;
  #listening = new AbortController();
  #sizes = new ResizeObserver(() => this.#resize());

  constructor(canvas, onPress) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d');
    this.#onPress = onPress;
    this.#sizes.observe(canvas);
    this.#resize();
    const { signal } = this.#listening;
    canvas.addEventListener('pointerdown', (event) => {
      const lamp = this.#lampAt(event.offsetX, event.offsetY);
      if (lamp >= 0) { event.preventDefault(); this.#onPress(lamp); }
    }, { signal });
    addEventListener('keydown', (event) => {
      const lamp = keys[event.code];
      if (lamp === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      if (!event.repeat) this.#onPress(lamp);
    }, { signal });
  }

  close() {
    this.#listening.abort();
    this.#sizes.disconnect();
  }

  /** Somebody caught this lamp. */
  ripple(lamp, player, text) { this.#ripples.push({ lamp, player, text, at: performance.now() }); }

  /** A short word in the middle. */
  note(text) { this.#note = { text, at: performance.now() }; }

  draw({ nowMs, light, round, rounds, waitingFor }) {
    const c = this.#context, { width, height, centre, radius } = this.#geometry();
    const now = performance.now();
    c.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    const floor = c.createRadialGradient(centre.x, centre.y, 0, centre.x, centre.y, Math.max(width, height) * 0.7);
    floor.addColorStop(0, '#1c4637');
    floor.addColorStop(1, '#0a1813');
    c.fillStyle = floor;
    c.fillRect(0, 0, width, height);

    this.#ripples = this.#ripples.filter((ripple) => now - ripple.at < rippleMs);
    lamps.forEach((_, lamp) => {
      const { x, y } = this.#place(lamp);
      const on = light?.lamp === lamp;
      if (on) {
        const glow = c.createRadialGradient(x, y, radius * 0.4, x, y, radius * 2.6);
        glow.addColorStop(0, `rgba(${warm}, .75)`);
        glow.addColorStop(1, `rgba(${warm}, 0)`);
        c.fillStyle = glow;
        c.fillRect(0, 0, width, height);
      }
      disc(c, x, y, radius);
      c.fillStyle = on ? `rgb(${warm})` : '#12291f';
      c.fill();
      c.lineWidth = 2;
      c.strokeStyle = on ? '#fff3cf' : '#3b6b57';
      c.stroke();
      const caught = this.#ripples.find((ripple) => ripple.lamp === lamp && ripple.text);
      if (caught && !on) this.#words(caught.text, x, y, radius * 0.42, colours[caught.player % colours.length], 700);
      else this.#arrow(x, y, radius * 0.36, lamp, on ? '#3a2a00' : '#6f9d89');
      if (on) {
        const left = Math.max(0, (light.offMs - nowMs) / rules.litMs);
        c.beginPath();
        c.arc(x, y, radius + 7, -Math.PI / 2, -Math.PI / 2 + left * 2 * Math.PI);
        c.lineWidth = 4;
        c.lineCap = 'round';
        c.strokeStyle = '#fff3cf';
        c.stroke();
      }
    });

    for (const { lamp, player, at } of this.#ripples) {
      const { x, y } = this.#place(lamp), age = (now - at) / rippleMs;
      c.globalAlpha = 1 - age;
      disc(c, x, y, radius + 6 + 8 * player + (calm.matches ? 0 : age * radius * 0.7));
      c.lineWidth = 5;
      c.strokeStyle = colours[player % colours.length];
      c.stroke();
      c.globalAlpha = 1;
    }

    if (nowMs < rules.countdownMs) {
      this.#words(String(Math.ceil((rules.countdownMs - nowMs) / 1000)), centre.x, centre.y, 64, '#f4f7ef', 800);
    } else if (this.#note && now - this.#note.at < 800) {
      this.#words(this.#note.text, centre.x, centre.y, 20, '#ffd2c2', 700);
    } else if (waitingFor) {
      this.#words(waitingFor, centre.x, centre.y, 17, '#cfe3d8', 600);
    } else {
      this.#words(String(Math.min(round + 1, rounds)), centre.x, centre.y - 8, 34, '#f4f7ef', 800);
      this.#words(`of ${rounds}`, centre.x, centre.y + 20, 15, '#9dc2b1', 600);
    }
  }

  #geometry() {
    const width = this.#canvas.clientWidth, height = this.#canvas.clientHeight;
    const size = Math.min(width, height), radius = size * 0.135;
    const across = Math.min(width / 2 - radius - 14, size * 0.44), upright = Math.min(height / 2 - radius - 14, size * 0.34);
    return { width, height, centre: { x: width / 2, y: height / 2 }, radius, across, upright };
  }

  #place(lamp) {
    const { centre, across, upright } = this.#geometry();
    return { x: centre.x + [0, across, 0, -across][lamp], y: centre.y + [-upright, 0, upright, 0][lamp] };
  }

  #lampAt(x, y) {
    const { radius } = this.#geometry();
    return lamps.findIndex((_, lamp) => {
      const place = this.#place(lamp);
      return Math.hypot(place.x - x, place.y - y) <= radius * 1.35;      // fingers are not pixels
    });
  }

  #arrow(x, y, size, lamp, colour) {
    const c = this.#context;
    c.save();
    c.translate(x, y);
    c.rotate(lamp * Math.PI / 2);
    c.beginPath();
    c.moveTo(-size, size * 0.45);
    c.lineTo(0, -size * 0.55);
    c.lineTo(size, size * 0.45);
    c.lineWidth = size * 0.36;
    c.lineCap = c.lineJoin = 'round';
    c.strokeStyle = colour;
    c.stroke();
    c.restore();
  }

  #words(text, x, y, size, colour, weight) {
    const c = this.#context;
    c.font = `${weight} ${size}px system-ui, sans-serif`;
    c.textAlign = 'center';
    c.textBaseline = 'middle';
    c.fillStyle = colour;
    c.fillText(text, x, y);
  }

  #resize() {
    this.#canvas.width = Math.round(this.#canvas.clientWidth * devicePixelRatio);
    this.#canvas.height = Math.round(this.#canvas.clientHeight * devicePixelRatio);
  }
}

function disc(context, x, y, radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
}
