// The plugin for Vite.

/** What the plugin can be told. */
export interface KlartextPluginOptions {
  /** The folder that is made in Vite's `build.assetsDir`; "klartext" if it has no other name. */
  folder?: string;
}

/**
 * Has the engine and the model go with the scripts into what Vite serves and builds.
 *
 * The type names only what Vite needs of it, so that this package's types need no Vite.
 */
export default function klartext(options?: KlartextPluginOptions): { name: string; enforce: "pre" };
