//! What the splitter knows of a language: its abbreviations, and the words that tell how a sentence goes on.
//!
//! All of it is data. A language without a table of its own gets [`GENERAL`].

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// What a period after an abbreviation can mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Something always follows: "Dr.", "z. B.".
    Open,
    /// An abbreviation before a number ("Art. 5") and an ordinary word elsewhere ("seiner Art.").
    Numbered,
    /// Can end a sentence, and is believed to only if the next word begins one: "Mio.", "Inc.", "e. V.".
    Either,
    /// Ends a sentence unless that goes on in lower case: "usw.".
    Last,
}

/// A language's words, each without its last period. All comparisons are exact unless said otherwise.
pub(super) struct Rules {
    /// Abbreviations; those of several parts are written without spaces: "z.B".
    abbreviations: HashMap<&'static str, Class>,
    /// Words that, with a capital, begin a sentence: articles, pronouns, adverbs. Never nouns or names.
    starters: HashSet<&'static str>,
    /// Whether a period makes an ordinal of a number, as in "am 3. Mai".
    pub(super) ordinals: bool,
    /// Lower-case words after which a number is an ordinal: "am", "die".
    before_ordinal: HashSet<&'static str>,
    /// Nouns, months among them, that are counted by ordinals, also as the last part of a compound.
    after_ordinal: HashSet<&'static str>,
    /// Names of rulers, which are told apart by a Roman ordinal.
    rulers: HashSet<&'static str>,
    /// Nouns that a single letter belongs to, which is no initial then: "Plan B".
    lettered: HashSet<&'static str>,
    /// Names that end in an exclamation mark, without it.
    exclaimed: HashSet<&'static str>,
}

impl Rules {
    /// The rules for a language code such as `de` or `de-AT`.
    pub(super) fn of(language: &str) -> &'static Self {
        let primary = language.split(['-', '_']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("de") {
            &GERMAN
        } else if primary.eq_ignore_ascii_case("en") {
            &ENGLISH
        } else {
            &GENERAL
        }
    }

    /// The class of an abbreviation, given without its last period.
    pub(super) fn class(&self, word: &str) -> Option<Class> {
        self.abbreviations.get(word).copied()
    }

    /// Whether a capitalised word is one that begins sentences.
    pub(super) fn starts(&self, word: &str) -> bool {
        // "Üblicherweise", "Glücklicherweise": German's way of making adverbs.
        self.starters.contains(word) || (self.ordinals && word.ends_with("erweise"))
    }

    /// Whether a number after this word is an ordinal.
    pub(super) fn introduces_ordinal(&self, word: &str) -> bool {
        self.before_ordinal.contains(word.to_lowercase().as_str())
    }

    /// Whether a number before this word is an ordinal.
    pub(super) fn takes_ordinal(&self, word: &str) -> bool {
        // The last part of a compound ("Bundesliga"): long enough not to be met by chance.
        self.after_ordinal.contains(word)
            || word.char_indices().skip(2).any(|(at, _)| {
                let part = &word[at..];
                part.len() >= 4 && self.after_ordinal.iter().any(|noun| is_lowered(noun, part))
            })
    }

    /// Whether this is a ruler's name.
    pub(super) fn rules_a_country(&self, word: &str) -> bool {
        self.rulers.contains(word)
    }

    /// Whether a single letter belongs to this word.
    pub(super) fn takes_letter(&self, word: &str) -> bool {
        self.lettered.contains(word)
    }

    /// Whether an exclamation mark belongs to this word.
    pub(super) fn is_exclaimed(&self, word: &str) -> bool {
        self.exclaimed.contains(word)
    }
}

/// Whether `part` is the ASCII-capitalised `noun` with a small first letter.
fn is_lowered(noun: &str, part: &str) -> bool {
    noun.len() == part.len()
        && noun.as_bytes()[0].to_ascii_lowercase() == part.as_bytes()[0]
        && noun.as_bytes()[1..] == part.as_bytes()[1..]
}

fn set(words: &'static str) -> HashSet<&'static str> {
    words.split_whitespace().collect()
}

fn classes(
    open: &'static str,
    numbered: &'static str,
    either: &'static str,
    last: &'static str,
) -> HashMap<&'static str, Class> {
    [(open, Class::Open), (numbered, Class::Numbered), (either, Class::Either), (last, Class::Last)]
        .into_iter()
        .flat_map(|(words, class)| words.split_whitespace().map(move |word| (word, class)))
        .collect()
}

/// German.
static GERMAN: LazyLock<Rules> = LazyLock::new(|| {
    Rules {
    abbreviations: classes(
        "Dr Prof Hr Hrn Hrsg Dipl Ing Mag Univ med jur rer nat phil habil theol pol oec Priv Doz St Sr
         z.B Z.B z.T Z.T z.Z z.Zt z.Hd d.h D.h d.i i.d.R I.d.R i.e i.A i.V i.S i.S.d i.S.v i.H.v i.d.F s.u s.o
         v.a V.a v.l v.r u.U U.U m.a.W u.z u.zw o.g o.a m.W m.E lt Lt gem Gem vgl Vgl ca Ca bzw Bzw inkl Inkl exkl
         Exkl einschl Einschl ggf Ggf ggfs evtl Evtl eventl sog Sog ehem Ehem insb insbes Insb zzgl Zzgl abzgl
         Abzgl versch jährl monatl mtl tägl rd Rd wg Wg zw Zw betr Betr bezgl bzgl Bzgl entspr Entspr max mind Mind
         durchschn einschl gegr geb gest verh Fa Fam Vors stellv Stellv techn wiss dt engl frz amerik europ
         gen allg Allg spez urspr Urspr ursprgl vorl vors zul zus Zus Red Anm Hl hl",
        "Art No S Kap Tab Bd Pos Bl Vol Anl Lit Kl Mo Di Mi Do Sa So Fax Mobil Ausg",
        "Nr Nrn Abs Abb Fig Bde Ziff Rn Rdnr Az Tz Bj Lfg Str Pkt Jg Tel Hausnr Postf Slg Mio Mill Mrd Tsd Std Stdn Min min Sek Sec sec Stk Stck Proz MwSt Mwst USt Aufl Jh Jhd Jhdt
         Co Inc Ltd Corp Bros Cie Mfg Intl Jr jr jun sen Fr Feb Febr Jan Mär Apr Jun Jul Aug Sep Sept Okt Nov Dez
         e.V e.K e.G e.U a.D a.a.O i.R u.a U.a p.a P.a p.m v.Chr n.Chr v.u.Z d.J d.M d.Ä s.S k.A k.o K.o o.k O.K N.N n.a a.M a.d i.Tr S.A S.p.A B.V N.V Abt Abk
         Mitarb Einw Geb Verf Bearb Übers",
        "o.Ä o.ä u.Ä u.ä u.v.m u.v.a u.a.m u.dgl u.dgl.m usw etc ect usf uvm uva u.s.w u.s.f etc.pp ff",
    ),
    starters: set(GERMAN_STARTERS),
    ordinals: true,
    before_ordinal: set(
        "am im zum zur der die das den dem des vom beim ans ins ein eine einer einem einen ihr ihre ihren ihrem ihrer
         sein seine seinen seinem seiner mein meine meinen meinem unser unsere unseren unserem jeder jede jedes jeden
         jedem dieser diese dieses diesen diesem montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag
         deren dessen",
    ),
    after_ordinal: set(
        "Januar Jänner Februar März April Mai Juni Juli August September Oktober November Dezember Jan Feb Febr Apr
         Jun Jul Aug Sep Sept Okt Nov Dez Jahrhundert Jahrhunderts Jh Jhd Jhdt Jahrtausend Jahrestag Generation
         Auflage Instanz Platz Rang Quartal Halbjahr Geburtstag Stock Stockwerk Etage Obergeschoss Klasse Liga
         Bundesliga Runde Tag Woche Monat Jahr Lebensjahr Mal Staffel Folge Kapitel Weltkrieg Spieltag Minute Grad
         Teil Ausgabe Stelle Reihe Bezirk Senat Strafsenat Zivilsenat Kammer Jahrgang Semester Dimension Etappe
         Armee Wahlgang Parteitag Hauptversammlung Breitengrad Lesung Ordnung Hand",
    ),
    rulers: set(
        "Friedrich Wilhelm Elisabeth Elizabeth Ludwig Louis Karl Charles Carl Paul Johannes Benedikt Heinrich Henry
         Otto Katharina Philipp Philip Leo Pius Georg George Franz Joseph Maria Alexander Nikolaus Gregor Innozenz
         Konrad Rudolf Leopold Max Maximilian Margrethe Edward Eduard Richard Jakob Harald Gustav Napoleon Clemens
         Urban Peter Iwan Felipe Juan Albert Abdullah Ramses Christian Frederik",
    ),
    lettered: set(
        "Plan Vitamin Klasse Serie Model Modell Typ Gruppe Punkt Variante Option Note Ebene Buchstabe Buchstaben Fall
         Faktor Liga Halle Block Sektion Anlage Teil Team Hepatitis Blutgruppe Spur Stufe Kategorie Tesla Anhang
         Series Zone Taste Version",
    ),
    exclaimed: set("Yahoo Jeopardy Wham Joomla Yum"),
}
});

const GERMAN_STARTERS: &str = "Ab Abends Aber Aktuell Alle Allein Allerdings Alles Als Also Am An Andere Anderes Andererseits Anders
    Anfangs Angeblich Anschließend Ansonsten Auch Auf Aufgrund Aus Außerdem Außer Bald Beide Bei Beim Bereits
    Besonders Bevor Bis Bisher Bislang Bleibt Bloß Da Dabei Dadurch Dafür Dagegen Daher Damals Damit Danach Daneben
    Dank Dann Daran Darauf Daraufhin Daraus Darin Darüber Darum Darunter Das Dass Davon Davor Dazu Dein Deine Dem
    Demnach Den Denn Dennoch Der Derartige Deren Derzeit Des Deshalb Dessen Deswegen Die Dies Diese Diesem Diesen
    Dieser Dieses Diesmal Doch Dort Drei Drum Du Durch Eben Ebenfalls Ebenso Eher Ehe Eigentlich Ein Eine Einem
    Einen Einer Einerseits Eines Einige Einmal Endlich Entsprechend Er Erneut Erst Erstens Erstmals Es Etliche Etwa
    Etwas Euch Euer Eure Falls Fast Folglich Früher Für Ganz Gar Gegen Gegenüber Genau Genauso Gerade Gestern Gibt
    Gleich Gleichwohl Gleichzeitig Gut Hat Hatte Hätte Häufig Heute Hier Hierbei Hierfür Hierzu Hingegen Hinter
    Hinzu Ich Ihm Ihn Ihnen Ihr Ihre Ihrem Ihren Ihrer Im Immer Immerhin In Indem Indes Innerhalb Ins Insgesamt
    Insofern Inzwischen Irgendwann Ist Ja Je Jede Jedem Jeden Jedenfalls Jeder Jedes Jedoch Jemand Jene Jetzt Jüngst
    Kann Kaum Kein Keine Keiner Klar Könnte Künftig Kürzlich Kurz Laut Lediglich Leider Letztlich Man Manche Mancher
    Manchmal Mein Meine Meist Meistens Mehr Mehrere Mich Mindestens Mir Mit Mithilfe Mittels Mittlerweile Möglich
    Möglicherweise Muss Nach Nachdem Nächste Nachfolgend Nämlich Natürlich Neben Nebenbei Nein Nicht Nichts Nie
    Niemand Noch Nun Nur Ob Obwohl Oder Offenbar Offensichtlich Oft Ohne Parallel Rund Schließlich Schon Sehr Sei
    Sein Seine Seinem Seinen Seiner Seit Seitdem Selbst Sich Sicher Sie Sind So Sobald Sofern Sogar Solange Solch
    Solche Soll Sollte Sollten Somit Sonst Soweit Sowohl Später Statt Stattdessen Tatsächlich Teils Trotz Trotzdem
    Über Überdies Übrigens Um Umgekehrt Und Uns Unser Unsere Unter Ursprünglich Vermutlich Viel Viele Vielen
    Vielleicht Vielmehr Vom Von Vor Vorerst Vorher Während Wann War Ward Waren Wäre Warum Was Weder Wegen Weil Weiter
    Weitere Weiterhin Weiters Welche Welcher Welches Wem Wen Wenig Wenige Wenigstens Wenn Wer Werden Weshalb Wie
    Wieder Wiederum Wieso Will Wir Wird Wo Wobei Wofür Woher Wohl Wollen Womit Womöglich Worauf Wurde Wurden Würde
    Zeitgleich Ziemlich Zu Zudem Zuerst Zufolge Zugleich Zuletzt Zum Zumal Zumindest Zunächst Zur Zurzeit Zusammen
    Zusätzlich Zuvor Zwar Zwei Zweitens Zwischen";

/// English.
static ENGLISH: LazyLock<Rules> = LazyLock::new(|| {
    Rules {
    abbreviations: classes(
        "Mr Mrs Ms Dr Prof St Gen Col Sgt Capt Lt Rep Sen Gov Rev Hon Messrs vs e.g i.e cf approx ca",
        "No Nos Fig Figs Vol Art Sec Ch pp p Ref Eq",
        "Inc Ltd Co Corp Bros Jr Sr Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec a.m p.m U.S U.K U.N Ph.D dept est
         Ave Blvd Rd",
        "etc",
    ),
    starters: set(
        "A About According After All Also Although An And Another Any As At Because Before Both But By Despite During
         Each Earlier Even Every Few First For From Further He Her Here His How However I If In Instead It Its Last
         Later Like Many Meanwhile More Moreover Most My No Not Now Of On Once One Only Or Other Our Over People Several
         She Since So Some Still Such That The Their Then There These They This Those Though Through To Today Two
         Under Unlike Until Users We Well What When Where Whether Which While Who Why With Without Yes Yet You Your",
    ),
    ordinals: false,
    before_ordinal: HashSet::new(),
    after_ordinal: HashSet::new(),
    rulers: HashSet::new(),
    lettered: set("Plan Vitamin Class Series Model Type Group Option Part Grade Section Exhibit"),
    exclaimed: set("Yahoo Jeopardy Wham Joomla Yum"),
}
});

/// Any other language: no words of its own.
static GENERAL: LazyLock<Rules> = LazyLock::new(|| Rules {
    abbreviations: classes("Dr Prof St", "", "Inc Ltd Co Corp", ""),
    starters: HashSet::new(),
    ordinals: false,
    before_ordinal: HashSet::new(),
    after_ordinal: HashSet::new(),
    rulers: HashSet::new(),
    lettered: HashSet::new(),
    exclaimed: HashSet::new(),
});
