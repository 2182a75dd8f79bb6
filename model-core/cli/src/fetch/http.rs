//! Asking a server, again if need be, and going on where a download stopped.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

use sha2::{Digest, Sha256};
use ureq::http::Response;
use ureq::{Agent, Body};

use super::error::Error;

/// How long to wait for a connection and for an answer's beginning, and between two pieces of it.
const PATIENCE: Duration = Duration::from_secs(30);
/// The wait before the first repetition; each is twice as long as the one before.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// What went wrong once.
enum Failure {
    /// It may be different in a moment.
    Passing { problem: String, wait: Option<Duration> },
    /// It will not.
    Lasting(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Lasting(error)
    }
}

/// A client that does not give up at once.
pub(super) struct Client {
    agent: Agent,
    retries: u32,
}

impl Client {
    /// A client that tries so many times more after a failure that may pass.
    pub(super) fn new(retries: u32) -> Self {
        let config = Agent::config_builder()
            .user_agent(concat!("klartext/", env!("CARGO_PKG_VERSION")))
            // Sizes and digests are of the bytes as they lie there.
            .accept_encoding("identity")
            .http_status_as_error(false)
            .timeout_connect(Some(PATIENCE))
            .timeout_recv_response(Some(PATIENCE))
            .timeout_per_read(Some(PATIENCE))
            .build();
        Self { agent: config.into(), retries }
    }

    /// What lies at an address, if that is not more than `most` bytes.
    pub(super) fn get(&self, url: &str, most: u64) -> Result<Vec<u8>, Error> {
        self.persist(
            url,
            || 0,
            || {
                let answer = self.ask(url, 0)?;
                let mut content = Vec::new();
                let mut body = answer.into_body().into_reader().take(most + 1);
                body.read_to_end(&mut content).map_err(|error| passing(&error))?;
                if content.len() as u64 > most {
                    let problem = format!("has more than {most} bytes");
                    return Err(Error::Records { url: url.to_owned(), problem }.into());
                }
                Ok(content)
            },
        )
    }

    /// Downloads `size` bytes with this digest to the file `part`, beginning with what is in it already.
    pub(super) fn download(
        &self,
        url: &str,
        name: &str,
        part: &Path,
        size: u64,
        sha256: &str,
    ) -> Result<(), crate::Error> {
        let failed = |source| crate::Error::file(part, source);
        let mut open = OpenOptions::new();
        let mut file = open.read(true).write(true).create(true).truncate(false).open(part).map_err(failed)?;
        let kept = file.seek(SeekFrom::End(0)).map_err(failed)?;
        self.complete(&mut file, url, name, size)?;
        let mut found = digest(&mut file).map_err(failed)?;
        if found != sha256 && kept > 0 {
            // What was kept may be of a file that has changed since.
            file.set_len(0).map_err(failed)?;
            self.complete(&mut file, url, name, size)?;
            found = digest(&mut file).map_err(failed)?;
        }
        if found == sha256 {
            return Ok(());
        }
        std::fs::remove_file(part).map_err(failed)?;
        Err(Error::wrong(name, format!("has SHA-256 {found}, and not {sha256}")).into())
    }

    /// Asks until `file` has `size` bytes.
    fn complete(&self, file: &mut File, url: &str, name: &str, size: u64) -> Result<(), Error> {
        let progress = Progress { name, size };
        let length = file.try_clone();
        let length =
            || length.as_ref().ok().and_then(|file| file.metadata().ok()).map_or(0, |data| data.len());
        self.persist(url, length, || {
            let io =
                |error: io::Error| Failure::Lasting(Error::wrong(name, format!("cannot be kept: {error}")));
            let mut have = file.seek(SeekFrom::End(0)).map_err(io)?;
            if have > size {
                file.set_len(0).map_err(io)?;
                have = 0;
            }
            if have == size {
                return Ok(());
            }
            let answer = self.ask(url, have)?;
            if have > 0 && !goes_on(&answer, have) {
                // The server sends everything, from the beginning.
                file.set_len(0).map_err(io)?;
                file.rewind().map_err(io)?;
                have = 0;
            }
            let mut body = answer.into_body().into_reader();
            let mut piece = vec![0; 64 * 1024];
            loop {
                let read = body.read(&mut piece).map_err(|error| passing(&error))?;
                if read == 0 {
                    break;
                }
                have += read as u64;
                if have > size {
                    file.set_len(0).map_err(io)?;
                    return Err(Error::wrong(name, format!("has more than {size} bytes")).into());
                }
                file.write_all(&piece[..read]).map_err(io)?;
                progress.show(have);
            }
            if have < size {
                let problem = format!("the answer ends after {have} of {size} bytes");
                return Err(Failure::Passing { problem, wait: None });
            }
            Ok(())
        })
        .inspect(|()| progress.done())
    }

    /// One question. The answer is one with content.
    fn ask(&self, url: &str, from: u64) -> Result<Response<Body>, Failure> {
        let mut request = self.agent.get(url);
        if from > 0 {
            request = request.header("Range", format!("bytes={from}-"));
        }
        let answer = request.call().map_err(|error| failure(url, &error))?;
        let advice = match answer.status().as_u16() {
            200 | 206 => return Ok(answer),
            // What is kept is longer than what the server has: it is of something else.
            416 if from > 0 => return self.ask(url, 0),
            status @ (408 | 425 | 429 | 500..) => {
                return Err(Failure::Passing {
                    problem: format!("the server answers {status}"),
                    wait: wish(&answer),
                });
            }
            404 | 410 => "What was there has moved or was replaced; is the address right?",
            _ => "It does not give this file to this program.",
        };
        let status = answer.status().as_u16();
        Err(Error::Status { url: url.to_owned(), status, advice }.into())
    }

    /// Repeats `work` after failures that may pass. `have` says how far it is; as long as that grows, it goes on.
    fn persist<T>(
        &self,
        url: &str,
        have: impl Fn() -> u64,
        mut work: impl FnMut() -> Result<T, Failure>,
    ) -> Result<T, Error> {
        let mut tries = 0;
        let mut wait = FIRST_WAIT;
        loop {
            let before = have();
            let (problem, wish) = match work() {
                Ok(result) => return Ok(result),
                Err(Failure::Lasting(error)) => return Err(error),
                Err(Failure::Passing { problem, wait }) => (problem, wait),
            };
            if have() > before {
                (tries, wait) = (0, FIRST_WAIT);
            }
            if tries == self.retries {
                return Err(Error::Connection { url: url.to_owned(), problem });
            }
            tries += 1;
            let pause = wish.unwrap_or(wait).min(LONGEST_WAIT);
            eprintln!("{url}: {problem}; again in {:.1} s", pause.as_secs_f32());
            std::thread::sleep(pause);
            wait *= 2;
        }
    }
}

/// Whether an answer is what comes behind the first `have` bytes.
fn goes_on(answer: &Response<Body>, have: u64) -> bool {
    let range = answer.headers().get("content-range").and_then(|range| range.to_str().ok());
    let start = range
        .and_then(|range| range.trim().strip_prefix("bytes "))
        .and_then(|range| range.split_once('-'))
        .and_then(|(start, _)| start.trim().parse::<u64>().ok());
    answer.status().as_u16() == 206 && start == Some(have)
}

/// How long the server wants to be left alone.
fn wish(answer: &Response<Body>) -> Option<Duration> {
    let seconds = answer.headers().get("retry-after")?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn failure(url: &str, error: &ureq::Error) -> Failure {
    let problem = match error {
        ureq::Error::TlsRequired => {
            "this klartext was built without the feature tls; take a mirror over http"
        }
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => "it needs the form https://host/path",
        ureq::Error::TooManyRedirects | ureq::Error::RedirectFailed => "it is redirected without end",
        _ => return Failure::Passing { problem: error.to_string(), wait: None },
    };
    Failure::Lasting(Error::Address { url: url.to_owned(), problem: problem.to_owned() })
}

fn passing(error: &io::Error) -> Failure {
    Failure::Passing { problem: format!("the connection broke: {error}"), wait: None }
}

/// SHA-256 of a whole file, in lower-case hexadecimal.
fn digest(file: &mut File) -> io::Result<String> {
    file.rewind()?;
    let mut digest = Sha256::new();
    io::copy(file, &mut digest)?;
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// What somebody sees who waits.
struct Progress<'n> {
    name: &'n str,
    size: u64,
}

impl Progress<'_> {
    fn show(&self, have: u64) {
        if io::stderr().is_terminal() {
            eprint!("\r{}: {:.1} of {:.1} MB", self.name, megabytes(have), megabytes(self.size));
        }
    }

    fn done(&self) {
        let back = if io::stderr().is_terminal() { "\r" } else { "" };
        eprintln!("{back}{}: {:.1} MB, downloaded", self.name, megabytes(self.size));
    }
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
