// The Morsekurier as an application: Preact renders the page, the address says which article, and every change of state
// renders it anew. That is what the element has to live with on such sites.

import { Component, h, render } from "../vendor/preact.js";
import { ArticlePage } from "./article.js";
import { FrontPage } from "./front.js";
import { SLUGS, loadStories } from "./stories.js";

const SIZES = ["klein", "mittel", "groß"];
const SCHEMES = { system: "Wie das Gerät", light: "Hell", dark: "Dunkel" };

/** The article that the address names, or none for the front page. */
function slugOf(address) {
  const slug = new URL(address, location.href).searchParams.get("artikel");
  return SLUGS.includes(slug) ? slug : null;
}

class App extends Component {
  constructor(props) {
    super(props);
    this.state = { slug: slugOf(location.href), stories: null, failed: false, size: 1, scheme: "system", liked: {} };
    this.go = this.go.bind(this);
    this.like = this.like.bind(this);
    this.back = () => this.setState({ slug: slugOf(location.href) });
  }

  componentDidMount() {
    addEventListener("popstate", this.back);
    loadStories().then(
      (stories) => this.setState({ stories }),
      () => this.setState({ failed: true }),
    );
  }

  componentWillUnmount() {
    removeEventListener("popstate", this.back);
  }

  componentDidUpdate(_, { slug, stories }) {
    const story = this.state.stories?.[this.state.slug];
    document.title = story ? `${story.title} – Morsekurier live` : "Morsekurier live";
    if (stories && slug !== this.state.slug) document.querySelector("h1")?.focus({ preventScroll: true });
  }

  /** Follows a link of ours without leaving the page, unless the reader wants it elsewhere. */
  go(event) {
    if (event.button > 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    const address = event.currentTarget.href;
    if (address !== location.href) history.pushState(null, "", address);
    this.setState({ slug: slugOf(address) });
    scrollTo(0, 0);
  }

  like(slug) {
    this.setState(({ liked }) => ({ liked: { ...liked, [slug]: !liked[slug] } }));
  }

  chooseScheme(scheme) {
    document.documentElement.dataset.scheme = scheme;
    this.setState({ scheme });
  }

  bar() {
    const { size, scheme } = this.state;
    return h(
      "header",
      { class: "bar" },
      h("a", { class: "brand", href: "?", onClick: this.go }, h("span", { class: "sign", "aria-hidden": "true" }, "−− "), "Morsekurier ", h("b", null, "live")),
      h(
        "div",
        { class: "settings" },
        h(
          "div",
          { class: "sizes", role: "group", "aria-label": "Schriftgröße" },
          SIZES.map((name, at) =>
            h("button", { type: "button", "aria-pressed": String(at === size), "aria-label": `Schriftgröße ${name}`, onClick: () => this.setState({ size: at }) }, "A"),
          ),
        ),
        h(
          "label",
          { class: "scheme" },
          h("span", null, "Farben"),
          h(
            "select",
            { value: scheme, onChange: (event) => this.chooseScheme(event.currentTarget.value) },
            Object.entries(SCHEMES).map(([value, name]) => h("option", { value }, name)),
          ),
        ),
      ),
    );
  }

  content() {
    const { slug, stories, failed, size, liked } = this.state;
    if (failed) return h("p", { class: "notice", role: "alert" }, "Die Artikel ließen sich nicht laden. Bitte versuchen Sie es später noch einmal.");
    if (!stories) return h("p", { class: "notice" }, "Die Artikel werden geladen …");
    if (!slug) return h(FrontPage, { stories, go: this.go });
    return h(ArticlePage, { key: slug, slug, stories, size, liked: Boolean(liked[slug]), like: this.like, go: this.go });
  }

  render() {
    return [
      this.bar(),
      h("main", null, this.content()),
      h(
        "footer",
        { class: "imprint" },
        h("p", null, "Der Morsekurier ist eine Beispielseite von Klartext. Firmen, Personen, Orte und Zahlen sind erfunden."),
        h("p", null, h("a", { href: "../index.html", hreflang: "en", lang: "en" }, "About this demo")),
      ),
    ];
  }
}

render(h(App), document.querySelector("#app"));
