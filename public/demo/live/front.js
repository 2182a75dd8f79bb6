// The front page: the articles as cards, the ticker beside them.

import { h } from "../vendor/preact.js";
import { SLUGS } from "./stories.js";
import { Ticker } from "./ticker.js";

function Card({ story, go, first }) {
  return h(
    "article",
    { class: first ? "card first" : "card" },
    h("img", { src: story.image, alt: "", width: 960, height: 480 }),
    h("p", { class: "topic" }, story.topic),
    h("h2", null, h("a", { href: `?artikel=${story.slug}`, onClick: go }, story.title)),
    h("p", null, story.standfirst),
    h("p", { class: "byline" }, `Von ${story.author}, `, h("time", { dateTime: story.date }, story.dateText)),
  );
}

export function FrontPage({ stories, go }) {
  return [
    h("h1", { class: "front-title", tabIndex: -1 }, "Technik und Netz, gerade eben"),
    h("klartext-article", { for: "#seite" }),
    h(
      "div",
      { id: "seite", class: "cards" },
      SLUGS.map((slug, at) => h(Card, { key: slug, story: stories[slug], go, first: at === 0 })),
      h(Ticker, { heading: "Live aus dem Kabel" }),
    ),
  ];
}
