// Starts the reader, and says so in plain words when that cannot be done.

/** Puts a message where the reader would be. */
function explain(title, text, cause) {
  if (cause) console.error(cause);
  const main = document.createElement("main");
  main.className = "boot-failure";
  main.setAttribute("role", "alert");
  const heading = document.createElement("h1");
  heading.textContent = title;
  const paragraph = document.createElement("p");
  paragraph.textContent = text;
  const again = document.createElement("button");
  again.type = "button";
  again.textContent = "Try again";
  again.addEventListener("click", () => location.reload());
  main.append(heading, paragraph, again);
  document.body.replaceChildren(main);
}

// The browser may offer to install the page before the reader is there to hear it.
addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  globalThis.installOffer = event;
});

if (typeof WebAssembly !== "object" || typeof WebAssembly.instantiate !== "function") {
  explain(
    "Klartext cannot run in this browser",
    "It needs WebAssembly, which this browser does not have or has switched off. A current Firefox, Chrome, Edge or " +
      "Safari has it.",
  );
} else {
  try {
    const { default: start } = await import("{{reader.js}}");
    await start({ module_or_path: "{{reader.wasm}}" });
  } catch (cause) {
    explain(
      "Klartext could not be loaded",
      "A part of the page did not arrive or did not start. Check the connection and try again; if that does not help, " +
        "this browser may be too old.",
      cause,
    );
  }
}
