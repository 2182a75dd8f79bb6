//! Tests of the server's answers, on a folder of their own.

use std::fs;
use std::io::Read;

use super::*;

/// A folder that is removed when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let outer = std::env::temp_dir().join(format!("klartext-{name}-{}", std::process::id()));
        let folder = outer.join("dist");
        fs::create_dir_all(folder.join("assets")).unwrap();
        fs::create_dir_all(folder.join("models/deen")).unwrap();
        fs::write(outer.join("secret.txt"), "secret").unwrap();
        fs::write(folder.join(".stamp"), "hidden").unwrap();
        fs::write(folder.join("index.html"), "<!doctype html>").unwrap();
        fs::write(folder.join("assets/engine-0123.wasm"), "0123456789").unwrap();
        fs::write(folder.join("assets/engine-0123.wasm.br"), "packed").unwrap();
        fs::write(folder.join("models/deen/weights.bin"), "weights").unwrap();
        fs::create_dir_all(folder.join("embed")).unwrap();
        fs::write(folder.join("embed/klartext.js"), "element").unwrap();
        fs::write(folder.join("embed/session-ABCD2345.js"), "session").unwrap();
        fs::create_dir_all(folder.join("demo/plain")).unwrap();
        fs::write(folder.join("demo/plain/index.html"), "demo").unwrap();
        Self(outer)
    }

    fn ask(&self, request: Request<'_>) -> Answer {
        answer(&self.0.join("dist"), request)
    }

    fn get(&self, target: &str) -> Answer {
        self.ask(Request { method: "GET", target, ..Request::default() })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| *other == name).map(|(_, value)| value.as_str())
    }

    fn content(self) -> String {
        match self.body {
            Body::Text(text) => text.to_owned(),
            Body::Part(file, length) => {
                let mut text = String::new();
                file.take(length).read_to_string(&mut text).unwrap();
                text
            }
        }
    }
}

#[test]
fn addresses_become_names_within_the_folder() {
    let name = |target| file_name(target).map(|name| name.to_string_lossy().into_owned());
    assert_eq!(name("/").as_deref(), Some("index.html"));
    assert_eq!(name("/?a=/../b").as_deref(), Some("index.html"));
    assert_eq!(name("/models/deen/a.bin?x#y").as_deref(), Some("models/deen/a.bin"));
    assert_eq!(name("/a%20b%C3%A4.txt").as_deref(), Some("a bä.txt"));
    assert_eq!(name("/article/one/").as_deref(), Some("article/one"));
    for bad in [
        "",
        "a",
        "http://host/a",
        "/..",
        "/../a",
        "/a/../../b",
        "/%2e%2e/a",
        "/..%2fa",
        "/a/%2E./b",
        "/./a",
        "//a",
        "/a//b",
        "/.stamp",
        "/a/.git/config",
        "/..\\a",
        "/%5c..%5ca",
        "/c:/a",
        "/a%00b",
        "/a%",
        "/a%2",
        "/a%zz",
        "/%ff",
        "/a%0ab",
        "/a%+1",
    ] {
        assert_eq!(name(bad), None, "{bad}");
    }
}

#[test]
fn files_have_types_and_cache_rules() {
    let folder = Folder::new("files");
    let page = folder.get("/");
    assert_eq!(page.status, 200);
    assert_eq!(page.header("Content-Type"), Some("text/html; charset=utf-8"));
    assert_eq!(page.header("Cache-Control"), Some("no-cache"));
    assert_eq!(page.content(), "<!doctype html>");
    let asset = folder.get("/assets/engine-0123.wasm");
    assert_eq!(asset.header("Content-Type"), Some("application/wasm"));
    assert_eq!(asset.header("Cache-Control"), Some("public, max-age=31536000, immutable"));
    assert_eq!(asset.header("Vary"), Some("Accept-Encoding"));
    assert_eq!(asset.content(), "0123456789");
    let weights = folder.get("/models/deen/weights.bin");
    assert_eq!(weights.header("Content-Type"), Some("application/octet-stream"));
    assert_eq!(weights.header("Vary"), None);
}

#[test]
fn the_readers_own_addresses_get_the_page_and_missing_files_do_not() {
    let folder = Folder::new("missing");
    for target in ["/article/one", "/paste", "/models/deen", "/no/such/place/"] {
        let answer = folder.get(target);
        assert_eq!(
            (answer.status, answer.header("Content-Type")),
            (200, Some("text/html; charset=utf-8")),
            "{target}"
        );
    }
    for target in
        ["/missing.js", "/models/deen/manifest.json", "/.stamp", "/../secret.txt", "/%2e%2e/secret.txt"]
    {
        let answer = folder.get(target);
        assert_eq!(
            (answer.status, answer.header("Content-Type")),
            (404, Some("text/plain; charset=utf-8")),
            "{target}"
        );
    }
    let post = folder.ask(Request { method: "POST", target: "/", ..Request::default() });
    assert_eq!((post.status, post.header("Allow")), (405, Some("GET, HEAD")));
}

#[test]
fn other_sites_may_load_what_they_embed_and_nothing_else() {
    let folder = Folder::new("shared");
    for (target, status) in [
        ("/embed/klartext.js", 200),
        ("/embed/missing.js", 404),
        ("/assets/engine-0123.wasm", 200),
        ("/models/deen/weights.bin", 200),
    ] {
        let answer = folder.get(target);
        assert_eq!(answer.status, status, "{target}");
        assert_eq!(answer.header("Access-Control-Allow-Origin"), Some("*"), "{target}");
        assert_eq!(answer.header("Cross-Origin-Resource-Policy"), Some("cross-origin"), "{target}");
    }
    for target in ["/", "/article/one", "/demo/plain/", "/missing.js", "/embedded", "/../embed/klartext.js"] {
        assert_eq!(folder.get(target).header("Access-Control-Allow-Origin"), None, "{target}");
    }
    let ask = |target| folder.ask(Request { method: "OPTIONS", target, ..Request::default() });
    let may = ask("/models/deen/weights.bin");
    assert_eq!((may.status, may.header("Access-Control-Allow-Headers")), (204, Some("Range, If-Range")));
    assert_eq!(ask("/index.html").status, 405);
}

#[test]
fn only_scripts_whose_names_tell_their_content_are_kept_for_ever() {
    let folder = Folder::new("hashes");
    let cache = |target| folder.get(target).header("Cache-Control").map(str::to_owned);
    assert_eq!(cache("/embed/klartext.js").as_deref(), Some("no-cache"));
    assert_eq!(cache("/embed/session-ABCD2345.js").as_deref(), Some("public, max-age=31536000, immutable"));
}

#[test]
fn folders_of_pages_have_pages_of_their_own() {
    let folder = Folder::new("folders");
    let page = folder.get("/demo/plain/?look=plain");
    assert_eq!((page.status, page.header("Content-Type")), (200, Some("text/html; charset=utf-8")));
    assert_eq!(page.content(), "demo");
    let without = folder.get("/demo/plain?look=plain");
    assert_eq!((without.status, without.header("Location")), (308, Some("/demo/plain/?look=plain")));
    for target in ["/demo/", "/demo", "/docs", "/demo/plain/missing", "/embed/"] {
        assert_eq!(folder.get(target).status, 404, "{target}");
    }
}

#[cfg(unix)]
#[test]
fn links_do_not_lead_out() {
    let folder = Folder::new("links");
    std::os::unix::fs::symlink(folder.0.join("secret.txt"), folder.0.join("dist/link.txt")).unwrap();
    assert_eq!(folder.get("/link.txt").status, 404);
}

#[test]
fn brotli_is_sent_to_those_who_take_it() {
    let folder = Folder::new("brotli");
    let ask = |encoding| {
        folder.ask(Request {
            method: "GET",
            target: "/assets/engine-0123.wasm",
            accept_encoding: Some(encoding),
            ..Request::default()
        })
    };
    for encoding in ["br", "gzip, deflate, br, zstd", "gzip;q=0.5,BR;q=0.9"] {
        let answer = ask(encoding);
        assert_eq!(answer.header("Content-Encoding"), Some("br"), "{encoding}");
        assert_eq!(answer.header("Content-Type"), Some("application/wasm"));
        assert!(answer.header("ETag").unwrap().ends_with("-br\""));
        assert_eq!(answer.content(), "packed");
    }
    for encoding in ["", "gzip", "br;q=0", "brotli", "br; q=0.0"] {
        assert_eq!(ask(encoding).header("Content-Encoding"), None, "{encoding}");
    }
}

#[test]
fn an_unchanged_file_is_not_sent_again() {
    let folder = Folder::new("etag");
    let tag = folder.get("/").header("ETag").unwrap().to_owned();
    let ask = |tags: &str| {
        folder
            .ask(Request { method: "GET", target: "/", if_none_match: Some(tags), ..Request::default() })
            .status
    };
    assert_eq!(ask(&tag), 304);
    assert_eq!(ask(&format!("\"other\", W/{tag}")), 304);
    assert_eq!(ask("*"), 304);
    assert_eq!(ask("\"other\""), 200);
}

#[test]
fn ranges_are_read() {
    let part = |first, last| Range::Part { first, last };
    for (header, length, expected) in [
        ("bytes=0-3", 10, part(0, 3)),
        ("bytes=4-", 10, part(4, 9)),
        ("bytes=-4", 10, part(6, 9)),
        ("bytes=-40", 10, part(0, 9)),
        ("bytes=9-99", 10, part(9, 9)),
        ("bytes=10-", 10, Range::Outside),
        ("bytes=-0", 10, Range::Outside),
        ("bytes=0-0", 0, Range::Outside),
        ("bytes=-1", 0, Range::Outside),
        ("bytes=3-2", 10, Range::Whole),
        ("bytes=0-1,4-5", 10, Range::Whole),
        ("bytes=-", 10, Range::Whole),
        ("bytes=a-b", 10, Range::Whole),
        ("bytes=+1-2", 10, Range::Whole),
        ("bytes=99999999999999999999-", 10, Range::Whole),
        ("lines=1-2", 10, Range::Whole),
        ("", 10, Range::Whole),
    ] {
        assert_eq!(parse_range(header, length), expected, "{header:?} of {length}");
    }
}

#[test]
fn parts_of_files_are_sent() {
    let folder = Folder::new("ranges");
    let get = Request { method: "GET", target: "/assets/engine-0123.wasm", ..Request::default() };
    let tag = folder.ask(get).header("ETag").unwrap().to_owned();

    let part = folder.ask(Request { range: Some("bytes=2-4"), accept_encoding: Some("br"), ..get });
    assert_eq!((part.status, part.header("Content-Range")), (206, Some("bytes 2-4/10")));
    assert_eq!(part.header("Content-Encoding"), None, "parts are of the file itself");
    assert_eq!(part.content(), "234");

    let outside = folder.ask(Request { range: Some("bytes=10-"), ..get });
    assert_eq!((outside.status, outside.header("Content-Range")), (416, Some("bytes */10")));

    let same = folder.ask(Request { range: Some("bytes=2-4"), if_range: Some(&tag), ..get });
    assert_eq!(same.status, 206);
    let changed = folder.ask(Request { range: Some("bytes=2-4"), if_range: Some("\"other\""), ..get });
    assert_eq!((changed.status, changed.content().as_str()), (200, "0123456789"));
}
