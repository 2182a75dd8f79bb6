// Scripts that are asked for when they are needed, and again after they did not come.

let count = 0;

/**
 * What `load`, a dynamic import, gives. Some browsers, Chromium 148 among them, remember a script that did not come for as
 * long as the page lives; so it is asked for by another address then, which the browser's error has.
 *
 * @template T @param {() => Promise<T>} load @returns {Promise<T>}
 */
export async function again(load) {
  try {
    return await load();
  } catch (cause) {
    const [address] = /https?:\S+\.js/.exec(`${cause}`) ?? [];
    if (!address) throw cause;
    count += 1;
    return import(`${address}?${count}`);
  }
}
