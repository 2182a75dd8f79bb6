// Shows things a few at a time, before the next picture is drawn, and leaves the main thread to the host in between.

import { fit } from "./fit.js";

/** How long a slice may take, in ms. */
export const SLICE = 7;
/** How many shades are measured at once: what is read after a change makes the browser lay out the page again. */
const GROUP = 12;

/**
 * So many are shown in a slice however long it takes: on a busy device each picture costs more than what is new in it.
 */
const LEAST = 3;

export class Queue {
  /** @type {Set<import("./shade.js").Shade>} */
  #waiting = new Set();
  /**
   * What was begun in an earlier slice.
   *
   * @type {{ shade: import("./shade.js").Shade, steps: Generator<void> } | null}
   */
  #begun = null;
  /** What this slice has shown. @type {import("./shade.js").Shade[]} */
  #painted = [];
  /** What has been measured and is opened next. @type {import("./shade.js").Shade | undefined} */
  #vast;
  #scheduled = 0;
  #isTimer = false;
  #onrefused;
  #isIdle;

  /**
   * @param {{ onrefused: (shade: import("./shade.js").Shade) => void, isIdle: () => boolean }} handlers `isIdle`: nothing is to be shown now
   */
  constructor({ onrefused, isIdle }) {
    this.#onrefused = onrefused;
    this.#isIdle = isIdle;
  }

  /** @param {import("./shade.js").Shade} shade */
  add(shade) {
    this.#waiting.add(shade);
    this.schedule();
  }

  /** @param {import("./shade.js").Shade} shade */
  remove(shade) {
    this.#waiting.delete(shade);
    if (this.#begun?.shade === shade) this.#begun = null;
  }

  /** Shows what waits, for as long as a slice may be. @param {number} slice in ms */
  run(slice = SLICE) {
    this.#cancel();
    if (this.#isIdle()) return;
    const end = performance.now() + slice;
    const isLate = () => performance.now() >= end;
    if (this.#begun && !this.#finish(isLate)) return this.schedule();
    while (this.#waiting.size > 0 && !isLate()) if (!this.#group(isLate)) break;
    fit(this.#painted.splice(0));
    if (this.#waiting.size > 0 || this.#begun) this.schedule();
  }

  /** Whether to go on at once. @param {() => boolean} isLate */
  #group(isLate) {
    const all = [...this.#waiting].slice(0, GROUP);
    for (const shade of all) shade.measure();
    // One that takes long to measure and to open has a slice for each.
    const vast = all.find((shade) => shade.isVast);
    const isNew = vast !== this.#vast;
    this.#vast = vast;
    if (vast && isNew) return false;
    const open = (vast ? [vast] : all).filter((shade) => {
      if (shade.open()) return true;
      this.#waiting.delete(shade);
      this.#onrefused(shade);
      return false;
    });
    for (const [index, shade] of open.entries()) {
      if (this.#begun || (index >= LEAST && isLate())) return true;
      this.#waiting.delete(shade);
      this.#begun = { shade, steps: shade.paint() };
      this.#finish(isLate);
    }
    return !vast;
  }

  /** Goes on with what was begun. Whether it is done. @param {() => boolean} isLate */
  #finish(isLate) {
    const { steps } = this.#begun;
    while (!steps.next().done) if (isLate()) return false;
    this.#painted.push(this.#begun.shade);
    this.#begun = null;
    return true;
  }

  /** Sees to it that what waits is shown. */
  schedule() {
    if (this.#scheduled || (this.#waiting.size === 0 && !this.#begun) || this.#isIdle()) return;
    // A page in the background draws no pictures.
    this.#isTimer = document.hidden;
    this.#scheduled = this.#isTimer ? setTimeout(() => this.run(), 50) : requestAnimationFrame(() => this.run());
  }

  #cancel() {
    if (this.#isTimer) clearTimeout(this.#scheduled);
    else cancelAnimationFrame(this.#scheduled);
    this.#scheduled = 0;
  }

  stop() {
    this.#cancel();
    this.#waiting.clear();
    this.#begun = null;
  }
}
