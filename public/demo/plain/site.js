// The newspaper's own script: its newsletter forms thank, and send nothing.

const THANKS = "Vielen Dank! Dies ist eine Beispielseite: Ihre Adresse wurde weder verschickt noch gespeichert.";

for (const form of document.querySelectorAll("form[data-newsletter]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    form.reset();
    form.querySelector("[role=status]").textContent = THANKS;
  });
}
