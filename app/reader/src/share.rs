//! What other programs hand over, a text, an address or a file, as a text for the box.

use klartext_document::{Block, BlockKind, Document, Mark};

use crate::format;

/// No longer text than this is read, in bytes: some 150 000 words.
pub const LIMIT: usize = 1_000_000;

/// Why something cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Neither text nor file.
    #[error("Nothing arrived that could be read. Paste the text into the box instead.")]
    Nothing,
    /// Only where the text is.
    #[error(
        "Only an address was shared. Klartext asks no other site for anything: open the page, and share or copy \
         its text."
    )]
    OnlyAddress,
    /// More than [`LIMIT`] bytes.
    #[error("This file has {}; at most {} can be read at once.", format::bytes(*.0), format::bytes(LIMIT as u64))]
    TooLarge(u64),
    /// A picture, a PDF, a program.
    #[error("This file is not a text. Web pages, plain text and Markdown can be read.")]
    NotText,
    /// The browser did not let us read it.
    #[error("This file could not be opened. It may have been moved; try again.")]
    Unreadable,
}

/// What is to be read of a shared title, text and address, each of which may be empty.
///
/// # Errors
/// [`Refusal::Nothing`] if all are, [`Refusal::OnlyAddress`] if there is no text but an address.
pub fn compose(title: &str, text: &str, address: &str) -> Result<String, Refusal> {
    let (title, text) = (title.trim(), text.trim());
    let is_address = |text: &str| {
        !text.contains(char::is_whitespace) && (text.starts_with("https://") || text.starts_with("http://"))
    };
    // Many programs put the address into the text, alone or behind it.
    let text = text.strip_suffix(address.trim()).unwrap_or(text).trim_end();
    match (title, text) {
        (_, text) if is_address(text) => Err(Refusal::OnlyAddress),
        (_, "") if !address.trim().is_empty() => Err(Refusal::OnlyAddress),
        ("", "") => Err(Refusal::Nothing),
        (only, "") | ("", only) => Ok(only.to_owned()),
        (title, text) if text.starts_with(title) => Ok(text.to_owned()),
        (title, text) => Ok(format!("{title}\n\n{text}")),
    }
}

/// Whether a file is a web page, by its type or its name.
pub fn is_html(name: &str, media_type: &str) -> bool {
    let name = name.to_ascii_lowercase();
    media_type.starts_with("text/html") || name.ends_with(".html") || name.ends_with(".htm")
}

/// The text in a file: UTF-8, UTF-16 with its mark, else what Windows wrote before those.
///
/// # Errors
/// [`Refusal::NotText`] if there is something in it that no text has.
pub fn decode(bytes: &[u8]) -> Result<String, Refusal> {
    let wide = |unit: fn([u8; 2]) -> u16| {
        let units = bytes[2..].chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        char::decode_utf16(units).collect::<Result<String, _>>().map_err(|_| Refusal::NotText)
    };
    let text = match bytes {
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes)?,
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes)?,
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
            Err(_) => bytes.iter().map(|&byte| windows_1252(byte)).collect(),
        },
    };
    let is_strange =
        |char: char| char.is_control() && !matches!(char, '\t' | '\n' | '\r' | '\u{c}' | '\u{85}');
    if text.contains(is_strange) { Err(Refusal::NotText) } else { Ok(text) }
}

/// A byte in the code page of western Europe. What has no character there becomes a control character.
fn windows_1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', //
        '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

/// An article in the marks that the box understands.
pub fn marked_text(document: &Document) -> String {
    let mut text = String::new();
    let mut last = None;
    let mut number = 0;
    for block in &document.blocks {
        let is_item = matches!(block.kind, BlockKind::Bullet | BlockKind::Number);
        // Items of a list follow each other; all else is parted by a blank line.
        if last.is_some() {
            text.push_str(if is_item && last == Some(block.kind) { "\n" } else { "\n\n" });
        }
        number = if last == Some(BlockKind::Number) { number + 1 } else { 1 };
        last = Some(block.kind);
        match block.kind {
            BlockKind::Headline => text += "# ",
            BlockKind::Heading => text += "## ",
            BlockKind::Bullet => text += "- ",
            BlockKind::Number => text += &format!("{number}. "),
            BlockKind::Quote => text += "> ",
            BlockKind::Code => {
                text += &format!("```\n{}\n```", block.text().trim_end());
                continue;
            }
            _ => {}
        }
        push_marked(&mut text, block);
    }
    text
}

/// The runs of a block with their marks about them.
fn push_marked(text: &mut String, block: &Block) {
    for run in &block.runs {
        let Mark { bold, italic, code, link, tags: _ } = &run.mark;
        let core = run.text.trim();
        let marks = [(*bold, "**"), (*italic, "*"), (*code, "`")];
        // A mark beside a space is no mark, and one that the text has itself would end it.
        let marks: Vec<&str> =
            marks.iter().filter(|(set, mark)| *set && !core.contains(mark)).map(|(_, mark)| *mark).collect();
        let link = link.as_deref().filter(|_| !core.contains(['[', ']']));
        if core.is_empty() || (marks.is_empty() && link.is_none()) {
            text.push_str(&run.text);
            continue;
        }
        let (before, after) = run.text.split_once(core).unwrap_or_default();
        text.push_str(before);
        let inner = marks.iter().rev().fold(core.to_owned(), |inner, mark| format!("{mark}{inner}{mark}"));
        match link {
            Some(link) => text.push_str(&format!("[{inner}]({link})")),
            None => text.push_str(&inner),
        }
        text.push_str(after);
    }
}

#[cfg(test)]
mod tests {
    use klartext_document::Run;

    use super::*;

    #[test]
    fn title_and_text_become_one_text() {
        assert_eq!(compose("Titel", " Ein Satz. ", "").as_deref(), Ok("Titel\n\nEin Satz."));
        assert_eq!(compose("Titel", "Titel\nEin Satz.", "").as_deref(), Ok("Titel\nEin Satz."));
        assert_eq!(compose("", "Ein Satz.", "").as_deref(), Ok("Ein Satz."));
        assert_eq!(compose("Ein Satz.", "", "").as_deref(), Ok("Ein Satz."));
        let address = "https://example.org/a";
        assert_eq!(compose("", "Ein Satz. https://example.org/a", address).as_deref(), Ok("Ein Satz."));
    }

    #[test]
    fn an_address_is_no_text() {
        for (title, text, address) in [
            ("Titel", "", "https://example.org/a"),
            ("Titel", "https://example.org/a", ""),
            ("", "https://example.org/a", "https://example.org/a"),
        ] {
            assert_eq!(compose(title, text, address), Err(Refusal::OnlyAddress));
        }
        assert_eq!(compose(" ", "\n", ""), Err(Refusal::Nothing));
    }

    #[test]
    fn texts_are_decoded() {
        for bytes in [
            "Größe „25 €“".as_bytes(),
            "\u{feff}Größe „25 €“".as_bytes(),
            b"Gr\xf6\xdfe \x8425 \x80\x93",
            b"\xff\xfeG\0r\0\xf6\0\xdf\0e\0 \0\x1e\x202\x005\0 \0\xac\x20\x1c\x20",
        ] {
            assert_eq!(decode(bytes).as_deref(), Ok("Größe „25 €“"));
        }
        assert_eq!(decode(b"").as_deref(), Ok(""));
        assert_eq!(decode(b"a\r\n\tb\x0c").as_deref(), Ok("a\r\n\tb\x0c"));
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for bytes in [
            &b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..],
            b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n\0\x01",
            b"\0asm\x01\0\0\0",
            b"\xff\xfe\x00\xd8",
        ] {
            assert_eq!(decode(bytes), Err(Refusal::NotText));
        }
    }

    #[test]
    fn web_pages_are_known_by_type_or_name() {
        assert!(is_html("a", "text/html;charset=utf-8") && is_html("A.HTM", ""));
        assert!(!is_html("a.txt", "text/plain") && !is_html("html", ""));
    }

    #[test]
    fn refusals_say_what_and_how_much() {
        let said = Refusal::TooLarge(2_500_000).to_string();
        assert!(said.contains("2.5 MB") && said.contains("1.0 MB"), "{said}");
    }

    #[test]
    fn an_article_is_the_same_in_marks() {
        let mark = |text: &str, mark: Mark| Run { text: text.to_owned(), mark };
        let bold = Mark { bold: true, ..Mark::default() };
        let code = Mark { code: true, ..Mark::default() };
        let link = Mark { link: Some("https://example.org/f".to_owned()), ..Mark::default() };
        let document = Document {
            blocks: vec![
                Block::plain(BlockKind::Headline, "Neue Version von Freiwerk"),
                Block {
                    kind: BlockKind::Paragraph,
                    runs: vec![
                        mark("Freiwerk ist", Mark::default()),
                        mark(" fertig ", bold),
                        mark("und ", Mark::default()),
                        mark("hier", link),
                        mark(" zu haben.", Mark::default()),
                    ],
                },
                Block::plain(BlockKind::Bullet, "Tabellen laden schneller."),
                Block {
                    kind: BlockKind::Bullet,
                    runs: vec![mark("frei --neu", code), mark(" ist neu.", Mark::default())],
                },
                Block::plain(BlockKind::Number, "Laden."),
                Block::plain(BlockKind::Number, "Starten."),
                Block::plain(BlockKind::Heading, "Was noch fehlt"),
                Block::plain(BlockKind::Quote, "„Wir sind froh.“"),
                Block::plain(BlockKind::Code, "frei --neu\n"),
            ],
        };
        let text = marked_text(&document);
        assert_eq!(
            text,
            "# Neue Version von Freiwerk\n\nFreiwerk ist **fertig** und [hier](https://example.org/f) zu haben.\n\n\
             - Tabellen laden schneller.\n- `frei --neu` ist neu.\n\n1. Laden.\n2. Starten.\n\n## Was noch fehlt\n\n\
             > „Wir sind froh.“\n\n```\nfrei --neu\n```"
        );
        let read = klartext_document::pasted::read_pasted(&text);
        let kinds = |document: &Document| document.blocks.iter().map(|block| block.kind).collect::<Vec<_>>();
        assert_eq!(kinds(&read), kinds(&document));
    }
}
