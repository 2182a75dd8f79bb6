//! A GPU that the model can run on, or why there is none.
//!
//! burn takes any adapter, and then panics at the first kernel on one that lacks what it counts on. So the adapter is
//! looked at first.

mod selftest;

use std::fmt;

use burn::tensor::Device;
use burn::tensor::wgpu::{WgpuSetup, wgpu};

use crate::format::config::Config;
use crate::ops::gpu;
pub use selftest::self_test;

/// A GPU, ready for models.
#[derive(Debug)]
pub struct Gpu {
    /// burn's handle to it.
    pub device: Device,
    /// What the driver or the browser calls it. Browsers tell little.
    pub name: String,
    /// Whether its shaders multiply 8-bit numbers four at a time.
    pub packed_dot: bool,
    limits: wgpu::Limits,
    kind: wgpu::DeviceType,
    wgpu: wgpu::Device,
}

/// Why the GPU is not used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoGpu {
    /// There is no WebGPU, or no adapter that it offers.
    #[error("no graphics adapter is offered: {0}")]
    NoAdapter(String),
    /// The adapter lacks a feature that burn's runtime cannot do without.
    #[error("the adapter cannot measure time (it lacks timestamp-query), which the runtime needs")]
    NoTimestamps,
    /// A limit is below what the kernels need.
    #[error("the adapter allows {has} {what}, and {needed} are needed")]
    TooSmall {
        /// Which limit.
        what: &'static str,
        /// What the adapter allows.
        has: u64,
        /// What the kernels need.
        needed: u64,
    },
    /// The device could not be made.
    #[error("the graphics device was refused: {0}")]
    Refused(String),
    /// The model is of a kind that the kernels do not do.
    #[error("the GPU's kernels do not do this model: {0}")]
    Model(&'static str),
}

/// The kernels' storage buffers.
const BUFFERS: u32 = 8;

/// The invocations of their workgroups.
const WORKERS: u32 = 256;

/// Kernels that are handed to the queue together: more than a slice of decoding steps has.
const TASKS: usize = 128;

impl Gpu {
    /// Asks for an adapter and makes a device of it. To be called once: burn registers the device for good.
    ///
    /// # Errors
    /// Says what is missing.
    pub async fn find() -> Result<Self, NoGpu> {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let packed_dot = instance
            .wgsl_language_features()
            .contains(wgpu::WgslLanguageFeatures::Packed4x8IntegerDotProduct);
        let options = wgpu::RequestAdapterOptions {
            power_preference: wgpu::PowerPreference::HighPerformance,
            ..Default::default()
        };
        let adapter =
            instance.request_adapter(&options).await.map_err(|error| NoGpu::NoAdapter(error.to_string()))?;
        if !adapter.features().contains(wgpu::Features::TIMESTAMP_QUERY) {
            return Err(NoGpu::NoTimestamps);
        }
        let limits = adapter.limits();
        at_least("storage buffers for a kernel", limits.max_storage_buffers_per_shader_stage, BUFFERS)?;
        at_least("invocations in a workgroup", limits.max_compute_invocations_per_workgroup, WORKERS)?;
        let info = adapter.get_info();
        let (device, queue) = adapter
            .request_device(&wgpu::DeviceDescriptor {
                label: Some("Klartext"),
                required_features: adapter.features()
                    - wgpu::Features::MAPPABLE_PRIMARY_BUFFERS
                    - wgpu::Features::all_experimental_mask(),
                required_limits: limits.clone(),
                ..Default::default()
            })
            .await
            .map_err(|error| NoGpu::Refused(error.to_string()))?;
        let wgpu = device.clone();
        let setup = WgpuSetup { backend: info.backend, instance, adapter, device, queue };
        let device = Device::wgpu_options()
            .tasks_max(TASKS)
            .setup(setup)
            .init()
            .map_err(|error| NoGpu::Refused(error.to_string()))?;
        gpu::use_packed_dot(packed_dot);
        let name = if info.name.is_empty() { info.backend.to_string() } else { info.name };
        Ok(Self { device, name, packed_dot, limits, kind: info.device_type, wgpu })
    }

    /// Whether a model of these dimensions can run on it.
    ///
    /// # Errors
    /// Says what stands in the way.
    pub fn check(&self, config: &Config) -> Result<(), NoGpu> {
        if !config.dim_emb.is_multiple_of(16) || !config.dim_ffn.is_multiple_of(16) {
            return Err(NoGpu::Model("its layers are not a multiple of 16 wide"));
        }
        self.has_memory(gpu::Tile::WIDE, config)
    }

    /// Whether a workgroup has the memory for a tile of a model of these dimensions.
    fn has_memory(&self, tile: gpu::Tile, config: &Config) -> Result<(), NoGpu> {
        at_least(
            "bytes of memory for a workgroup",
            self.limits.max_compute_workgroup_storage_size,
            tile.memory(config.dim_emb, config.dim_ffn, config.heads) as u32,
        )
    }

    /// Has kernels with few rows share out work as suits the device; see [`gpu::Tile`]. A card of its own has cores for every
    /// sentence. What is no GPU wants as many rows in a workgroup as there can be; browsers do not say so, but such a device
    /// has no large workgroups. Of others too little is known. To be called before a model runs.
    pub fn suit(&self, config: &Config) {
        let (rows, workers): (usize, &[usize]) = match self.kind {
            wgpu::DeviceType::Cpu => return,
            wgpu::DeviceType::DiscreteGpu => (1, &[1024, 512, 256]),
            _ => (2, &[512]),
        };
        for &workers in workers {
            if self.use_tile(gpu::Tile { rows, workers }, config).is_ok() {
                return;
            }
        }
    }

    /// Has kernels with few rows take this tile from here on, those of all models; see [`gpu::Tile`].
    ///
    /// # Errors
    /// If it is too large for the device and a model of these dimensions.
    pub fn use_tile(&self, tile: gpu::Tile, config: &Config) -> Result<(), NoGpu> {
        at_least(
            "invocations in a workgroup",
            self.limits.max_compute_invocations_per_workgroup.min(self.limits.max_compute_workgroup_size_x),
            tile.workers as u32,
        )?;
        // With many rows a workgroup takes as many as it can.
        self.has_memory(gpu::Tile { rows: gpu::Tile::WIDE.rows, ..tile }, config)?;
        gpu::use_tile(tile);
        Ok(())
    }

    /// Bytes of memory that the device holds for models and their work, pages kept for reuse included.
    pub fn memory_bytes(&self) -> u64 {
        self.device.memory_pool_usage().map_or(0, |usage| usage.bytes_reserved)
    }

    /// Loses the device, as a driver that is restarted does. For tests of what happens then.
    pub fn lose(&self) {
        self.wgpu.destroy();
    }
}

/// That a limit is large enough.
fn at_least(what: &'static str, has: u32, needed: u32) -> Result<(), NoGpu> {
    if has < needed {
        return Err(NoGpu::TooSmall { what, has: has.into(), needed: needed.into() });
    }
    Ok(())
}

impl fmt::Display for Gpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
