// A live ticker: every few seconds the cable reports another event. It can be paused, and its entries are made by rule, so
// that they never end and are the same on every visit.

import { Component, h } from "../vendor/preact.js";

const INTERVAL_MS = 6000;
const FIRST = 5;
const KEPT = 8;

const EVENTS = [
  ({ zone, knots }) => `Ein Frachter passiert Abschnitt ${zone} in Richtung Nordost, Geschwindigkeit ${knots} Knoten.`,
  ({ zone }) => `Schwache Erschütterung in Abschnitt ${zone}, vermutlich eine Baustelle am Ufer.`,
  ({ zone, knots }) => `Die Fähre nach Rønne überquert das Kabel in Abschnitt ${zone} mit ${knots} Knoten.`,
  ({ zone, metres }) => `Ein Fischkutter arbeitet ${metres} Meter neben Abschnitt ${zone}. Sein Netz berührt den Grund nicht.`,
  ({ zone, metres }) => `Schleifender Anker, ${metres} Meter vor Abschnitt ${zone}! Die Verkehrszentrale ruft das Schiff.`,
  ({ zone }) => `Entwarnung für Abschnitt ${zone}: Der Anker ist wieder an Bord.`,
  ({ zone, metres }) => `Der Seegang nimmt zu. In Abschnitt ${zone} rauscht es bis in ${metres / 10} Meter Tiefe.`,
  ({ zone }) => `Tiefe Töne in Abschnitt ${zone}. Das könnte ein Finnwal sein, sicher ist es nicht.`,
];

/** The report of that number: what, and when after six in the morning. */
function report(number) {
  const zone = 1 + ((number * 5) % 9);
  const knots = `${9 + ((number * 7) % 8)},${(number * 3) % 10}`;
  const metres = 120 + ((number * 130) % 700);
  const seconds = 6 * 3600 + number * 97;
  const [hour, minute] = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  const time = `${hour}:${String(minute).padStart(2, "0")}`;
  return { number, time, text: EVENTS[number % EVENTS.length]({ zone, knots, metres }) };
}

export class Ticker extends Component {
  constructor(props) {
    super(props);
    this.state = { next: FIRST, running: true };
    this.toggle = () => this.setState(({ running }) => ({ running: !running }));
  }

  componentDidMount() {
    this.timer = setInterval(() => {
      if (this.state.running && !document.hidden) this.setState(({ next }) => ({ next: next + 1 }));
    }, INTERVAL_MS);
  }

  componentWillUnmount() {
    clearInterval(this.timer);
  }

  render({ heading }, { next, running }) {
    const first = Math.max(0, next - KEPT);
    const reports = Array.from({ length: next - first }, (_, at) => report(next - 1 - at));
    return h(
      "section",
      { class: "ticker", "aria-label": heading },
      h("h2", null, h("span", { class: running ? "pulse" : "pulse still", "aria-hidden": "true" }), heading),
      h("button", { type: "button", onClick: this.toggle }, running ? "Anhalten" : "Fortsetzen"),
      h(
        "ol",
        { role: "log", "aria-live": "off" },
        reports.map(({ number, time, text }) => h("li", { key: number }, h("time", null, time), " ", h("p", null, text))),
      ),
    );
  }
}
