//! The words that German dates are made of, and their English.

/// The value of a word in a table, in any case.
pub(super) fn lookup<T: Copy>(table: &[(&str, T)], word: &str) -> Option<T> {
    let word = word.to_lowercase();
    table.iter().find(|(german, _)| *german == word).map(|(_, value)| *value)
}

/// What pages write before a date. The longer come first.
pub(super) const LABELS: &[(&str, &str)] = &[
    ("zuletzt aktualisiert", "last updated"),
    ("letzte Aktualisierung", "last updated"),
    ("letztes Update", "last updated"),
    ("aktualisiert", "updated"),
    ("Update", "updated"),
    ("veröffentlicht", "published"),
    ("erschienen", "published"),
    ("erstellt", "created"),
    ("Stand", "as of"),
    ("Datum", "date:"),
];

/// Days by their distance from today, with the part of the day. The longer come first.
pub(super) const DAY_PARTS: &[(&str, &str)] = &[
    ("heute früh", "early this morning"),
    ("heute Morgen", "this morning"),
    ("heute Vormittag", "this morning"),
    ("heute Mittag", "today at noon"),
    ("heute Nachmittag", "this afternoon"),
    ("heute Abend", "this evening"),
    ("heute Nacht", "tonight"),
    ("heute", "today"),
    ("gestern früh", "early yesterday morning"),
    ("gestern Morgen", "yesterday morning"),
    ("gestern Vormittag", "yesterday morning"),
    ("gestern Mittag", "yesterday at noon"),
    ("gestern Nachmittag", "yesterday afternoon"),
    ("gestern Abend", "yesterday evening"),
    ("gestern Nacht", "last night"),
    ("gestern", "yesterday"),
    ("vorgestern Abend", "the evening before last"),
    ("vorgestern", "the day before yesterday"),
    ("letzte Woche", "last week"),
    ("letzten Monat", "last month"),
    ("letztes Jahr", "last year"),
    ("diese Woche", "this week"),
];

/// Quantities that are no numbers.
pub(super) const QUANTITIES: &[(&str, &str)] = &[
    ("ein paar", "a few"),
    ("wenigen", "a few"),
    ("einigen", "a few"),
    ("mehreren", "several"),
    ("vielen", "many"),
];

/// Numbers written out.
pub(super) const NUMBERS: &[(&str, u32)] = &[
    ("einem", 1),
    ("einer", 1),
    ("zwei", 2),
    ("drei", 3),
    ("vier", 4),
    ("fünf", 5),
    ("sechs", 6),
    ("sieben", 7),
    ("acht", 8),
    ("neun", 9),
    ("zehn", 10),
    ("elf", 11),
    ("zwölf", 12),
    ("fünfzehn", 15),
    ("zwanzig", 20),
];

/// Units of time as "vor" governs them, and their abbreviations.
pub(super) const UNITS: &[(&str, &str)] = &[
    ("sekunde", "second"),
    ("sekunden", "second"),
    ("sek", "second"),
    ("augenblick", "moment"),
    ("augenblicken", "moment"),
    ("minute", "minute"),
    ("minuten", "minute"),
    ("min", "minute"),
    ("stunde", "hour"),
    ("stunden", "hour"),
    ("std", "hour"),
    ("h", "hour"),
    ("tag", "day"),
    ("tagen", "day"),
    ("tage", "day"),
    ("tg", "day"),
    ("woche", "week"),
    ("wochen", "week"),
    ("wo", "week"),
    ("monat", "month"),
    ("monaten", "month"),
    ("monate", "month"),
    ("jahr", "year"),
    ("jahren", "year"),
    ("jahre", "year"),
];

/// Months, and how they are shortened.
pub(super) const MONTHS: &[(&str, &str)] = &[
    ("januar", "January"),
    ("jänner", "January"),
    ("jan", "January"),
    ("februar", "February"),
    ("feber", "February"),
    ("febr", "February"),
    ("feb", "February"),
    ("märz", "March"),
    ("maerz", "March"),
    ("mär", "March"),
    ("mrz", "March"),
    ("april", "April"),
    ("apr", "April"),
    ("mai", "May"),
    ("juni", "June"),
    ("jun", "June"),
    ("juli", "July"),
    ("jul", "July"),
    ("august", "August"),
    ("aug", "August"),
    ("september", "September"),
    ("sept", "September"),
    ("sep", "September"),
    ("oktober", "October"),
    ("okt", "October"),
    ("november", "November"),
    ("nov", "November"),
    ("dezember", "December"),
    ("dez", "December"),
];

/// Days of the week, and how they are shortened.
pub(super) const WEEKDAYS: &[(&str, &str)] = &[
    ("montag", "Monday"),
    ("mo", "Monday"),
    ("dienstag", "Tuesday"),
    ("di", "Tuesday"),
    ("mittwoch", "Wednesday"),
    ("mi", "Wednesday"),
    ("donnerstag", "Thursday"),
    ("do", "Thursday"),
    ("freitag", "Friday"),
    ("fr", "Friday"),
    ("samstag", "Saturday"),
    ("sonnabend", "Saturday"),
    ("sa", "Saturday"),
    ("sonntag", "Sunday"),
    ("so", "Sunday"),
];
