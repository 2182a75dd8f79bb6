//! As much of HTTP/1.1 as a browser speaks with a server on its own machine: requests without a body, one after the other
//! on a connection, each connection in a thread of its own.
//!
//! A server with a pool of threads does not do here: a browser keeps half a dozen connections open, and one that waits for
//! a free thread of the pool waits until another is closed.

use std::io::{self, BufWriter, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::Result;

use crate::respond::{Answer, Body, COMMON_HEADERS, Request, answer};

/// The most bytes of a request's line and headers.
const MAX_HEAD: usize = 32 << 10;

/// The most headers of a request.
const MAX_HEADERS: usize = 64;

/// How long a connection may say nothing.
const IDLE: Duration = Duration::from_secs(90);

/// Serves a folder until the program ends.
pub(crate) fn serve(listener: &TcpListener, folder: &Path) -> Result<()> {
    let folder: Arc<Path> = folder.into();
    loop {
        let (stream, _) = listener.accept()?;
        let folder = Arc::clone(&folder);
        thread::spawn(move || {
            // A browser that goes away in the middle is no fault.
            let _gone = converse(&stream, &folder);
        });
    }
}

/// Answers the requests of a connection until one side has had enough.
fn converse(mut stream: &TcpStream, folder: &Path) -> io::Result<()> {
    stream.set_read_timeout(Some(IDLE))?;
    stream.set_nodelay(true)?;
    let mut received = Vec::new();
    loop {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut parsed = httparse::Request::new(&mut headers);
        let used = match parsed.parse(&received) {
            Ok(httparse::Status::Complete(used)) => used,
            Ok(httparse::Status::Partial) if received.len() < MAX_HEAD => {
                let mut chunk = [0; 4096];
                match stream.read(&mut chunk)? {
                    0 => return Ok(()),
                    len => received.extend_from_slice(&chunk[..len]),
                }
                continue;
            }
            _ => {
                let answer = Answer {
                    status: 400,
                    headers: Vec::new(),
                    body: Body::Text("This is no HTTP request.\n"),
                };
                return send(stream, answer, false, true);
            }
        };
        let header = |name: &str| {
            let found = parsed.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
            std::str::from_utf8(found.value).ok()
        };
        let method = parsed.method.unwrap_or_default();
        // Nobody sends a body to files; after one it would not be known where the next request begins.
        let has_body = header("Content-Length").is_some_and(|length| length.trim() != "0")
            || header("Transfer-Encoding").is_some();
        let last = has_body
            || parsed.version != Some(1)
            || header("Connection").is_some_and(|value| value.to_ascii_lowercase().contains("close"));
        let request = Request {
            method,
            target: parsed.path.unwrap_or_default(),
            accept_encoding: header("Accept-Encoding"),
            range: header("Range"),
            if_range: header("If-Range"),
            if_none_match: header("If-None-Match"),
        };
        send(stream, answer(folder, request), method == "HEAD", last)?;
        if last {
            return Ok(());
        }
        received.drain(..used);
    }
}

/// Sends an answer; `head`: without its body.
fn send(stream: &TcpStream, answer: Answer, head: bool, last: bool) -> io::Result<()> {
    let mut out = BufWriter::new(stream);
    write!(out, "HTTP/1.1 {} {}\r\n", answer.status, reason(answer.status))?;
    for (name, value) in &answer.headers {
        write!(out, "{name}: {value}\r\n")?;
    }
    // An answer may have its own instead of a common one.
    for (name, value) in COMMON_HEADERS {
        if answer.headers.iter().all(|(own, _)| *own != name) {
            write!(out, "{name}: {value}\r\n")?;
        }
    }
    if last {
        write!(out, "Connection: close\r\n")?;
    }
    let (mut body, length): (Box<dyn Read>, u64) = match answer.body {
        Body::Text(text) => (Box::new(text.as_bytes()), text.len() as u64),
        Body::Part(file, length) => (Box::new(file.take(length)), length),
    };
    let has_body = !matches!(answer.status, 204 | 304);
    if has_body {
        write!(out, "Content-Length: {length}\r\n")?;
    }
    write!(out, "\r\n")?;
    if !head && has_body {
        io::copy(&mut body, &mut out)?;
    }
    out.flush()
}

/// What a status is called.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        206 => "Partial Content",
        304 => "Not Modified",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        416 => "Range Not Satisfiable",
        _ => "Internal Server Error",
    }
}
