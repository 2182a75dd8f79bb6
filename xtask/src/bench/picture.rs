//! Figures as bars: an SVG that can be read on light and on dark paper, and by those who do not see it.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::stats::Spread;
use crate::project;

/// Lengths in the picture's own units.
const WIDTH: f64 = 720.0;
/// Where bars begin: behind their labels.
const LEFT: f64 = 200.0;
/// What a number behind the longest bar needs.
const RIGHT: f64 = 80.0;
/// Above the first bar: title and caption.
const TOP: f64 = 72.0;
/// From one bar to the next.
const STEP: f64 = 36.0;
const THICKNESS: f64 = 22.0;

/// Colours by class; those of dark paper come second.
const STYLE: &str = "text { font: 14px system-ui, sans-serif; fill: #1f2328 } \
    .title { font-size: 18px; font-weight: 600 } \
    .caption { font-size: 12px; fill: #59636e } \
    .value { font-variant-numeric: tabular-nums } \
    .ours { fill: #0a6b52 } \
    .other { fill: #9aa4af } \
    .spread { stroke: #1f2328; stroke-width: 1.5 } \
    @media (prefers-color-scheme: dark) { \
    text { fill: #e6edf3 } \
    .caption { fill: #9198a1 } \
    .ours { fill: #3fb58f } \
    .other { fill: #5d6670 } \
    .spread { stroke: #e6edf3 } }";

/// A picture of bars.
pub(super) struct Picture {
    pub(super) title: &'static str,
    /// One line below the title.
    pub(super) caption: String,
    /// From above.
    pub(super) bars: Vec<Bar>,
}

/// One bar: as long as the median, with a line from the least to the greatest value.
pub(super) struct Bar {
    pub(super) label: &'static str,
    pub(super) spread: Spread,
    /// Whether it stands out.
    pub(super) ours: bool,
}

impl Picture {
    /// Writes `docs/NAME.svg`, and returns the path.
    pub(super) fn write(&self, name: &str) -> Result<PathBuf> {
        let path = project::root().join("docs").join(format!("{name}.svg"));
        fs::write(&path, self.svg()).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    }

    fn svg(&self) -> String {
        let height = TOP + STEP * self.bars.len() as f64;
        let longest = self.bars.iter().map(|bar| bar.spread.max).fold(f64::MIN_POSITIVE, f64::max);
        let x = |value: f64| LEFT + (WIDTH - LEFT - RIGHT) * value / longest;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
             aria-labelledby=\"title desc\">\n<title id=\"title\">{}</title>\n<desc id=\"desc\">{}</desc>\n\
             <style>{STYLE}</style>\n\
             <text class=\"title\" x=\"0\" y=\"22\">{}</text>\n<text class=\"caption\" x=\"0\" y=\"44\">{}</text>\n",
            escaped(self.title),
            escaped(&self.description()),
            escaped(self.title),
            escaped(&self.caption),
        );
        for (number, Bar { label, spread, ours }) in self.bars.iter().enumerate() {
            let top = TOP + STEP * number as f64;
            let (middle, text) = (top + THICKNESS / 2.0, top + THICKNESS / 2.0 + 5.0);
            let (class, label) = (if *ours { "ours" } else { "other" }, escaped(label));
            let (end, width) = (x(spread.max), x(spread.median) - LEFT);
            // Writing to a string cannot fail.
            let _ = write!(
                svg,
                "<text x=\"{:.1}\" y=\"{text:.1}\" text-anchor=\"end\">{label}</text>\n\
                 <rect class=\"{class}\" x=\"{LEFT}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{THICKNESS}\" rx=\"3\"/>\n\
                 <line class=\"spread\" x1=\"{:.1}\" x2=\"{end:.1}\" y1=\"{middle:.1}\" y2=\"{middle:.1}\"/>\n\
                 <text class=\"value\" x=\"{:.1}\" y=\"{text:.1}\">{}</text>\n",
                LEFT - 12.0,
                x(spread.min),
                end + 8.0,
                thousands(spread.median),
            );
        }
        svg.push_str("</svg>\n");
        svg
    }

    /// The whole in words.
    fn description(&self) -> String {
        let bars: Vec<String> = self
            .bars
            .iter()
            .map(|Bar { label, spread, .. }| {
                let [min, median, max] = [spread.min, spread.median, spread.max].map(thousands);
                format!("{label}: {median} ({min} to {max})")
            })
            .collect();
        format!("{}. {}.", self.caption, bars.join("; "))
    }
}

/// A number without decimals, its thousands set apart.
fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// Text as XML wants it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(label: &'static str, median: f64, ours: bool) -> Bar {
        Bar { label, spread: Spread { min: median / 2.0, median, max: 2.0 * median }, ours }
    }

    #[test]
    fn bars_are_drawn_to_scale_and_told() {
        let bars = vec![bar("fast & ours", 2000.0, true), bar("slow", 500.0, false)];
        let svg = Picture { title: "A race", caption: "In a test".into(), bars }.svg();
        // The longest line ends where numbers begin, at 640; the bars are half and an eighth of the 440 before it.
        for part in [
            "viewBox=\"0 0 720 144\"",
            "<title id=\"title\">A race</title>",
            "In a test. fast &amp; ours: 2\u{202f}000 (1\u{202f}000 to 4\u{202f}000); slow: 500 (250 to 1\u{202f}000).",
            "class=\"ours\" x=\"200\" y=\"72.0\" width=\"220.0\"",
            "class=\"other\" x=\"200\" y=\"108.0\" width=\"55.0\"",
            "x1=\"310.0\" x2=\"640.0\"",
            "prefers-color-scheme: dark",
        ] {
            assert!(svg.contains(part), "{part} is missing in {svg}");
        }
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(
            [0.4, 999.6, 1234.0, 1_234_567.0].map(thousands),
            ["0", "1\u{202f}000", "1\u{202f}234", "1\u{202f}234\u{202f}567"]
        );
    }
}
