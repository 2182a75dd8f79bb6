// A plugin for Vite: has the engine and the model, which the scripts of this package look for beside themselves, go with
// them into what Vite serves and builds.

import { readFileSync, readdirSync } from "node:fs";
import { join, posix, sep } from "node:path";
import { fileURLToPath } from "node:url";

const DIST = fileURLToPath(new URL("./dist/", import.meta.url));

/** Folders of files that are taken as they are. */
const FOLDERS = ["assets", "models"];

/** How the scripts name such a file. */
const ADDRESS = /new URL\("\.\/((?:assets|models)\/[^"]+)",\s*import\.meta\.url\)/g;

/** Stands for the folder in a script whose own place is not yet known. */
const PLACE = "klartext-folder:";

/** The names of all those files, as seen from `dist`. */
function names() {
  return FOLDERS.flatMap((folder) => readdirSync(join(DIST, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(DIST.length).split(sep).join("/"));
}

/** Whether a module is one of this package's scripts. */
function isOurs(id) {
  const slashes = (path) => path.replaceAll("\\", "/");
  return slashes(id).startsWith(slashes(DIST));
}

/**
 * @param {{ folder?: string }} [options] `folder`: the one that is made in Vite's `build.assetsDir`; "klartext" if it has
 *   no other name
 */
export default function klartext({ folder = "klartext" } = {}) {
  let config;
  const built = (name) => posix.join(config.build.assetsDir, folder, name);
  return {
    name: "klartext",
    // Before Vite's own treatment of such addresses, which would take the worker and not what the worker loads.
    enforce: "pre",
    // Bundled beforehand for the development server, the scripts would not be beside their files any more.
    config: () => ({ optimizeDeps: { exclude: ["klartext"] } }),
    configResolved(resolved) {
      config = resolved;
    },
    transform(code, id) {
      if (config.command !== "build" || !isOurs(id) || code.search(ADDRESS) < 0) return null;
      const marked = (_, name) => `new URL(/* @vite-ignore */ "${PLACE}${name}", import.meta.url)`;
      return { code: code.replaceAll(ADDRESS, marked), map: null };
    },
    renderChunk(code, chunk) {
      if (!code.includes(PLACE)) return null;
      const above = posix.relative(posix.dirname(chunk.fileName), built("."));
      return { code: code.replaceAll(PLACE, `${above.startsWith(".") ? "" : "./"}${above}/`), map: null };
    },
    generateBundle() {
      if (config.build.ssr) return;
      for (const name of names()) {
        this.emitFile({ type: "asset", fileName: built(name), source: readFileSync(join(DIST, name)) });
      }
    },
  };
}
