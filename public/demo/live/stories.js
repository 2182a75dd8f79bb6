// The articles, as the editors' system gives them: HTML, here that of the plain edition. They become trees that the
// framework renders, so both editions have the same text and neither is copied by hand.

import { h } from "../vendor/preact.js";

export const SLUGS = ["seekabel", "freibad", "waermepumpe"];

/** Attributes that are properties with a value of their own: present is not the same as an empty text. */
const BOOLEAN = new Set(["required", "hidden", "open", "checked", "disabled"]);

/** Fetches and reads all articles: `{ slug: { slug, title, standfirst, topic, author, date, image, blocks } }`. */
export async function loadStories() {
  const stories = await Promise.all(SLUGS.map(loadStory));
  return Object.fromEntries(stories.map((story) => [story.slug, story]));
}

async function loadStory(slug) {
  const response = await fetch(`../plain/${slug}.html`);
  if (!response.ok) throw new Error(`${slug}: status ${response.status}`);
  const parsed = new DOMParser().parseFromString(await response.text(), "text/html");
  const article = parsed.querySelector("#article");
  const text = (selector) => article.querySelector(selector).textContent.replace(/\s+/g, " ").trim();
  const date = article.querySelector("time");
  return {
    slug,
    title: text("h1"),
    standfirst: text(".standfirst"),
    topic: text(".topic"),
    author: text("[rel=author]"),
    date: date.dateTime,
    dateText: date.textContent,
    image: article.querySelector("img").getAttribute("src"),
    blocks: [...article.children].filter((child) => child.localName !== "header"),
  };
}

/** Where a link of the plain edition leads here: to an article of the application, or where it led. */
function route(href) {
  const [, page] = /^([a-z]+)\.html$/.exec(href) ?? [];
  if (SLUGS.includes(page)) return `?artikel=${page}`;
  return href.startsWith("index.html") ? "?" : null;
}

/**
 * A parsed element as a tree to render. `context` has what its parts can do: `go` for links of ours, `form` for what
 * becomes of a form.
 */
export function tree(node, context) {
  if (node.nodeType === Node.TEXT_NODE) return node.data;
  if (node.nodeType !== Node.ELEMENT_NODE) return null;
  if (node.localName === "form") return h(context.form, { node, context });
  return h(node.localName, properties(node, context), children(node, context));
}

/** The trees of what an element contains. */
export function children(node, context) {
  return [...node.childNodes].map((child) => tree(child, context));
}

function properties(node, { go }) {
  const made = {};
  for (const { name, value } of node.attributes) {
    // The property of that name is a truth value, and "no" would be true.
    if (name === "translate") made.translate = value !== "no";
    else made[name] = BOOLEAN.has(name) ? true : value;
  }
  const address = node.localName === "a" && route(made.href);
  if (address) Object.assign(made, { href: address, onClick: go });
  return made;
}
