// The GPU fails: before it is tried, while its engine starts, in the middle of a text. The reader is told why and gets the
// same text, done by the CPU.

import assert from "node:assert/strict";
import { test } from "node:test";
import { GONE, GPU_ENGINE, GPU_FILES, GPU_WORKER, MISSING, assertAsByCpu, gpuSays, openGpu } from "./harness/gpu.mjs";
import { longText, paste } from "./harness/reader.mjs";

/** The CPU takes about the first three sentences, as the GPU's engine is not there yet; some of the others end early. */
const TEXT = `Neues aus Dresden

Der Chip ist schnell. Er kostet 30 Euro. Die Firma verkauft ihn ab Montag.

Mehr war auf der Messe nicht zu erfahren. Sie endet am Freitag.

Danach beginnt der Verkauf im Netz. Viele warten darauf. Das Gerät wiegt nur 200 Gramm. Es passt in jede Tasche. Das ist alles.`;

/** More than the self-test has left room for on the device. */
const LONG_TEXT = longText(12);

/** What keeps the engine from trying the GPU; each runs in front of the engine's worker. */
const PROBES = [
  ["the browser has no WebGPU", /no WebGPU/, () => {
    Object.defineProperty(WorkerNavigator.prototype, "gpu", { value: undefined });
  }],
  ["there is no adapter", /no graphics adapter/, () => {
    GPU.prototype.requestAdapter = async () => null;
  }],
  ["asking for an adapter fails", /asking for a graphics adapter failed.*by a test/, () => {
    GPU.prototype.requestAdapter = () => Promise.reject(new DOMException("refused by a test", "OperationError"));
  }],
  ["asking for an adapter throws", /asking for a graphics adapter failed.*by a test/, () => {
    GPU.prototype.requestAdapter = () => { throw new TypeError("refused by a test"); };
  }],
  ["asking for an adapter is not answered", /the browser does not answer/, () => {
    GPU.prototype.requestAdapter = () => new Promise(() => {});
  }],
  ["the adapter cannot measure time", /timestamp-query/, () => {
    GPUSupportedFeatures.prototype.has = () => false;
  }],
  ["its workgroups are too small", /maxComputeInvocationsPerWorkgroup is 128, and 256/, () => {
    Object.defineProperty(GPUSupportedLimits.prototype, "maxComputeInvocationsPerWorkgroup", { value: 128 });
  }],
  ["its workgroups have too little memory", /maxComputeWorkgroupStorageSize is 8192, and 16384/, () => {
    Object.defineProperty(GPUSupportedLimits.prototype, "maxComputeWorkgroupStorageSize", { value: 8192 });
  }],
  ["its kernels may have too few buffers", /maxStorageBuffersPerShaderStage is 4, and 8/, () => {
    Object.defineProperty(GPUSupportedLimits.prototype, "maxStorageBuffersPerShaderStage", { value: 4 });
  }],
];

for (const [name, reason, engine] of PROBES) {
  test(`the GPU is not tried if ${name}`, async (t) => {
    const visit = await openGpu(t, { engine });
    await paste(visit, TEXT);
    const stats = await assertAsByCpu(t, visit.page, TEXT);
    assert.equal(stats.gpu_sentences, 0);
    assert.match(await gpuSays(visit.page, "not used: "), reason);
    assert.deepEqual(visit.asked.filter((path) => GPU_FILES.test(path)), [], "nothing is loaded for it");
    visit.assertNoErrors();
  });
}

/** What goes wrong with the files of the GPU's engine. */
const FILES = [
  ["its script is not there", /cannot be loaded/, [GPU_WORKER, MISSING]],
  ["its script does not come", /cannot be loaded/, [GPU_WORKER, GONE]],
  ["its script throws", /broken by a test/, [GPU_WORKER, 'throw new Error("broken by a test");\n']],
  ["its script is none", /cannot be loaded/, [GPU_WORKER, "no script"]],
  ["its program is not there", /404/, [GPU_ENGINE, MISSING]],
  ["its program does not come", /fetch/, [GPU_ENGINE, GONE]],
  ["its program is broken", /CompileError/, [GPU_ENGINE, "no program"]],
];

/** The engine's clock jumps ahead when the GPU's worker says so: nobody has to wait for what never comes. */
const clock = () => {
  const { now } = Performance.prototype;
  let ahead = 0;
  Performance.prototype.now = function () {
    return now.call(this) + ahead;
  };
  self.hangs = new BroadcastChannel("hangs");
  self.hangs.onmessage = () => { ahead += 3_600_000; };
};

/** What goes wrong while the GPU's engine starts; each runs in front of its worker. */
const STARTS = [
  ["there is no adapter any more", /no graphics adapter/, () => {
    GPU.prototype.requestAdapter = async () => null;
  }],
  ["the device is refused", /refused/, () => {
    GPUAdapter.prototype.requestDevice = () => Promise.reject(new DOMException("refused by a test", "OperationError"));
  }],
  ["there is no memory for the model", /out of memory by a test/, () => {
    GPUDevice.prototype.createBuffer = () => { throw new RangeError("out of memory by a test"); };
  }],
  ["its worker ends", /does not answer/, () => {
    self.addEventListener("message", () => {
      new BroadcastChannel("hangs").postMessage(null);
      self.close();
    });
  }],
  ["its answers are wrong", /self-test failed: encoder/, () => {
    const { getMappedRange } = GPUBuffer.prototype;
    GPUBuffer.prototype.getMappedRange = function (...all) {
      const range = getMappedRange.apply(this, all);
      if (!(this.usage & GPUBufferUsage.MAP_READ)) return range;
      return new Float32Array(range).map((number) => number + 1).buffer;
    };
  }],
  ["a shader does not compile", /Invalid ShaderModule/, () => {
    const { createShaderModule } = GPUDevice.prototype;
    GPUDevice.prototype.createShaderModule = function ({ code, ...rest }) {
      return createShaderModule.call(this, { ...rest, code: code.includes("alignment[") ? `${code} broken` : code });
    };
  }],
  ["a shader computes something else", /self-test failed/, () => {
    const { createShaderModule } = GPUDevice.prototype;
    GPUDevice.prototype.createShaderModule = function ({ code, ...rest }) {
      return createShaderModule.call(this, { ...rest, code: code.replace(/sqrt\(/g, "0.5 * sqrt(") });
    };
  }],
];

/** What goes wrong in the middle of a text; each runs in front of the GPU's worker. */
const FAULTS = [
  ["the device is lost", /cannot be read/, TEXT, () => {
    amidWork(() => device.destroy());
  }],
  ["a buffer is refused", /out of memory by a test/, LONG_TEXT, () => {
    atWork(() => {
      GPUDevice.prototype.createBuffer = () => { throw new RangeError("out of memory by a test"); };
    });
  }],
  ["a buffer is too large for the device", /Buffer size/, LONG_TEXT, () => {
    const { createBuffer } = GPUDevice.prototype;
    atWork(() => {
      GPUDevice.prototype.createBuffer = function (descriptor) {
        return createBuffer.call(this, { ...descriptor, size: 2 ** 50 });
      };
    });
  }],
  ["the queue hangs", /does not answer/, TEXT, () => {
    amidWork(() => {
      GPUBuffer.prototype.mapAsync = () => new Promise(() => {});
      new BroadcastChannel("hangs").postMessage(null);
    });
  }],
  ["reading fails", /cannot be read/, TEXT, () => {
    amidWork(() => {
      GPUBuffer.prototype.mapAsync = () => Promise.reject(new DOMException("refused by a test", "OperationError"));
    });
  }],
  ["it finds pieces that do not exist", /nonsense: piece/, TEXT, () => {
    amidWork(() => {
      const { getMappedRange } = GPUBuffer.prototype;
      GPUBuffer.prototype.getMappedRange = function (...all) {
        const range = getMappedRange.apply(this, all);
        return this.usage & GPUBufferUsage.MAP_READ ? new Int32Array(range).fill(-1).buffer : range;
      };
    });
  }],
  ["its probabilities are no numbers", /nonsense: a log-probability/, TEXT, () => {
    amidWork(() => {
      const { getMappedRange } = GPUBuffer.prototype;
      GPUBuffer.prototype.getMappedRange = function (...all) {
        const range = getMappedRange.apply(this, all);
        // Logarithms of probabilities are what is negative.
        const spoilt = () => new Int32Array(range).map((word) => (word < 0 ? 0x7fc00000 : word)).buffer;
        return this.usage & GPUBufferUsage.MAP_READ ? spoilt() : range;
      };
    });
  }],
  ["its worker ends", /does not answer/, TEXT, () => {
    amidWork(() => {
      new BroadcastChannel("hangs").postMessage(null);
      self.close();
    });
  }],
  ["an exception is not caught", /broken by a test/, TEXT, () => {
    amidWork(() => setTimeout(() => { throw new Error("broken by a test"); }));
  }],
  ["a promise is broken", /broken by a test/, TEXT, () => {
    amidWork(() => void Promise.reject(new Error("broken by a test")));
  }],
];

async function assertCpuGoesOn(t, visit, text, reason) {
  const { page } = visit;
  await paste(visit, text);
  const stats = await assertAsByCpu(t, page, text);
  const said = await gpuSays(page, "not used: the GPU failed: ");
  assert.match(said, reason);
  // The GPU's worker writes its panics down.
  assert.deepEqual(visit.errors.filter((error) => !error.startsWith("panicked at ")), []);
  return stats;
}

for (const [name, reason, change] of FILES) {
  test(`the GPU's engine does not start if ${name}`, async (t) => {
    const visit = await openGpu(t, { files: [change] });
    const stats = await assertCpuGoesOn(t, visit, TEXT, reason);
    assert.equal(stats.gpu_sentences, 0);
  });
}

for (const [name, reason, helper] of STARTS) {
  test(`the GPU's engine does not start if ${name}`, async (t) => {
    const visit = await openGpu(t, { helper, engine: clock });
    const stats = await assertCpuGoesOn(t, visit, TEXT, reason);
    assert.equal(stats.gpu_sentences, 0);
  });
}

for (const [name, reason, text, helper] of FAULTS) {
  test(`the CPU goes on if ${name} in the middle of a text`, async (t) => {
    const visit = await openGpu(t, { helper, engine: clock });
    const stats = await assertCpuGoesOn(t, visit, text, reason);
    assert.ok(stats.gpu_sentences < stats.sentences);
    if (text === TEXT) assert.ok(stats.gpu_sentences > 0, "what the GPU had done before counts");
  });
}
