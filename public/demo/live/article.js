// A page with an article: its text, what readers do in it, and the element that translates it, in one of three ways.

import { Component, h } from "../vendor/preact.js";
import { children, SLUGS, tree } from "./stories.js";
import { Ticker } from "./ticker.js";

const GLOSSARY = {
  terms: [
    { de: "Freibad", en: "outdoor pool", forms: ["Freibads"] },
    { de: "Stadtwerke", en: "municipal utility" },
    { de: "Bademeister", en: "lifeguard" },
    { de: "Wiesenbrück" },
  ],
};

/** How many liked each article before. */
const LIKES = { seekabel: 41, freibad: 128, waermepumpe: 77 };

/** A form that thanks and sends nothing. */
class Newsletter extends Component {
  constructor(props) {
    super(props);
    this.state = { thanks: false };
  }

  render({ node, context }, { thanks }) {
    if (thanks) return h("p", { role: "status" }, "Vielen Dank! Dies ist eine Beispielseite: Ihre Adresse wurde weder verschickt noch gespeichert.");
    const onSubmit = (event) => {
      event.preventDefault();
      this.setState({ thanks: true });
    };
    return h("form", { onSubmit }, children(node, context));
  }
}

/** A button in the middle of the article, with a sentence that changes. */
function Like({ slug, liked, like }) {
  const count = LIKES[slug] + Number(liked);
  return h(
    "div",
    { class: "like" },
    h("button", { type: "button", "aria-pressed": String(liked), onClick: () => like(slug) }, liked ? "Gefällt mir nicht mehr" : "Gefällt mir"),
    h("p", null, `Dieser Artikel gefällt ${count} Menschen${liked ? ", und Ihnen auch" : ""}.`),
  );
}

function Head({ story }) {
  return h(
    "header",
    null,
    h("p", { class: "topic" }, story.topic),
    h("h1", { tabIndex: -1 }, story.title),
    h("p", { class: "standfirst" }, story.standfirst),
    h("p", { class: "byline" }, `Von ${story.author}, `, h("time", { dateTime: story.date }, story.dateText)),
  );
}

/** What to read next. */
function Next({ slug, stories, go }) {
  return h(
    "nav",
    { class: "next", "aria-label": "Weitere Artikel" },
    h("h2", null, "Weiterlesen"),
    h(
      "ul",
      null,
      SLUGS.filter((other) => other !== slug).map((other) =>
        h("li", { key: other }, h("a", { href: `?artikel=${other}`, onClick: go }, stories[other].title)),
      ),
    ),
  );
}

/** Hands the glossary over as an object, be the element defined by then or not. */
const giveGlossary = (element) => {
  if (element) element.glossary = GLOSSARY;
};

/** The element beside, around, or simply somewhere above the article. */
function translated(slug, article) {
  if (slug === "freibad") return h("klartext-article", { ref: giveGlossary }, article);
  if (slug === "waermepumpe") {
    const note = h("span", { slot: "note", lang: "en" }, "This page translates itself: it starts without a click.");
    return [h("klartext-article", { autostart: true }, note), article];
  }
  return [h("klartext-article", { for: "#article" }), article];
}

export function ArticlePage({ slug, stories, size, liked, like, go }) {
  const story = stories[slug];
  const context = { go, form: Newsletter };
  const [lead, ...rest] = story.blocks;
  const article = h(
    "article",
    { id: "article", class: `size-${size}` },
    h(Head, { story }),
    tree(lead, context),
    slug === "seekabel" ? h(Ticker, { heading: "Live aus dem Kabel" }) : null,
    rest.map((block) => tree(block, context)),
    h(Like, { slug, liked, like }),
  );
  return h("div", { class: "story" }, translated(slug, article), h(Next, { slug, stories, go }));
}
