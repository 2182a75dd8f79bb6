// The Language Detector API: German against other languages, the shape of the results, and what is thrown.

import assert from "node:assert/strict";
import { test } from "node:test";
import { open } from "./harness/harness.mjs";

/** Sentences as news have them, three for each language. */
const SENTENCES = {
  de: ["Der Hersteller hat am Dienstag einen neuen Prozessor vorgestellt.", "Die Lücke lässt sich aus der Ferne ausnutzen.", "Wer das Gerät behalten will, zahlt 499 Euro."],
  en: ["The company announced a new processor on Tuesday.", "Users can delete their account at any time.", "The update fixes a security hole in the browser."],
  fr: ["L'entreprise a annoncé mardi un nouveau processeur.", "Les utilisateurs peuvent supprimer leur compte à tout moment.", "La mise à jour corrige une faille de sécurité."],
  es: ["La empresa anunció el martes un nuevo procesador.", "Los usuarios pueden eliminar su cuenta en cualquier momento.", "La actualización corrige un fallo de seguridad."],
  it: ["L'azienda ha annunciato martedì un nuovo processore.", "Gli utenti possono eliminare il proprio account in qualsiasi momento.", "L'aggiornamento corregge una falla di sicurezza."],
  nl: ["Het bedrijf kondigde dinsdag een nieuwe processor aan.", "Gebruikers kunnen hun account op elk moment verwijderen.", "De update verhelpt een beveiligingslek in de browser."],
  pl: ["Firma zaprezentowała we wtorek nowy procesor.", "Użytkownicy mogą w każdej chwili usunąć swoje konto.", "Aktualizacja usuwa lukę w zabezpieczeniach przeglądarki."],
  pt: ["A empresa anunciou na terça-feira um novo processador.", "Os utilizadores podem eliminar a sua conta a qualquer momento.", "A atualização corrige uma falha de segurança."],
  cs: ["Společnost v úterý představila nový procesor.", "Uživatelé mohou svůj účet kdykoli smazat.", "Aktualizace opravuje bezpečnostní chybu v prohlížeči."],
  da: ["Virksomheden præsenterede tirsdag en ny processor.", "Brugerne kan til enhver tid slette deres konto.", "Opdateringen lukker et sikkerhedshul i browseren, siger selskabet."],
  sv: ["Företaget presenterade en ny processor på tisdagen.", "Användare kan när som helst ta bort sitt konto.", "Uppdateringen täpper till ett säkerhetshål i webbläsaren."],
  nb: ["Selskapet la frem en ny prosessor på tirsdag.", "Brukere kan når som helst slette kontoen sin.", "Oppdateringen tetter et sikkerhetshull i nettleseren."],
  fi: ["Yhtiö esitteli tiistaina uuden suorittimen.", "Käyttäjät voivat poistaa tilinsä milloin tahansa.", "Päivitys korjaa selaimen tietoturva-aukon."],
  hu: ["A vállalat kedden új processzort mutatott be.", "A felhasználók bármikor törölhetik a fiókjukat.", "A frissítés egy biztonsági rést javít a böngészőben."],
  ro: ["Compania a anunțat marți un nou procesor.", "Utilizatorii își pot șterge contul în orice moment.", "Actualizarea remediază o breșă de securitate din browser."],
  tr: ["Şirket salı günü yeni bir işlemci tanıttı.", "Kullanıcılar hesaplarını istedikleri zaman silebilir.", "Güncelleme tarayıcıdaki bir güvenlik açığını kapatıyor."],
  hr: ["Tvrtka je u utorak predstavila novi procesor.", "Korisnici mogu u svakom trenutku izbrisati svoj račun.", "Ažuriranje ispravlja sigurnosni propust u pregledniku."],
  sr: ["Компанија је у уторак представила нови процесор.", "Корисници могу у сваком тренутку да обришу свој налог.", "Ажурирање исправља безбедносни пропуст у прегледачу."],
  sk: ["Spoločnosť v utorok predstavila nový procesor.", "Používatelia môžu svoj účet kedykoľvek vymazať.", "Aktualizácia opravuje bezpečnostnú chybu v prehliadači."],
  sl: ["Podjetje je v torek predstavilo nov procesor.", "Uporabniki lahko svoj račun kadar koli izbrišejo.", "Posodobitev odpravlja varnostno luknjo v brskalniku."],
  el: ["Η εταιρεία ανακοίνωσε την Τρίτη έναν νέο επεξεργαστή.", "Οι χρήστες μπορούν να διαγράψουν τον λογαριασμό τους.", "Η ενημέρωση διορθώνει ένα κενό ασφαλείας."],
  ru: ["Компания представила новый процессор во вторник.", "Пользователи могут в любой момент удалить свою учётную запись.", "Исследователи разработали батарею, которая заряжается за пять минут."],
  uk: ["Компанія представила у вівторок новий процесор.", "Користувачі можуть будь-коли видалити свій обліковий запис.", "Оновлення усуває вразливість у браузері."],
  bg: ["Компанията представи във вторник нов процесор.", "Потребителите могат да изтрият профила си по всяко време.", "Актуализацията отстранява уязвимост в браузъра."],
  ca: ["L'empresa va anunciar dimarts un nou processador.", "Els usuaris poden suprimir el seu compte en qualsevol moment.", "L'actualització corregeix una fallada de seguretat."],
};

/** An empty page of the server's origin, in which `LanguageDetector` is Klartext's. */
async function openDetector(t) {
  const visit = await open(t);
  await visit.page.route("**/blank", (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html><title>Test</title>" }));
  await visit.go("/blank");
  await visit.page.evaluate(async () => {
    globalThis.LanguageDetector = (await import("/embed/translator.js")).LanguageDetector;
    globalThis.nameOf = async (act) => {
      try {
        return await act();
      } catch (error) {
        return error?.name ?? error;
      }
    };
  });
  return visit;
}

test("German and the languages around it are told apart", async (t) => {
  const visit = await openDetector(t);
  const found = await visit.page.evaluate(async (sentences) => {
    const detector = await LanguageDetector.create();
    const best = async (text) => (await detector.detect(text))[0].detectedLanguage;
    const all = Object.entries(sentences).map(async ([language, texts]) => [language, await Promise.all(texts.map(best))]);
    return Object.fromEntries(await Promise.all(all));
  }, SENTENCES);
  for (const [language, texts] of Object.entries(SENTENCES)) {
    assert.deepEqual(found[language], texts.map(() => language), language);
  }
  visit.assertNoErrors();
  visit.assertNoForeignRequests();
});

test("results are in order, \"und\" is last, and all is one in sum", async (t) => {
  const { page } = await openDetector(t);
  const whole = Object.values(SENTENCES).flat();
  const texts = [...whole, ...whole.map((text) => text.split(" ").slice(0, 2).join(" ")), ...whole.map((text) => text.split(" ")[0]),
    "", " \n", "12345", "?!", "\ud800", "a", "RTX 4090", "日本語のテキスト", "x".repeat(100_000), "Das ist gut. ".repeat(20_000)];
  const results = await page.evaluate(async (texts) => {
    const detector = await LanguageDetector.create();
    return Promise.all(texts.map((text) => detector.detect(text)));
  }, texts);
  for (const [index, result] of results.entries()) {
    const text = texts[index].slice(0, 40);
    const und = result.pop();
    assert.equal(und.detectedLanguage, "und", text);
    assert.ok(und.confidence > 0, text);
    const confidences = result.map(({ confidence }) => confidence);
    assert.deepEqual(confidences, confidences.toSorted((a, b) => b - a), text);
    assert.ok(confidences.every((confidence) => confidence > und.confidence), text);
    const sum = confidences.reduce((all, confidence) => all + confidence, 0);
    assert.equal(sum + und.confidence, 1, text);
    assert.ok(sum - (confidences.at(-1) ?? 0) < 0.99, text);
    const tags = result.map(({ detectedLanguage }) => detectedLanguage);
    assert.deepEqual(tags, Intl.getCanonicalLocales(tags), text);
  }
  const empty = results[texts.indexOf("12345")];
  assert.deepEqual(empty, [], "numbers are of no language");
});

test("it is available at once, for languages that it knows", async (t) => {
  const { page } = await openDetector(t);
  const seen = await page.evaluate(async () => {
    const events = [];
    const monitor = (it) => it.addEventListener("downloadprogress", ({ loaded }) => events.push(loaded));
    const detector = await LanguageDetector.create({ monitor, expectedInputLanguages: ["de-at", "EN", "de-AT"] });
    return {
      availability: await Promise.all([
        LanguageDetector.availability(),
        LanguageDetector.availability({ expectedInputLanguages: ["de", "en-GB"] }),
        LanguageDetector.availability({ expectedInputLanguages: ["de", "tlh"] }),
      ]),
      events,
      expected: [detector.expectedInputLanguages, Object.isFrozen(detector.expectedInputLanguages)],
      none: [(await LanguageDetector.create()).expectedInputLanguages, (await LanguageDetector.create({ expectedInputLanguages: [] })).expectedInputLanguages],
      quota: detector.inputQuota === Infinity,
      usage: await detector.measureInputUsage("Größe"),
      errors: await Promise.all([
        nameOf(() => LanguageDetector.create({ expectedInputLanguages: ["tlh"] })),
        nameOf(() => LanguageDetector.create({ expectedInputLanguages: ["de_DE"] })),
        nameOf(() => LanguageDetector.availability({ expectedInputLanguages: ["x"] })),
        nameOf(() => LanguageDetector.create({ expectedInputLanguages: "de" })),
        nameOf(() => LanguageDetector.create(1)),
        nameOf(() => new LanguageDetector()),
        nameOf(() => detector.detect()),
        nameOf(() => LanguageDetector.prototype.detect.call({}, "a")),
      ]),
      tag: Object.prototype.toString.call(detector),
    };
  });
  assert.deepEqual(seen, {
    availability: ["available", "available", "unavailable"],
    events: [0, 1],
    expected: [["de-AT", "en"], true],
    none: [null, null],
    quota: true,
    usage: 7,
    errors: ["NotSupportedError", "RangeError", "RangeError", "TypeError", "TypeError", "TypeError", "TypeError", "TypeError"],
    tag: "[object LanguageDetector]",
  });
});

test("calls are stopped by their signals and by the detector's end", async (t) => {
  const { page } = await openDetector(t);
  const seen = await page.evaluate(async () => {
    const aborted = AbortSignal.abort("before");
    const detector = await LanguageDetector.create();
    const controller = new AbortController();
    const pending = [nameOf(() => detector.detect("Hallo", { signal: controller.signal })), nameOf(() => LanguageDetector.create({ signal: controller.signal }))];
    controller.abort("amid");
    const names = [await nameOf(() => LanguageDetector.create({ signal: aborted })), await nameOf(() => detector.detect("a", { signal: aborted })), ...(await Promise.all(pending))];
    const late = [nameOf(() => detector.detect("Hallo")), nameOf(() => detector.measureInputUsage("Hallo"))];
    detector.destroy();
    detector.destroy();
    names.push(...(await Promise.all(late)), await nameOf(() => detector.detect("Hallo")));
    const life = new AbortController();
    const mortal = await LanguageDetector.create({ signal: life.signal });
    life.abort("over");
    return [...names, await nameOf(() => mortal.detect("Hallo"))];
  });
  assert.deepEqual(seen, ["before", "before", "amid", "amid", "AbortError", "AbortError", "AbortError", "over"]);
});

test("languages that cannot be loaded are a network error, and work when there is a network", async (t) => {
  const { page } = await openDetector(t);
  await page.route(/\/embed\/languages-/, (route) => route.abort());
  assert.equal(await page.evaluate(() => nameOf(() => LanguageDetector.create())), "NetworkError");
  await page.unroute(/\/embed\/languages-/);
  const found = await page.evaluate(async () => (await LanguageDetector.create()).detect("Guten Morgen, wie geht es Ihnen?"));
  assert.equal(found[0].detectedLanguage, "de");
});
