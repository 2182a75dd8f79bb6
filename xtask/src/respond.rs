//! What the server answers: files of `dist/` with the headers that the page needs. No network here.

use std::fs::{File, Metadata};
use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// The parts of a request that count.
#[derive(Clone, Copy, Default)]
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    /// Path and query as they came.
    pub(crate) target: &'a str,
    pub(crate) accept_encoding: Option<&'a str>,
    pub(crate) range: Option<&'a str>,
    pub(crate) if_range: Option<&'a str>,
    pub(crate) if_none_match: Option<&'a str>,
}

/// An answer without the headers that all have in common.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Body,
}

/// What follows the headers.
pub(crate) enum Body {
    /// A sentence for people, or nothing.
    Text(&'static str),
    /// So many bytes from where the file stands.
    Part(File, u64),
}

/// The headers of every answer. Cross-origin isolation makes shared memory possible; the policy lets nothing in that is
/// not ours, and lets WebAssembly be compiled.
pub(crate) const COMMON_HEADERS: [(&str, &str); 7] = [
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Embedder-Policy", "require-corp"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    (
        "Permissions-Policy",
        "accelerometer=(), autoplay=(), bluetooth=(), browsing-topics=(), camera=(), display-capture=(), \
         encrypted-media=(), fullscreen=(), gamepad=(), geolocation=(), gyroscope=(), hid=(), \
         identity-credentials-get=(), idle-detection=(), keyboard-map=(), local-fonts=(), magnetometer=(), \
         microphone=(), midi=(), otp-credentials=(), payment=(), picture-in-picture=(), \
         publickey-credentials-create=(), publickey-credentials-get=(), screen-wake-lock=(), serial=(), \
         storage-access=(), sync-xhr=(), usb=(), window-management=(), xr-spatial-tracking=()",
    ),
    (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; \
         style-src 'self'; img-src 'self' data:; font-src 'self'; manifest-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'",
    ),
];

/// Folders whose files the pages of other sites load.
const SHARED: [&str; 3] = ["embed", "assets", "models"];

/// What lets them, instead of the common headers of these names. Nothing here depends on who asks.
const SHARED_HEADERS: [(&str, &str); 3] = [
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "Content-Range"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
];

/// Folders with pages of their own, which are none of the reader's.
const FOLDERS_OF_PAGES: [&str; 3] = ["demo", "docs", "embed"];

const NOT_FOUND: &str = "There is nothing at this address.\n";

/// Answers a request from the files of a folder.
pub(crate) fn answer(folder: &Path, request: Request<'_>) -> Answer {
    let name = file_name(request.target);
    let shared = name.as_ref().is_some_and(|name| SHARED.iter().any(|folder| name.starts_with(folder)));
    let mut answer = match name {
        _ if shared && request.method == "OPTIONS" => may_ask(),
        _ if !matches!(request.method, "GET" | "HEAD") => {
            let mut answer = text(405, "Only GET and HEAD are understood here.\n");
            answer.headers.push(("Allow", "GET, HEAD".into()));
            answer
        }
        Some(name) => find(folder, &name, request),
        None => text(404, NOT_FOUND),
    };
    if shared {
        answer.headers.extend(SHARED_HEADERS.map(|(name, value)| (name, value.to_owned())));
    }
    answer
}

/// What a browser wants to know before it asks another origin for a part of a file.
fn may_ask() -> Answer {
    let headers = vec![
        ("Access-Control-Allow-Methods", "GET, HEAD".to_owned()),
        ("Access-Control-Allow-Headers", "Range, If-Range".to_owned()),
        ("Access-Control-Max-Age", "86400".to_owned()),
    ];
    Answer { status: 204, headers, body: Body::Text("") }
}

/// Answers with the file of that name, with the page of a folder, or with the reader.
fn find(folder: &Path, name: &Path, request: Request<'_>) -> Answer {
    let index = || open(folder, &name.join("index.html"));
    let found = if let Some(found) = open(folder, name) {
        Some(found)
    } else if !FOLDERS_OF_PAGES.iter().any(|folder| name.starts_with(folder)) {
        // The reader's own addresses are not files: it makes them and reads them in the page.
        name.extension().is_none().then(|| open(folder, Path::new("index.html"))).flatten()
    } else if request.target.split(['?', '#']).next().is_some_and(|path| path.ends_with('/')) {
        index()
    } else if index().is_some() {
        return with_slash(request.target);
    } else {
        None
    };
    found.map_or_else(|| text(404, NOT_FOUND), |found| send(folder, found, request))
}

/// Sends a browser to a folder's address with a slash at its end, so that the page's relative addresses are right.
fn with_slash(target: &str) -> Answer {
    let end = target.find(['?', '#']).unwrap_or(target.len());
    let mut answer = text(308, "This is a folder: its address ends with a slash.\n");
    answer.headers.push(("Location", format!("{}/{}", &target[..end], &target[end..])));
    answer
}

/// A file that is there.
struct Found {
    name: PathBuf,
    file: File,
    metadata: Metadata,
}

fn open(folder: &Path, name: &Path) -> Option<Found> {
    let path = folder.join(name).canonicalize().ok()?;
    // A link may lead out of the folder.
    if !path.starts_with(folder.canonicalize().ok()?) {
        return None;
    }
    let file = File::open(path).ok()?;
    let metadata = file.metadata().ok()?;
    metadata.is_file().then(|| Found { name: name.to_path_buf(), file, metadata })
}

/// The file that an address means: `/` is `index.html`. None if it leads out of the folder or to a hidden file.
fn file_name(target: &str) -> Option<PathBuf> {
    let path = target.split(['?', '#']).next()?.strip_prefix('/')?;
    let path = percent_decode(path)?;
    if path.chars().any(|char| char.is_control() || matches!(char, '\\' | ':')) {
        return None;
    }
    if path.is_empty() {
        return Some("index.html".into());
    }
    let parts = path.strip_suffix('/').unwrap_or(&path).split('/');
    parts.map(|part| (!part.is_empty() && !part.starts_with('.')).then_some(part)).collect()
}

/// Undoes `%20` and the like. None if it is broken or what comes out is not UTF-8.
fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let mut digit = || char::from(bytes.next()?).to_digit(16);
            let value = digit()? * 16 + digit()?;
            decoded.push(u8::try_from(value).ok()?);
        } else {
            decoded.push(byte);
        }
    }
    String::from_utf8(decoded).ok()
}

/// Sends a file, its compressed form, or a part of it; or nothing, if the browser has it already.
fn send(folder: &Path, found: Found, request: Request<'_>) -> Answer {
    let mut headers = vec![("Content-Type", media_type(&found.name).to_owned())];
    let cache = if is_hashed(&found.name) { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.push(("Cache-Control", cache.into()));
    headers.push(("Accept-Ranges", "bytes".into()));

    let packed = open(folder, &found.name.with_added_extension("br"));
    if packed.is_some() {
        headers.push(("Vary", "Accept-Encoding".into()));
    }
    let packed = packed.filter(|_| request.range.is_none() && accepts_brotli(request.accept_encoding));
    let (mut file, length, tag) = match packed {
        Some(packed) => {
            headers.push(("Content-Encoding", "br".into()));
            (packed.file, packed.metadata.len(), tag(&packed.metadata, "-br"))
        }
        None => (found.file, found.metadata.len(), tag(&found.metadata, "")),
    };
    headers.push(("ETag", tag.clone()));
    if request.if_none_match.is_some_and(|tags| names(tags, &tag)) {
        return Answer { status: 304, headers, body: Body::Text("") };
    }
    let range =
        request.range.filter(|_| request.method == "GET" && request.if_range.is_none_or(|t| t == tag));
    match range.map_or(Range::Whole, |range| parse_range(range, length)) {
        Range::Whole => Answer { status: 200, headers, body: Body::Part(file, length) },
        Range::Part { first, last } => {
            if file.seek(SeekFrom::Start(first)).is_err() {
                return text(404, NOT_FOUND);
            }
            headers.push(("Content-Range", format!("bytes {first}-{last}/{length}")));
            Answer { status: 206, headers, body: Body::Part(file, last - first + 1) }
        }
        Range::Outside => {
            headers.retain(|(name, _)| !matches!(*name, "Content-Type" | "Cache-Control"));
            headers.push(("Content-Type", "text/plain; charset=utf-8".into()));
            headers.push(("Content-Range", format!("bytes */{length}")));
            Answer { status: 416, headers, body: Body::Text("The file is shorter than that.\n") }
        }
    }
}

/// Whether a file's name tells its content, so that it never changes: `assets/NAME-0123456789ab.KIND` and what esbuild calls
/// `embed/NAME-ABCD2345.js`.
fn is_hashed(name: &Path) -> bool {
    let stem = name.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let is_bundlers = |hash: &str| {
        hash.len() == 8 && hash.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    name.starts_with("assets") && !name.starts_with("assets/snippets")
        || name.starts_with("embed") && stem.rsplit_once('-').is_some_and(|(_, hash)| is_bundlers(hash))
}

fn text(status: u16, sentence: &'static str) -> Answer {
    let headers = vec![
        ("Content-Type", "text/plain; charset=utf-8".to_owned()),
        ("Cache-Control", "no-store".to_owned()),
    ];
    Answer { status, headers, body: Body::Text(sentence) }
}

/// A name for this content of the file.
fn tag(metadata: &Metadata, form: &str) -> String {
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    format!("\"{:x}-{:x}{form}\"", metadata.len(), modified.map_or(0, |time| time.as_nanos()))
}

/// Does `If-None-Match` name this tag?
fn names(tags: &str, tag: &str) -> bool {
    tags.trim() == "*" || tags.split(',').any(|named| named.trim().trim_start_matches("W/") == tag)
}

fn accepts_brotli(header: Option<&str>) -> bool {
    header.unwrap_or_default().split(',').any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let refused = |weight: &str| weight.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0));
        parts.next().is_some_and(|name| name.eq_ignore_ascii_case("br")) && !parts.any(refused)
    })
}

/// What a `Range` header asks for.
#[derive(Debug, PartialEq)]
enum Range {
    /// The header is not one that we understand, or asks for several parts: the whole file is a right answer.
    Whole,
    /// Both bytes included.
    Part { first: u64, last: u64 },
    /// Nothing that the file has.
    Outside,
}

fn parse_range(header: &str, length: u64) -> Range {
    let bounds = header.strip_prefix("bytes=").and_then(|range| range.trim().split_once('-'));
    let Some((first, last)) = bounds else { return Range::Whole };
    let number = |text: &str| -> Option<u64> {
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
    };
    let (first, last) = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => (first, last.min(length.saturating_sub(1))),
        (Some(first), None) if last.is_empty() => (first, length.saturating_sub(1)),
        (None, Some(count)) if first.is_empty() && count > 0 => {
            (length.saturating_sub(count), length.saturating_sub(1))
        }
        (None, Some(0)) if first.is_empty() => return Range::Outside,
        _ => return Range::Whole,
    };
    if first < length { Range::Part { first, last } } else { Range::Outside }
}

/// The type of a file by its name.
fn media_type(name: &Path) -> &'static str {
    match name.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "ico" => "image/x-icon",
        "jpg" | "jpeg" => "image/jpeg",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "md" => "text/markdown; charset=utf-8",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "txt" => "text/plain; charset=utf-8",
        "wasm" => "application/wasm",
        "webmanifest" => "application/manifest+json",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
#[path = "respond_tests.rs"]
mod tests;
