use proptest::prelude::*;

use super::*;

#[test]
fn relative_dates() {
    for (german, english) in [
        ("vor 17 Tagen", "17 days ago"),
        ("Vor 1 Tag", "1 day ago"),
        ("vor einem Tag", "1 day ago"),
        ("vor einer Stunde", "1 hour ago"),
        ("vor einem Monat", "1 month ago"),
        ("vor 2 Stunden", "2 hours ago"),
        ("vor zwei Jahren", "2 years ago"),
        ("vor wenigen Minuten", "a few minutes ago"),
        ("vor ein paar Sekunden", "a few seconds ago"),
        ("vor etwa 3 Wochen", "about 3 weeks ago"),
        ("vor mehr als einem Jahr", "over 1 year ago"),
        ("vor 2 Std.", "2 hours ago"),
        ("vor 5 Min.", "5 minutes ago"),
        ("vor 2 Stunden und 5 Minuten", "2 hours and 5 minutes ago"),
        ("vor einer halben Stunde", "half an hour ago"),
        ("vor Kurzem", "recently"),
        ("gerade eben", "just now"),
        ("vor\u{a0}17\u{a0}Tagen", "17 days ago"),
        ("gestern", "yesterday"),
        ("Vorgestern", "the day before yesterday"),
        ("heute, 14:30 Uhr", "today, 14:30"),
        ("gestern um 9 Uhr", "yesterday, 9:00"),
        ("gestern Abend", "yesterday evening"),
        ("Heute Morgen", "this morning"),
        ("Montag", "Monday"),
        ("letzten Freitag", "last Friday"),
    ] {
        assert_eq!(english_date(german).as_deref(), Some(english), "{german}");
    }
}

#[test]
fn absolute_dates() {
    for (german, english) in [
        ("12. März 2026", "12 March 2026"),
        ("12.März 2026", "12 March 2026"),
        ("1. Mai", "1 May"),
        ("3. Nov. 2025", "3 November 2025"),
        ("Montag, 3. November 2025", "Monday, 3 November 2025"),
        ("Mo., 3. Nov. 2025, 9.05 Uhr", "Monday, 3 November 2025, 9:05"),
        ("Freitag, den 13. Juni 2025", "Friday, 13 June 2025"),
        ("12.03.2026", "12 March 2026"),
        ("12.3.26", "12 March 2026"),
        ("12.03.2026 14:30", "12 March 2026, 14:30"),
        ("12.03.2026 14:30 Uhr |", "12 March 2026, 14:30"),
        ("12.03.2026 | 14:30 Uhr", "12 March 2026, 14:30"),
        ("12. März 2026 um 14.30 Uhr", "12 March 2026, 14:30"),
        ("2026-03-12", "12 March 2026"),
        ("2026-03-12T14:30:05", "12 March 2026, 14:30"),
        ("März 2026", "March 2026"),
        ("Aktualisiert am 12. März 2026", "updated 12 March 2026"),
        ("Zuletzt aktualisiert: vor 2 Stunden", "last updated 2 hours ago"),
        ("Stand: 12.03.2026", "as of 12 March 2026"),
        ("(vor 3 Tagen)", "3 days ago"),
    ] {
        assert_eq!(english_date(german).as_deref(), Some(english), "{german}");
    }
}

#[test]
fn what_is_not_a_date() {
    for text in [
        "",
        "vor",
        "vor 17",
        "vor Ort",
        "vor 17 Tagen kam die Meldung",
        "32. Januar 2026",
        "12.13.2026",
        "12.03.2026.1",
        "Mai",
        "2026",
        "heute ist alles anders",
        "Morgenmagazin",
        "Sonntagsfrage",
        "14:30 Uhr",
        "3. Platz",
        "vor 99999999999 Tagen",
        "bevor zwei Stunden",
    ] {
        assert_eq!(english_date(text), None, "{text}");
    }
}

#[test]
fn how_long_ago() {
    const HOUR: i64 = 3600;
    const DAY: i64 = 24 * HOUR;
    for (seconds, german, english) in [
        (-5, "gerade eben", "just now"),
        (i64::MIN, "gerade eben", "just now"),
        (59, "gerade eben", "just now"),
        (60, "vor 1 Minute", "1 minute ago"),
        (59 * 60 + 59, "vor 59 Minuten", "59 minutes ago"),
        (HOUR, "vor 1 Stunde", "1 hour ago"),
        (23 * HOUR, "vor 23 Stunden", "23 hours ago"),
        (DAY, "vor 1 Tag", "1 day ago"),
        (17 * DAY, "vor 17 Tagen", "17 days ago"),
        (30 * DAY, "vor 1 Monat", "1 month ago"),
        (364 * DAY, "vor 11 Monaten", "11 months ago"),
        (365 * DAY, "vor 1 Jahr", "1 year ago"),
        (800 * DAY, "vor 2 Jahren", "2 years ago"),
    ] {
        assert_eq!(relative(seconds, "de"), german);
        assert_eq!(relative(seconds, "de-CH"), german);
        assert_eq!(relative(seconds, "en"), english);
    }
    assert!(relative(i64::MAX, "en").ends_with(" years ago"));
}

proptest! {
    #[test]
    fn what_it_writes_it_reads(seconds in 0i64..4_000_000_000) {
        prop_assert_eq!(english_date(&relative(seconds, "de")), Some(relative(seconds, "en")));
    }

    #[test]
    fn any_text_is_a_date_or_not(text in "(vor |am )?[0-9.:, a-zäA-ZÄ|-]{0,20}|.*") {
        let _ = english_date(&text);
        if let Some((end, _)) = date_at(&text) {
            prop_assert!(text.is_char_boundary(end));
        }
    }
}
