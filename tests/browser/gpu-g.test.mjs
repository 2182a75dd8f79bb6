import { test } from "node:test";
import { openGpu, finished, gpuSays, assertOnce, sentences } from "./harness/gpu.mjs";
import { paste } from "./harness/reader.mjs";
const TEXT=process.env.GTEXT;
test("trace", async (t) => {
  const visit = await openGpu(t, { engine: () => { const C=new BroadcastChannel("g"); }, helper: () => {
    const C=new BroadcastChannel("g"); let decode=false; const say=(x)=>{ if(decode) C.postMessage(`${x} ${performance.now()|0}`); };
    self.addEventListener("message", ({data})=>{ if(data.type==="decode") {decode=true; say("DECODE "+data.sentences.length+" pieces "+data.sentences.map(s=>s.length));} });
    const s=GPUQueue.prototype.submit; GPUQueue.prototype.submit=function(...a){ say("submit"); return s.apply(this,a); };
    const m=GPUBuffer.prototype.mapAsync; GPUBuffer.prototype.mapAsync=async function(...a){ say("map "+this.size); const r=await m.apply(this,a); say("mapped"); return r;};
    const c=GPUDevice.prototype.createBuffer; GPUDevice.prototype.createBuffer=function(d){ say("buffer "+d.size+" "+d.usage); return c.call(this,d); };
    const q=GPUDevice.prototype.createComputePipeline; GPUDevice.prototype.createComputePipeline=function(d){ say("pipeline"); return q.call(this,d); };
  }});
  const { page } = visit;
  page.on("console", (m) => console.log(m.text()));
  await page.addInitScript(() => { globalThis.gg = new BroadcastChannel("g"); gg.onmessage = ({data}) => console.log(data); });
  await paste(visit, TEXT);
  console.log(await finished(page)); console.log(await gpuSays(page, / /)); await assertOnce(page); console.log(await sentences(page), visit.errors);
});
