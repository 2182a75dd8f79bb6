// Runs the kernels' self-check, and with `bench` behind the file the benchmark:
// node check.mjs klartext_kernels_wasm.wasm [bench]
// A module with the feature `relaxed-simd` needs an engine that has it: Node 21 or later.
import { readFile } from "node:fs/promises";

const [file, bench] = process.argv.slice(2);
const { instance } = await WebAssembly.instantiate(await readFile(file));
const kernels = instance.exports;
const isas = ["scalar", "simd128", "relaxed-simd", "relaxed-pairs"].slice(0, kernels.instruction_sets());

const failing = kernels.run();
if (failing !== 0) {
  const bytes = new Uint8Array(kernels.memory.buffer, kernels.name(failing), kernels.name_len(failing));
  console.error(`not equal to the scalar code: ${new TextDecoder().decode(bytes)}`);
  process.exit(1);
}
if (isas.length < 2) {
  console.error("the module was compiled without simd128");
  process.exit(1);
}
console.log(`${isas.slice(1).join(" and ")}: equal to the scalar code`);

/// Milliseconds of one call, the best of many tries.
function time(work) {
  let best = Infinity;
  let times = 1;
  for (const end = performance.now() + 400; performance.now() < end; ) {
    const start = performance.now();
    work(times);
    const spent = performance.now() - start;
    best = Math.min(best, spent / times);
    if (spent < 2) times *= 2;
  }
  return best;
}

/// One line: the name, and a number for each instruction set.
function line(name, measure) {
  console.log(name.padEnd(28), ...isas.map((_, isa) => measure(isa).toFixed(1).padStart(12)));
}

/// Billions of operations a second.
function speed(rows, k, n, relu, work) {
  return (isa) => {
    kernels.prepare(isa, rows, k, n, relu);
    return (2 * rows * k * n) / time(work) / 1e6;
  };
}

function micros(work) {
  return (isa) => {
    kernels.prepare(isa, 480, 256, 256, 0);
    return 1e3 * time(work);
  };
}

if (bench === "bench") {
  console.log("GOP/s".padEnd(28), ...isas.map((isa) => isa.padStart(12)));
  const bound = (isa) => kernels.bound_operations(isa) / time((times) => kernels.bound(isa, times)) / 1e6;
  line("products in registers", bound);
  const apply = (times) => kernels.apply(times);
  const shapes = [];
  for (const rows of [1, 4, 16, 32]) shapes.push([rows, 256, 256], [rows, 256, 768]);
  for (const rows of [30, 300]) shapes.push([rows, 256, 256], [rows, 256, 768], [rows, 256, 1536], [rows, 1536, 256]);
  for (const [rows, k, n] of shapes) line(`${rows} x ${k} x ${n}`, speed(rows, k, n, 0, apply));
  for (const rows of [1, 16, 300]) line(`${rows} x 1536 x 256, ReLU`, speed(rows, 1536, 256, 1, apply));
  for (const rows of [1, 4, 16, 32]) {
    line(`${rows} x 256 argmax`, speed(rows, 256, 16000, 0, (times) => kernels.choose(times, 0)));
    line(`${rows} x 256 argmax, log p`, speed(rows, 256, 16000, 0, (times) => kernels.choose(times, 1)));
  }
  console.log("µs");
  line("30 x 30 attention", micros((times) => kernels.attend(times, 30, 1)));
  line("16 of 30 attention", micros((times) => kernels.attend(times, 16, 0)));
  line("16 recurrent steps", micros((times) => kernels.step(times, 16)));
}
