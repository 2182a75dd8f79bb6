//! The server for one's own machine: `dist/` on 127.0.0.1.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, thread};

use anyhow::{Context, Result, anyhow, bail};

use crate::bundle;
use crate::http;
use crate::project::{self, on_path, say};

/// The port if none is asked for.
const PORT: u16 = 8080;

/// How many ports above [`PORT`] may stand in for it.
const SPARE_PORTS: u16 = 20;

/// What `serve` was asked for.
#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    /// None: 8080, or the next that is free.
    port: Option<u16>,
    open: bool,
}

impl Options {
    /// Reads the command's arguments.
    pub(crate) fn parse(arguments: &[String]) -> Result<Self> {
        let mut options = Self { port: None, open: true };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let port = match argument.as_str() {
                "--no-open" => {
                    options.open = false;
                    continue;
                }
                "--port" => arguments.next().context("--port needs a number")?,
                other => {
                    other.strip_prefix("--port=").with_context(|| format!("serve does not know {other:?}"))?
                }
            };
            options.port = Some(port.parse().map_err(|_| anyhow!("{port:?} is not a port (0 to 65535)"))?);
        }
        Ok(options)
    }
}

/// `cargo xtask serve`: builds what has changed and serves until it is stopped.
pub(crate) fn serve(options: &Options) -> Result<()> {
    // A port that is taken should be known before minutes of building.
    let listener = listen(options.port)?;
    bundle::ensure()?;
    let address = listener.local_addr()?;
    let address = format!("http://{address}/");
    println!("Klartext is at {address} (Ctrl+C ends it)");
    if options.open {
        open_browser(&address);
    }
    http::serve(&listener, &project::dist())
}

/// Serves a folder in the background, on any free port, until the program ends.
pub(crate) fn serve_in_background(folder: &Path) -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let folder = folder.to_path_buf();
    thread::spawn(move || {
        if let Err(error) = http::serve(&listener, &folder) {
            say(&format!("the server has stopped: {error:#}"));
        }
    });
    Ok(address)
}

/// Takes the port that was asked for, or else the first free one from 8080 on.
fn listen(port: Option<u16>) -> Result<TcpListener> {
    let bind = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    if let Some(port) = port {
        return bind(port).map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => {
                anyhow!("port {port} is taken: end the program that has it, or ask for another with --port N")
            }
            _ => anyhow!("cannot listen on port {port}: {error}"),
        });
    }
    for port in PORT..=PORT + SPARE_PORTS {
        match bind(port) {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => say(&format!("port {port} is taken")),
            Err(error) => bail!("cannot listen on port {port}: {error}"),
        }
    }
    bail!("ports {PORT} to {} are all taken: ask for another with --port N", PORT + SPARE_PORTS)
}

/// Opens the address in the user's browser, if there is a desktop to open it on.
fn open_browser(address: &str) {
    let desktop = env::var_os("DISPLAY").is_some() || env::var_os("WAYLAND_DISPLAY").is_some();
    let opener =
        if cfg!(target_os = "macos") { on_path("open") } else { on_path("xdg-open").filter(|_| desktop) };
    if let Some(opener) = opener {
        let _unimportant =
            Command::new(opener).arg(address).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Options> {
        Options::parse(&arguments.iter().map(|&argument| argument.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn arguments_are_read() {
        assert_eq!(parse(&[]).unwrap(), Options { port: None, open: true });
        assert_eq!(parse(&["--no-open", "--port", "99"]).unwrap(), Options { port: Some(99), open: false });
        assert_eq!(parse(&["--port=0"]).unwrap(), Options { port: Some(0), open: true });
        for wrong in [&["--port"] as &[&str], &["--port", "x"], &["--port=70000"], &["extra"]] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_port_that_is_taken_is_an_error_that_says_so() {
        let taken = listen(Some(0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = listen(Some(port)).unwrap_err().to_string();
        assert!(error.contains("taken") && error.contains("--port"), "{error}");
    }

    #[test]
    fn a_request_over_the_network_is_answered_with_all_headers() {
        use crate::respond::COMMON_HEADERS;
        use std::io::{Read, Write};
        let folder = env::temp_dir().join(format!("klartext-serve-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("index.html"), "<!doctype html>").unwrap();
        let address = serve_in_background(&folder).unwrap();
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.write_all(b"GET /article HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.ends_with("\r\n\r\n<!doctype html>"), "{answer}");
        for (name, value) in COMMON_HEADERS.into_iter().chain([("Content-Length", "15")]) {
            assert!(answer.contains(&format!("{name}: {value}\r\n")), "{name} in {answer}");
        }
    }
}
