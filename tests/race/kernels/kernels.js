// Times the calls of the kernels that `plan.json` lists, for each instruction set of the module. What came of it is in the
// promise `window.race`, for the script that opened the page.

/** The module's instruction sets, the slowest first. */
const KERNELS = ["scalar", "simd128", "relaxed-simd", "relaxed-pairs"];
/** Milliseconds that a call is repeated for, in each round. */
const PATIENCE = 100;

async function measure() {
  const plan = await (await fetch("plan.json")).json();
  const { instance } = await WebAssembly.instantiateStreaming(fetch("kernels.wasm"));
  const module = instance.exports;
  const engines = [];
  // The scalar code is not for use where this module runs.
  for (let isa = 1; isa < module.instruction_sets(); isa++) {
    const ns = plan.calls.map(({ kernel, rows, k, n }) => {
      module.prepare_call(isa, kernel, rows, k, n);
      return least(plan.rounds, (times) => module.call(times));
    });
    const round = least(plan.rounds, (times) => module.bound(isa, times));
    engines.push({ kernels: KERNELS[isa], ns, bound_gops: module.bound_operations(isa) / round });
    console.log(`${KERNELS[isa]} is done`);
  }
  document.getElementById("status").textContent = "Done";
  return { engines };
}

/** The nanoseconds of a piece of work that does itself so many times, the least of many tries. */
function least(rounds, work) {
  let best = Infinity;
  let times = 1;
  for (const end = performance.now() + PATIENCE * rounds; performance.now() < end; ) {
    const start = performance.now();
    work(times);
    const spent = performance.now() - start;
    // The browser's clock is coarse.
    if (spent < 1) times *= 2;
    else best = Math.min(best, (1e6 * spent) / times);
  }
  return best;
}

window.race = measure();
