//! A server of the form of Mozilla's Remote Settings, with a small model on it and faults on demand.

#[path = "../../../tests/support/marian.rs"]
mod marian;
#[path = "../../../tests/support/shortlist.rs"]
mod shortlist;

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::{fs, thread};

use marian::Spec;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// How a file lies on the server.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Packing {
    None,
    Gzip,
    Zstd,
}

/// What is wrong with an address, and for how many requests.
#[derive(Clone, Copy)]
pub(crate) enum Fault {
    /// The connection is closed after so many bytes.
    Cut(usize),
    /// Another status than 200.
    Status(u16),
    /// `Range` is not heard.
    NoRange,
}

/// What the server has and was asked.
#[derive(Default)]
struct State {
    files: HashMap<String, Vec<u8>>,
    faults: HashMap<String, Vec<Fault>>,
    /// Path and, where there was one, `Range`.
    asked: Vec<(String, Option<String>)>,
}

/// A running server. Its thread ends with the test's process.
pub(crate) struct Server {
    pub(crate) address: String,
    state: Arc<Mutex<State>>,
    records: Vec<Value>,
}

pub(crate) const RECORDS: &str = "/v1/buckets/main/collections/translations-models-v2/records";

impl Server {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = format!("http://{}", listener.local_addr().expect("it is bound"));
        let state = Arc::new(Mutex::new(State::default()));
        let root = json!({ "capabilities": { "attachments": { "base_url": format!("{address}/cdn/") } } });
        let server = Self { address, state: Arc::clone(&state), records: Vec::new() };
        server.put("/v1/", root.to_string().into_bytes());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&state);
                thread::spawn(move || answer(&stream, &state));
            }
        });
        server
    }

    /// Puts something at a path.
    pub(crate) fn put(&self, path: &str, content: Vec<u8>) {
        self.state.lock().expect("no test panics with it").files.insert(path.to_owned(), content);
    }

    /// What lies at a path.
    pub(crate) fn stored(&self, path: &str) -> Vec<u8> {
        self.state.lock().expect("no test panics with it").files[path].clone()
    }

    /// What is wrong with the next requests for a path, in this order.
    pub(crate) fn faults(&self, path: &str, faults: &[Fault]) {
        let faults = faults.iter().rev().copied().collect();
        self.state.lock().expect("no test panics with it").faults.insert(path.to_owned(), faults);
    }

    /// The requests for a path so far, each with its `Range`.
    pub(crate) fn asked(&self, path: &str) -> Vec<Option<String>> {
        let state = self.state.lock().expect("no test panics with it");
        state.asked.iter().filter(|(asked, _)| asked == path).map(|(_, range)| range.clone()).collect()
    }

    /// Adds a file to the records, and the file itself. `change` may falsify the record.
    pub(crate) fn publish(&mut self, file: &Published<'_>, change: impl FnOnce(&mut Value)) {
        let Published { name, kind, content, packing } = *file;
        let packed = pack(content, packing);
        let (ending, mime) = match packing {
            Packing::None => ("", "application/octet-stream"),
            Packing::Gzip => (".gz", "application/gzip"),
            Packing::Zstd => (".zst", "application/zstd"),
        };
        let location = format!("main-workspace/translations-models-v2/{name}{ending}");
        let mut record = json!({
            "name": name,
            "sourceLanguage": "de",
            "targetLanguage": "en",
            "architecture": "tiny",
            "version": "3.0",
            "fileType": kind,
            "filter_expression": "",
            "decompressedSize": content.len(),
            "decompressedHash": sha256(content),
            "schema": 1,
            "last_modified": 1,
            "id": kind,
            "attachment": {
                "filename": format!("{name}{ending}"), "location": location, "mimetype": mime,
                "hash": sha256(&packed), "size": packed.len(),
            },
        });
        change(&mut record);
        self.put(&cdn(&location), packed);
        self.records.push(record);
        self.put(RECORDS, json!({ "data": self.records }).to_string().into_bytes());
    }

    /// Publishes the whole of a model.
    pub(crate) fn publish_model(&mut self, model: &Model, packing: Packing) {
        for (name, kind, content) in model.files() {
            self.publish(&Published { name, kind, content, packing }, |_| ());
        }
    }

    /// Runs `klartext fetch deen` against this server.
    pub(crate) fn fetch(&self, folder: &Folder, more: &[&str]) -> Run {
        let records = format!("{}{RECORDS}", self.address);
        let mut words = vec!["fetch", "deen", "--records", &records, "--to", folder.text()];
        words.extend(more);
        klartext(&words)
    }
}

/// The path of an attachment.
pub(crate) fn cdn(location: &str) -> String {
    format!("/cdn/{location}")
}

/// One file of a model as it goes to the server.
pub(crate) struct Published<'a> {
    pub(crate) name: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) content: &'a [u8],
    pub(crate) packing: Packing,
}

/// A model with random weights that has the width of `tiny`.
pub(crate) struct Model {
    pub(crate) weights: Vec<u8>,
    pub(crate) vocabulary: Vec<u8>,
    pub(crate) shortlist: Vec<u8>,
}

impl Model {
    pub(crate) fn new() -> Self {
        let toy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/spm/toy/00.spm");
        let vocabulary = fs::read(toy).expect("it is in the repository");
        let vocab = model_core::text::Vocabulary::from_bytes(&vocabulary).expect("it is sound").len();
        let spec = Spec { dim: 256, ffn: 64, heads: 8, vocab, ..Spec::least() };
        let lists = vec![vec![2, 3, 4]; vocab];
        Self { weights: marian::model(&spec), vocabulary, shortlist: shortlist::write(50, 50, &lists) }
    }

    /// Name, kind and content of each file.
    pub(crate) fn files(&self) -> [(&'static str, &'static str, &[u8]); 3] {
        [
            ("model.deen.intgemm.alphas.bin", "model", &self.weights),
            ("vocab.deen.spm", "vocab", &self.vocabulary),
            ("lex.50.50.deen.s2t.bin", "lex", &self.shortlist),
        ]
    }
}

/// A folder for one test, which goes with it.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("klartext-fetch-{}-{test}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn text(&self) -> &str {
        self.0.to_str().expect("the name is plain")
    }

    /// What lies in it, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).into_iter().flatten().flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What came of a command.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) fn klartext(words: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_klartext"));
    let Output { status, stdout, stderr } = command.args(words).output().expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it prints text");
    Run { code: status.code().expect("no signal ends it"), stdout: text(stdout), stderr: text(stderr) }
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn pack(content: &[u8], packing: Packing) -> Vec<u8> {
    match packing {
        Packing::None => content.to_vec(),
        Packing::Gzip => {
            let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            packer.write_all(content).expect("it writes to memory");
            packer.finish().expect("it writes to memory")
        }
        Packing::Zstd => {
            ruzstd::encoding::compress_to_vec(content, ruzstd::encoding::CompressionLevel::Fastest)
        }
    }
}

/// Answers one request and closes the connection.
fn answer(mut stream: &TcpStream, state: &Mutex<State>) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let Some(path) = lines.next().and_then(|line| Some(line.split(' ').nth(1)?.to_owned())) else { return };
    let range = lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| Some(line.split_once(':')?.1.trim().to_owned()).filter(|_| is_range(&line)))
        .next();
    let (content, fault) = {
        let mut state = state.lock().expect("no test panics with it");
        state.asked.push((path.clone(), range.clone()));
        (state.files.get(&path).cloned(), state.faults.get_mut(&path).and_then(Vec::pop))
    };
    let status = match fault {
        Some(Fault::Status(status)) => status,
        _ if content.is_none() => 404,
        _ => 200,
    };
    // The other side may have gone; then there is nobody to tell.
    let mut send = |head: String, body: &[u8]| {
        let _ = stream.write_all(format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n").as_bytes());
        let _ = stream.write_all(body);
    };
    let content = content.unwrap_or_default();
    if status != 200 {
        return send(format!("{status} Fault\r\nContent-Length: 0"), b"");
    }
    let total = content.len();
    let from = range
        .filter(|_| !matches!(fault, Some(Fault::NoRange)))
        .and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
    let body = &content[from.unwrap_or(0).min(total)..];
    let head = match from {
        Some(from) if from >= total => {
            return send(format!("416 Range\r\nContent-Range: bytes */{total}\r\nContent-Length: 0"), b"");
        }
        Some(from) => format!("206 Part\r\nContent-Range: bytes {from}-{}/{total}", total - 1),
        None => "200 OK".to_owned(),
    };
    let sent = if let Some(Fault::Cut(after)) = fault { &body[..after.min(body.len())] } else { body };
    send(format!("{head}\r\nContent-Length: {}", body.len()), sent);
}

fn is_range(line: &str) -> bool {
    line.to_ascii_lowercase().starts_with("range:")
}
