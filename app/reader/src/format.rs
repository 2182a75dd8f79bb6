//! How numbers, sizes and dates are written for a person.

use klartext_document::dates::month_name;

/// Days since 1970-01-01 of a date in the Gregorian calendar.
fn day_number(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March here, so that the leap day is a year's last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// A day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// The year, as in 2026.
    pub year: i64,
    /// The month, 1 to 12.
    pub month: i64,
    /// The day of the month, 1 to 31.
    pub day: i64,
}

impl Day {
    /// The day that an ISO 8601 date or time begins with; none if it does not begin with one.
    pub fn parse(iso: &str) -> Option<Self> {
        let mut parts = iso.get(..10)?.split('-').map(|part| part.parse::<i64>().ok());
        let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
        ((1..=12).contains(&month) && (1..=31).contains(&day)).then_some(Self { year, month, day })
    }

    /// "24 November 2026".
    pub fn long(self) -> String {
        let month = u32::try_from(self.month).ok().and_then(month_name).unwrap_or_default();
        format!("{} {month} {}", self.day, self.year)
    }

    /// "17 days ago", as seen on the day `today`. A day to come is written out.
    pub fn relative(self, today: Self) -> String {
        let number = |day: Self| day_number(day.year, day.month, day.day);
        match number(today) - number(self) {
            ..0 => self.long(),
            0 => "today".to_owned(),
            1 => "yesterday".to_owned(),
            days @ 2..=30 => format!("{days} days ago"),
            days @ 31..=59 => format!("{} weeks ago", days / 7),
            days @ 60..=364 => format!("{} months ago", days * 12 / 365),
            _ => self.long(),
        }
    }
}

/// A number with commas between its thousands: "12,345".
pub fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// "1 word", "612 words".
pub fn count(value: u64, noun: &str) -> String {
    format!("{} {noun}{}", number(value), if value == 1 { "" } else { "s" })
}

/// The unit to write `bytes` in: its name, and how many bytes it is.
fn unit(bytes: u64) -> (&'static str, f64) {
    match bytes {
        0..1_000 => ("bytes", 1.0),
        1_000..1_000_000 => ("kB", 1e3),
        1_000_000..1_000_000_000 => ("MB", 1e6),
        _ => ("GB", 1e9),
    }
}

/// Bytes as a number of `size`s, with one decimal where that says something.
#[expect(clippy::cast_precision_loss, reason = "sizes far below 2^53 bytes, and rounded anyway")]
fn amount(bytes: u64, size: f64) -> String {
    let value = bytes as f64 / size;
    if size == 1.0 { format!("{value:.0}") } else { format!("{value:.1}") }
}

/// "9.2 MB". Decimal units, as in what networks and disks are sold in.
pub fn bytes(bytes: u64) -> String {
    let (name, size) = unit(bytes);
    format!("{} {name}", amount(bytes, size))
}

/// "3.1 of 9.2 MB", both in the unit of the total.
pub fn bytes_of(done: u64, total: u64) -> String {
    let (name, size) = unit(total);
    format!("{} of {} {name}", amount(done, size), amount(total, size))
}

/// "5 s left", "about 3 min left". Of what is seconds away nobody wants to know a decimal.
pub fn time_left(seconds: f64) -> String {
    match seconds {
        ..1.0 => "less than 1 s left".to_owned(),
        1.0..90.0 => format!("{:.0} s left", seconds.ceil()),
        90.0..5400.0 => format!("about {:.0} min left", seconds / 60.0),
        _ => format!("about {:.0} h left", seconds / 3600.0),
    }
}

/// A duration: "85 ms", "1.2 s", "2 min 5 s".
pub fn duration(milliseconds: f64) -> String {
    let seconds = milliseconds / 1e3;
    if milliseconds < 100.0 {
        format!("{milliseconds:.0} ms")
    } else if seconds < 59.95 {
        format!("{seconds:.1} s")
    } else {
        format!("{:.0} min {:.0} s", (seconds / 60.0).floor(), seconds % 60.0)
    }
}

/// How long an article of so many words takes to read: "3 min read".
pub fn reading_time(words: u32) -> String {
    format!("{} min read", words.div_ceil(220).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_said_in_round_figures() {
        let cases = [
            (0.2, "less than 1 s left"),
            (4.2, "5 s left"),
            (170.0, "about 3 min left"),
            (7000.0, "about 2 h left"),
        ];
        for (seconds, text) in cases {
            assert_eq!(time_left(seconds), text);
        }
    }

    fn day(iso: &str) -> Day {
        Day::parse(iso).unwrap()
    }

    #[test]
    fn days_are_parsed() {
        assert_eq!(day("2026-11-24T06:30:00Z"), Day { year: 2026, month: 11, day: 24 });
        for wrong in
            ["", "2026", "2026-13-01", "2026-00-01", "2026-11-0x", "24.11.2026", "2026-1-1", "ä2026-11-24"]
        {
            assert_eq!(Day::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn dates_are_relative_to_today() {
        let today = day("2026-11-25");
        for (then, said) in [
            ("2026-11-25", "today"),
            ("2026-11-24", "yesterday"),
            ("2026-11-08", "17 days ago"),
            ("2026-10-26", "30 days ago"),
            ("2026-10-21", "5 weeks ago"),
            ("2026-06-25", "5 months ago"),
            ("2025-11-25", "25 November 2025"),
            ("2026-11-26", "26 November 2026"),
        ] {
            assert_eq!(day(then).relative(today), said, "{then}");
        }
    }

    #[test]
    fn the_leap_day_counts() {
        assert_eq!(day("2024-02-28").relative(day("2024-03-01")), "2 days ago");
        assert_eq!(day("2026-02-28").relative(day("2026-03-01")), "yesterday");
        assert_eq!(day("2025-12-31").relative(day("2026-01-01")), "yesterday");
    }

    #[test]
    fn numbers_have_commas() {
        for (value, said) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(number(value), said);
        }
        assert_eq!(count(1, "word"), "1 word");
        assert_eq!(count(1_612, "word"), "1,612 words");
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!(bytes(12), "12 bytes");
        assert_eq!(bytes(9_200_000), "9.2 MB");
        assert_eq!(bytes_of(310_000, 9_200_000), "0.3 of 9.2 MB");
        assert_eq!(bytes_of(0, 12), "0 of 12 bytes");
    }

    #[test]
    fn durations_have_units() {
        for (milliseconds, said) in [
            (12.3, "12 ms"),
            (430.0, "0.4 s"),
            (1_249.0, "1.2 s"),
            (59_940.0, "59.9 s"),
            (125_000.0, "2 min 5 s"),
        ] {
            assert_eq!(duration(milliseconds), said);
        }
        assert_eq!(reading_time(0), "1 min read");
        assert_eq!(reading_time(661), "4 min read");
    }
}
