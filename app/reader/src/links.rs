//! Which addresses a text may link to.

/// Whether an address may become a link: `http`, `https`, `mailto`, or a path on this site.
///
/// Asked once more before every link is drawn, whoever made it.
pub fn is_safe(href: &str) -> bool {
    // Browsers drop tabs and line breaks from addresses and read a backslash as a slash: `java\nscript:`, `/\host`.
    if href.is_empty() || href.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return false;
    }
    let end = href.find(['/', '?', '#']).unwrap_or(href.len());
    match href[..end].split_once(':') {
        Some((scheme, _)) => {
            ["http", "https", "mailto"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
        }
        None => !href.starts_with("//"),
    }
}

/// Whether an address leads away from this site.
pub fn is_external(href: &str) -> bool {
    href.find(':').is_some_and(|colon| !href[..colon].contains(['/', '?', '#']))
}

/// Whether a piece of an address can be an article's name: lower-case letters, digits and hyphens.
pub fn is_slug(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 100
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// The page of this reader that shows the article which a path on this site names, if it names one.
pub fn article_page(path: &str) -> Option<String> {
    let slug = path.strip_prefix("/articles/")?.strip_suffix(".html")?;
    is_slug(slug).then(|| format!("/article/{slug}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_links_are_kept() {
        for href in [
            "https://example.org/a?b=c:d#e",
            "HTTP://example.org",
            "mailto:redaktion@example.org",
            "/article/ein-text",
            "ein-text",
            "?page=2",
            "#part:one",
            "a/b:c",
        ] {
            assert!(is_safe(href), "{href}");
        }
    }

    #[test]
    fn everything_else_is_not() {
        for href in [
            "",
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "java\nscript:alert(1)",
            "java\tscript:alert(1)",
            " javascript:alert(1)",
            "\u{1}javascript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "blob:https://example.org/1",
            "file:///etc/passwd",
            "//example.org",
            "/\\example.org",
            ":",
            "https :x",
        ] {
            assert!(!is_safe(href), "{href:?}");
        }
    }

    #[test]
    fn away_is_told_from_here() {
        assert!(is_external("https://example.org"));
        assert!(is_external("mailto:a@example.org"));
        assert!(!is_external("/article/a:b"));
        assert!(!is_external("article"));
    }

    #[test]
    fn articles_are_found_by_their_files() {
        assert_eq!(article_page("/articles/kolibri-k1.html").as_deref(), Some("/article/kolibri-k1"));
        for path in [
            "/articles/../secret.html",
            "/articles/.html",
            "/articles/A.html",
            "/article/x",
            "/articles/x.json",
        ] {
            assert_eq!(article_page(path), None, "{path}");
        }
    }
}
