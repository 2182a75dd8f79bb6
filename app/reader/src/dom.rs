//! Makes a document of an article's HTML. The browser parses it into a document without a window, where nothing is
//! loaded and nothing runs; what is taken from there is text and the addresses of links.

use klartext_document::{Block, BlockKind, Document, Mark};
use wasm_bindgen::JsCast;
use web_sys::{DomParser, Element, Node, SupportedType, Url};

use crate::{inline::RunBuilder, links};

/// Nesting deeper than this is left out: articles have ten levels.
const DEPTH: u32 = 200;

/// The article in an HTML file, or none where there is no `<article>`. `base` is the file's address, absolute.
pub(crate) fn read_article(html: &str, base: &str) -> Option<Document> {
    let parsed = DomParser::new().ok()?.parse_from_string(html, SupportedType::TextHtml).ok()?;
    let article = parsed.query_selector("article").ok()??;
    let mut reader =
        Reader { base, blocks: Vec::new(), runs: RunBuilder::default(), kind: BlockKind::Paragraph };
    reader.children(&article, &Context::default());
    reader.flush();
    (!reader.blocks.is_empty()).then_some(Document { blocks: reader.blocks })
}

/// What holds for the nodes at one place of the tree.
#[derive(Clone)]
struct Context {
    kind: BlockKind,
    mark: Mark,
    verbatim: bool,
    depth: u32,
}

impl Default for Context {
    fn default() -> Self {
        Self { kind: BlockKind::Paragraph, mark: Mark::default(), verbatim: false, depth: 0 }
    }
}

struct Reader<'a> {
    base: &'a str,
    blocks: Vec<Block>,
    runs: RunBuilder,
    /// Of the block that `runs` belongs to.
    kind: BlockKind,
}

impl Reader<'_> {
    fn children(&mut self, parent: &Node, context: &Context) {
        if context.depth > DEPTH {
            return;
        }
        let mut next = parent.first_child();
        while let Some(node) = next {
            if let Some(element) = node.dyn_ref::<Element>() {
                self.element(element, context);
            } else if node.node_type() == Node::TEXT_NODE {
                self.text(&node.node_value().unwrap_or_default(), context);
            }
            next = node.next_sibling();
        }
    }

    fn text(&mut self, text: &str, context: &Context) {
        if self.runs.is_empty() {
            self.kind = context.kind;
        }
        if context.verbatim {
            self.runs.push_verbatim(text, &context.mark);
        } else {
            self.runs.push(text, &context.mark);
        }
    }

    fn element(&mut self, element: &Element, outer: &Context) {
        if element.has_attribute("hidden") {
            return;
        }
        let mut context = Context { depth: outer.depth + 1, ..outer.clone() };
        let inherited = |kind| if outer.kind == BlockKind::Paragraph { kind } else { outer.kind };
        let kind = match element.local_name().as_str() {
            "script" | "style" | "template" | "noscript" | "iframe" | "object" | "svg" | "math" | "form"
            | "button" | "nav" | "audio" | "video" | "canvas" | "head" => return,
            "br" => return self.text(if outer.verbatim { "\n" } else { " " }, outer),
            "strong" | "b" => {
                context.mark.bold = true;
                return self.children(element, &context);
            }
            "em" | "i" | "cite" | "dfn" => {
                context.mark.italic = true;
                return self.children(element, &context);
            }
            "code" | "kbd" | "samp" => {
                // Within a block of code it says nothing new.
                context.mark.code = !outer.verbatim;
                return self.children(element, &context);
            }
            "a" => {
                context.mark.link = element.get_attribute("href").and_then(|href| self.address(&href));
                return self.children(element, &context);
            }
            "time" if self.runs.is_empty() || self.kind == BlockKind::Byline => BlockKind::Date,
            "h1" if self.blocks.iter().all(|block| block.kind != BlockKind::Headline) => BlockKind::Headline,
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => BlockKind::Heading,
            "p" => match element.class_name().as_str() {
                "standfirst" => BlockKind::Standfirst,
                "byline" => BlockKind::Byline,
                _ => outer.kind,
            },
            "li" if element
                .closest("ol, ul")
                .ok()
                .flatten()
                .is_some_and(|list| list.local_name() == "ol") =>
            {
                BlockKind::Number
            }
            "li" => BlockKind::Bullet,
            "blockquote" => inherited(BlockKind::Quote),
            "figcaption" => BlockKind::Caption,
            "pre" => {
                context.verbatim = true;
                BlockKind::Code
            }
            "div" | "section" | "article" | "header" | "footer" | "main" | "aside" | "figure" | "ul"
            | "ol" | "dl" | "dt" | "dd" | "table" | "caption" | "thead" | "tbody" | "tfoot" | "tr" | "td"
            | "th" | "hr" => outer.kind,
            _ => return self.children(element, &context),
        };
        self.flush();
        context.kind = kind;
        self.children(element, &context);
        self.flush();
    }

    /// Ends the block that is being read.
    fn flush(&mut self) {
        let runs = self.runs.finish();
        if !runs.is_empty() {
            self.blocks.push(Block { kind: self.kind, runs });
        }
    }

    /// Where a link leads, if it may be one: other articles are pages of this reader, and fragments have no target.
    fn address(&self, href: &str) -> Option<String> {
        let url = Url::new_with_base(href, self.base).ok()?;
        let base = Url::new(self.base).ok()?;
        if url.origin() != base.origin() {
            return links::is_safe(&url.href()).then(|| url.href());
        }
        if href.trim_start().starts_with('#') {
            return None;
        }
        let path = links::article_page(&url.pathname()).unwrap_or_else(|| url.pathname() + &url.search());
        links::is_safe(&path).then_some(path)
    }
}
