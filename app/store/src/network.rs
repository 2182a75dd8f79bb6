//! What the store asks of a network.

use std::ops::Range;

use crate::plan::FetchId;

/// Where something is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// The manifest's address; everything else is relative to it.
    pub manifest: &'a str,
    /// The folder of a mirror, absolute or relative to the manifest; none for the manifest's own folder.
    pub mirror: Option<&'a str>,
    /// Path and query relative to that folder; none for the manifest itself.
    pub path: Option<&'a str>,
}

/// Requests whose answers come in pieces, one queue for all of them, and a clock.
#[allow(async_fn_in_trait)]
pub trait Network {
    /// The time in milliseconds since some fixed point.
    fn now(&self) -> f64;

    /// Sends a request. Its answer comes out of [`next`](Self::next): at most one head, then data, then one end or
    /// failure.
    fn start(&mut self, id: FetchId, target: Target<'_>, range: Option<Range<u64>>);

    /// Breaks a request off. Nothing more is heard of it; unknown ids are no error.
    fn abort(&mut self, id: FetchId);

    /// Waits for the next piece of any answer; none when the time `until` has come, or when the
    /// [`Control`](crate::Control) was used meanwhile.
    async fn next(&mut self, until: Option<f64>) -> Option<(FetchId, Incoming)>;
}

/// A piece of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// Status and headers.
    Head(Head),
    /// The next bytes of the body.
    Data(Vec<u8>),
    /// The body ends.
    End,
    /// The connection failed; the reason is for people.
    Failed(String),
}

/// What matters of an answer's status line and headers. Its length is not among that: it may be of the compressed form, or a lie,
/// and the bytes themselves say when they end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The status.
    pub status: u16,
    /// `Content-Range`. Another origin's server has to allow a page to see it, so its absence says nothing.
    pub content_range: Option<String>,
    /// `Retry-After`.
    pub retry_after: Option<String>,
}

impl Head {
    /// First byte and, where it is told, the file's size.
    pub(crate) fn range(&self) -> Option<(u64, Option<u64>)> {
        let (span, size) = self.content_range.as_ref()?.trim().strip_prefix("bytes ")?.split_once('/')?;
        let (first, _) = span.split_once('-')?;
        Some((first.trim().parse().ok()?, size.trim().parse().ok()))
    }

    /// How long the server asks to wait, where it gives seconds. Dates are not read: the clocks may differ.
    pub(crate) fn retry_after_ms(&self) -> Option<f64> {
        self.retry_after.as_ref()?.trim().parse::<u32>().ok().map(|seconds| f64::from(seconds) * 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_or_ignored() {
        let head = |text: &str| Head { content_range: Some(text.into()), ..Head::default() }.range();
        assert_eq!(head("bytes 5-9/20"), Some((5, Some(20))));
        assert_eq!(head("bytes 5-9/*"), Some((5, None)));
        for wrong in
            ["", "bytes", "bytes */20", "bytes -9/20", "items 5-9/20", "bytes 99999999999999999999-/1"]
        {
            assert_eq!(head(wrong), None, "{wrong}");
        }
        let wait = |text: &str| Head { retry_after: Some(text.into()), ..Head::default() }.retry_after_ms();
        assert_eq!(wait("3"), Some(3000.0));
        assert_eq!(wait("Wed, 21 Oct 2026 07:28:00 GMT"), None);
        assert_eq!(wait("-1"), None);
    }
}
