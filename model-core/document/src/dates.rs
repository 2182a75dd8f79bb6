//! Dates of articles: German ones put into English by rule, and the words for how long ago something was.
//!
//! A date is short and its meaning exact, so no model is asked.

mod words;

use words::{DAY_PARTS, LABELS, MONTHS, NUMBERS, QUANTITIES, UNITS, WEEKDAYS, lookup};

/// The English for a text that is a German date and nothing else; `None` if it is not.
///
/// Relative dates ("vor 17 Tagen", "gestern Abend"), absolute ones ("Montag, 3. November 2025", "12.03.2026"), both with
/// a time or without, after a label ("Aktualisiert: …") or without. Separators around the date are left out.
pub fn english_date(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches(['(', '|', '·', '•']).trim_start();
    let (end, english) = date_at(text)?;
    text[end..]
        .chars()
        .all(|c| c.is_whitespace() || is_separator(c) || matches!(c, '.' | ')'))
        .then_some(english)
}

/// How long ago something was, in words: "vor 17 Tagen", "17 days ago". What lies in the future is "gerade eben".
///
/// `language` is a code such as `de` or `de-AT`; any other than German gives English.
pub fn relative(seconds_ago: i64, language: &str) -> String {
    let german = language.split(['-', '_']).next().is_some_and(|primary| primary.eq_ignore_ascii_case("de"));
    let minutes = seconds_ago / 60;
    let (hours, days) = (minutes / 60, minutes / (24 * 60));
    let (count, one, dative, english) = if minutes < 1 {
        return if german { "gerade eben" } else { "just now" }.to_owned();
    } else if hours < 1 {
        (minutes, "Minute", "Minuten", "minute")
    } else if days < 1 {
        (hours, "Stunde", "Stunden", "hour")
    } else if days < 30 {
        (days, "Tag", "Tagen", "day")
    } else if days < 365 {
        // Twelve months are a year and nothing less: 364 days are eleven.
        ((days / 30).min(11), "Monat", "Monaten", "month")
    } else {
        (days / 365, "Jahr", "Jahren", "year")
    };
    match (german, count) {
        (true, 1) => format!("vor 1 {one}"),
        (true, _) => format!("vor {count} {dative}"),
        (false, 1) => format!("1 {english} ago"),
        (false, _) => format!("{count} {english}s ago"),
    }
}

/// Marks that a page puts between a date and what stands beside it.
pub(crate) fn is_separator(c: char) -> bool {
    matches!(c, '|' | '·' | '•' | '–' | '—' | '-' | ',' | '/')
}

/// The date that a text begins with: its length in bytes, and its English.
pub(crate) fn date_at(text: &str) -> Option<(usize, String)> {
    let mut parser = Parser { text, at: 0 };
    let english = parser.labelled()?;
    // A date ends where a word does; a crawler may glue the next, capitalised word to it.
    let rest = &text[parser.at..];
    let ends = !rest.starts_with(|c: char| c.is_lowercase() || c.is_ascii_digit());
    ends.then_some((parser.at, english))
}

/// A place in a text that is read from left to right. A method that returns `None` may have moved it; the callers
/// that go on after that put it back.
#[derive(Clone, Copy)]
struct Parser<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Parser<'t> {
    fn labelled(&mut self) -> Option<String> {
        for (german, english) in LABELS {
            let mut ahead = *self;
            if ahead.eat_word(german) {
                ahead.eat(':');
                ahead.eat_word("am");
                ahead.eat_word("vom");
                if let Some(date) = ahead.date() {
                    *self = ahead;
                    return Some(format!("{english} {date}"));
                }
            }
        }
        self.date()
    }

    fn date(&mut self) -> Option<String> {
        let kinds: [fn(&mut Self) -> Option<String>; 4] =
            [Self::ago, Self::day, Self::absolute, Self::weekday];
        for kind in kinds {
            let mut ahead = *self;
            if let Some(date) = kind(&mut ahead) {
                *self = ahead;
                return Some(date);
            }
        }
        None
    }

    /// "vor 17 Tagen"
    fn ago(&mut self) -> Option<String> {
        for just_now in ["gerade eben", "soeben", "jetzt gerade"] {
            if self.eat_word(just_now) {
                return Some("just now".to_owned());
            }
        }
        if !self.eat_word("vor") {
            return None;
        }
        if self.eat_word("kurzem") {
            return Some("recently".to_owned());
        }
        if self.eat_word("einer halben Stunde") {
            return Some("half an hour ago".to_owned());
        }
        let about = [
            ("etwa", "about "),
            ("ca.", "about "),
            ("rund", "about "),
            ("über", "over "),
            ("mehr als", "over "),
        ]
        .iter()
        .find(|(german, _)| self.eat_word(german))
        .map_or("", |(_, english)| english);
        let mut span = self.amount()?;
        let mut ahead = *self;
        if ahead.eat_word("und")
            && let Some(more) = ahead.amount()
        {
            *self = ahead;
            span = format!("{span} and {more}");
        }
        Some(format!("{about}{span} ago"))
    }

    /// "17 Tagen", "einer Stunde", "wenigen Minuten"
    fn amount(&mut self) -> Option<String> {
        let (quantity, single) = if let Some((number, _)) = self.number(6) {
            (number.to_string(), number == 1)
        } else if let Some(english) =
            QUANTITIES.iter().find_map(|(german, english)| self.eat_word(german).then_some(*english))
        {
            (english.to_owned(), false)
        } else {
            let number = lookup(NUMBERS, self.word()?)?;
            (number.to_string(), number == 1)
        };
        self.skip_space();
        let unit = lookup(UNITS, self.word()?)?;
        self.eat_glued('.');
        Some(format!("{quantity} {unit}{}", if single { "" } else { "s" }))
    }

    /// "heute, 14:30 Uhr", "gestern Abend"
    fn day(&mut self) -> Option<String> {
        let (_, english) = *DAY_PARTS.iter().find(|(german, _)| self.eat_word(german))?;
        Some(self.with_time(english.to_owned()))
    }

    /// "Montag, 14:30 Uhr", "letzten Montag"
    fn weekday(&mut self) -> Option<String> {
        let last = ["letzten", "vergangenen", "am"].iter().position(|word| self.eat_word(word));
        let weekday = lookup(WEEKDAYS, self.word()?)?;
        let weekday =
            if matches!(last, Some(0 | 1)) { format!("last {weekday}") } else { weekday.to_owned() };
        Some(self.with_time(weekday))
    }

    /// "Montag, 3. November 2025", "12.03.2026, 14:30 Uhr", "2026-03-12T14:30", "März 2026"
    fn absolute(&mut self) -> Option<String> {
        self.eat_word("am");
        let mut ahead = *self;
        let mut weekday = ahead.word().and_then(|word| lookup(WEEKDAYS, word));
        if weekday.is_some() {
            ahead.eat_glued('.');
            ahead.eat(',');
            ahead.eat_word("den");
            ahead.skip_space();
            *self = ahead;
        }
        let date = self.calendar_day()?;
        let date = weekday.take().map_or(date.clone(), |weekday| format!("{weekday}, {date}"));
        Some(self.with_time(date))
    }

    /// A day of the calendar, or a month of a year.
    fn calendar_day(&mut self) -> Option<String> {
        let mut ahead = *self;
        if let Some((first, digits)) = ahead.number(4) {
            if digits == 4 {
                ahead.eat_glued('-').then_some(())?;
                let (month, _) = ahead.number(2)?;
                ahead.eat_glued('-').then_some(())?;
                let (day, _) = ahead.number(2)?;
                let _ = ahead.eat_glued('T');
                *self = ahead;
                return Some(format!(
                    "{} {} {}",
                    checked_day(day)?,
                    month_name(month)?,
                    checked_year(first)?
                ));
            }
            ahead.eat_glued('.').then_some(())?;
            ahead.skip_space();
            let day = checked_day(first)?;
            if let Some((month, _)) = ahead.number(2) {
                ahead.eat_glued('.').then_some(())?;
                ahead.skip_space();
                let (year, digits) = ahead.number(4)?;
                // Two digits are this century's: nobody pastes older news.
                let year = if digits == 2 { year + 2000 } else { checked_year(year)? };
                *self = ahead;
                return Some(format!("{day} {} {year}", month_name(month)?));
            }
            let month = lookup(MONTHS, ahead.word()?)?;
            ahead.eat_glued('.');
            *self = ahead;
            return Some(match self.year() {
                Some(year) => format!("{day} {month} {year}"),
                None => format!("{day} {month}"),
            });
        }
        let month = lookup(MONTHS, self.word()?)?;
        self.eat_glued('.');
        Some(format!("{month} {}", self.year()?))
    }

    fn year(&mut self) -> Option<u32> {
        let mut ahead = *self;
        ahead.skip_space();
        let (year, digits) = ahead.number(4)?;
        let year = if digits == 4 { checked_year(year)? } else { return None };
        *self = ahead;
        Some(year)
    }

    /// Adds the time that follows a date, if one does.
    fn with_time(&mut self, date: String) -> String {
        let mut ahead = *self;
        ahead.skip_space();
        if [',', '|', '·', '•', '-', '–', '—', '/'].iter().any(|&mark| ahead.eat(mark)) {
            ahead.skip_space();
        }
        ahead.eat_word("um");
        match ahead.time() {
            Some(time) => {
                *self = ahead;
                format!("{date}, {time}")
            }
            None => date,
        }
    }

    /// "14:30", "14.30 Uhr", "14 Uhr"
    fn time(&mut self) -> Option<String> {
        let (hour, _) = self.number(2)?;
        let colon = self.eat_glued(':');
        let mut minute = 0;
        let mut exact = colon;
        if colon || self.eat_glued('.') {
            let (number, digits) = self.number(2)?;
            if digits != 2 {
                return None;
            }
            minute = number;
            if self.eat_glued(':') {
                self.number(2)?;
            }
        }
        exact |= self.eat_word("Uhr");
        (exact && hour <= 24 && minute < 60).then(|| format!("{hour}:{minute:02}"))
    }

    /// A number of at most `most` digits, and how many there are.
    fn number(&mut self, most: usize) -> Option<(u32, usize)> {
        let rest = &self.text[self.at..];
        let digits = rest.bytes().take(most + 1).take_while(u8::is_ascii_digit).count();
        if digits == 0 || digits > most {
            return None;
        }
        self.at += digits;
        rest[..digits].parse().ok().map(|number| (number, digits))
    }

    /// The letters that follow; a capital within them ends a word, as crawlers glue the next one to it.
    fn word(&mut self) -> Option<&'t str> {
        let rest = &self.text[self.at..];
        let first = rest.chars().next().filter(|c| c.is_alphabetic())?;
        let tail = rest[first.len_utf8()..].chars().take(24).take_while(|c| c.is_lowercase());
        let end = first.len_utf8() + tail.map(char::len_utf8).sum::<usize>();
        self.at += end;
        Some(&rest[..end])
    }

    /// Reads `expected`, in any case and with white space before it, if no letter goes on after it.
    fn eat_word(&mut self, expected: &str) -> bool {
        let mut ahead = *self;
        ahead.skip_space();
        let mut rest = ahead.text[ahead.at..].chars();
        for wanted in expected.chars() {
            match rest.next() {
                Some(c) if c == wanted || c.to_lowercase().eq(wanted.to_lowercase()) => {}
                Some(c) if wanted == ' ' && c.is_whitespace() => {}
                _ => return false,
            }
        }
        let after = rest.as_str();
        if after.starts_with(char::is_lowercase) {
            return false;
        }
        self.at = self.text.len() - after.len();
        self.skip_space();
        true
    }

    fn eat(&mut self, mark: char) -> bool {
        let mut ahead = *self;
        ahead.skip_space();
        let found = ahead.eat_glued(mark);
        if found {
            ahead.skip_space();
            *self = ahead;
        }
        found
    }

    fn eat_glued(&mut self, mark: char) -> bool {
        let found = self.text[self.at..].starts_with(mark);
        if found {
            self.at += mark.len_utf8();
        }
        found
    }

    fn skip_space(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }
}

fn checked_day(day: u32) -> Option<u32> {
    (1..=31).contains(&day).then_some(day)
}

fn checked_year(year: u32) -> Option<u32> {
    (1000..=2999).contains(&year).then_some(year)
}

/// The English name of a month, counted from 1.
pub fn month_name(month: u32) -> Option<&'static str> {
    const NAMES: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    NAMES.get((month as usize).checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests;
