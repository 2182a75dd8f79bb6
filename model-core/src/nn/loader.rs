//! From named tensors in a file to modules on a device.

use burn::tensor::{DType, Device, Int, Tensor, TensorData};

use super::embedding::Embedding;
use super::linear::{Linear, LinearGroup};
use super::norm::Norm;
use super::projection::Projection;
use crate::error::Result;
use crate::format::config::{Config, Output};
use crate::format::marian::{ModelFile, Weight};
use crate::format::sketch::Sketch;
use crate::ops::{self, AffineForm, EmbedForm, ProjectionForm, SketchForm, SketchWeights};

/// A model file, its configuration, and where its tensors go.
pub(super) struct Loader<'a> {
    file: &'a ModelFile<'a>,
    /// The model's dimensions.
    pub(super) config: &'a Config,
    /// Where the tensors go.
    pub(super) device: &'a Device,
}

/// One affine map as the file has it.
struct Part<'a> {
    weight: Weight<'a>,
    alpha: Option<f32>,
    bias: Vec<f32>,
}

impl Part<'_> {
    /// What undoes the multipliers.
    fn scale(&self) -> f32 {
        1.0 / (self.alpha.unwrap_or(1.0) * self.weight.quant_mult)
    }

    /// The bias that [`ops::affine`] wants.
    fn prepared_bias(&self) -> Vec<f32> {
        if self.alpha.is_none() {
            return self.bias.clone();
        }
        let rows = self.weight.values.chunks_exact(self.weight.k);
        self.bias.iter().zip(rows).map(|(&bias, row)| ops::shifted_bias(bias, self.scale(), row)).collect()
    }
}

impl<'a> Loader<'a> {
    pub(super) fn new(file: &'a ModelFile<'a>, config: &'a Config, device: &'a Device) -> Self {
        Self { file, config, device }
    }

    /// The affine map of `weight: [inputs, outputs]` and `bias: [1, outputs]`.
    pub(super) fn linear(&self, weight: &str, bias: &str, inputs: usize, outputs: usize) -> Result<Linear> {
        Ok(self.merge(vec![self.part(weight, Some(bias), inputs, outputs)?], false))
    }

    /// As [`Loader::linear`], with ReLU behind it.
    pub(super) fn linear_relu(
        &self,
        weight: &str,
        bias: &str,
        inputs: usize,
        outputs: usize,
    ) -> Result<Linear> {
        Ok(self.merge(vec![self.part(weight, Some(bias), inputs, outputs)?], true))
    }

    /// Several affine maps of one input of `dim` to `dim` outputs each, side by side. Neighbours that quantise the
    /// input alike become one map.
    pub(super) fn linear_group(&self, names: &[(String, Option<String>)]) -> Result<LinearGroup> {
        let dim = self.config.dim_emb;
        let mut groups: Vec<Vec<Part<'a>>> = Vec::new();
        for (weight, bias) in names {
            let part = self.part(weight, bias.as_deref(), dim, dim)?;
            match groups.last_mut() {
                Some(group) if group[0].alpha == part.alpha => group.push(part),
                _ => groups.push(vec![part]),
            }
        }
        Ok(LinearGroup::new(groups.into_iter().map(|group| self.merge(group, false)).collect()))
    }

    /// The embeddings of target pieces, and the projection to them. Where the model ties the two they are one tensor.
    pub(super) fn target(&self) -> Result<(Embedding, Projection)> {
        const BIAS: &str = "decoder_ff_logit_out_b";
        let (pieces, dim) = (self.config.target_vocab, self.config.dim_emb);
        let name = self.config.embeddings.target;
        if let Output::Own(weight) = self.config.embeddings.output {
            let projection = self.projection(self.part(weight, Some(BIAS), dim, pieces)?)?;
            return Ok((self.embedding(name, pieces)?, projection));
        }
        let alpha = match self.file.alpha(name)? {
            Some(alpha) => Some(alpha),
            // The name that Marian gives to the same multiplier where a shortlist cuts the weights.
            None => self.file.alpha("none")?,
        };
        let weight = self.file.embedding(name, pieces, dim)?;
        let unit = 1.0 / weight.quant_mult;
        let projection =
            self.projection(Part { weight, alpha, bias: self.file.float(BIAS, &[1, pieces])? })?;
        let form = EmbedForm { pieces, dim, unit, sketched: projection.form().sketch.is_some() };
        Ok((Embedding::new(projection.packed(), form), projection))
    }

    /// The map to the vocabulary, with the file's sketch if it has one.
    fn projection(&self, part: Part<'a>) -> Result<Projection> {
        let (outputs, inputs) = (part.weight.n, part.weight.k);
        let Some(sketch) = Sketch::read(self.file, &part.weight.values, inputs)? else {
            let linear = self.merge(vec![part], false);
            return Ok(Projection::new(linear.packed(), linear.form().into()));
        };
        let map = AffineForm { inputs, outputs, alpha: part.alpha, relu: false };
        let Sketch { kept, near, rounding, spread, .. } = sketch;
        let form = ProjectionForm { map, sketch: Some(SketchForm { kept, near, rounding, spread }) };
        let scale = self.vector(vec![part.scale(); outputs]);
        let bias = self.vector(part.prepared_bias());
        let weights = self.bytes(part.weight.values.into_owned(), [outputs, inputs]);
        let sketch = SketchWeights {
            turn: self.bytes(sketch.turn.to_vec(), [inputs, inputs]),
            basis: self.bytes(sketch.basis.to_vec(), [kept, inputs]),
            steps: self.vector(sketch.steps),
            slack: self.vector(sketch.slack),
        };
        Ok(Projection::new(ops::pack_sketched(weights, scale, bias, sketch, form), form))
    }

    /// An embedding table `[pieces, dim]` with the positions' encoding.
    pub(super) fn embedding(&self, name: &str, pieces: usize) -> Result<Embedding> {
        let weight = self.file.embedding(name, pieces, self.config.dim_emb)?;
        let unit = 1.0 / weight.quant_mult;
        let form = EmbedForm { pieces, dim: self.config.dim_emb, unit, sketched: false };
        // A map that nobody applies.
        let part = Part { weight, alpha: None, bias: vec![0.0; pieces] };
        Ok(Embedding::new(self.merge(vec![part], false).packed(), form))
    }

    /// A layer normalisation with the names `{prefix}_ln_scale` and `{prefix}_ln_bias`.
    pub(super) fn norm(&self, prefix: &str) -> Result<Norm> {
        let dim = self.config.dim_emb;
        let part = |name: &str| self.file.float(&format!("{prefix}_ln_{name}"), &[1, dim]);
        let numbers = [part("scale")?, part("bias")?].concat();
        Ok(Norm::new(Tensor::from_data(TensorData::new(numbers, [2, dim]), self.device)))
    }

    fn part(&self, weight: &str, bias: Option<&str>, inputs: usize, outputs: usize) -> Result<Part<'a>> {
        Ok(Part {
            weight: self.file.weight(weight, inputs, outputs)?,
            alpha: self.file.alpha(weight)?,
            bias: match bias {
                Some(name) => self.file.float(name, &[1, outputs])?,
                None => vec![0.0; outputs],
            },
        })
    }

    /// Maps of one input with one multiplier as one map.
    fn merge(&self, parts: Vec<Part<'a>>, relu: bool) -> Linear {
        let (alpha, inputs) = (parts[0].alpha, parts[0].weight.k);
        let (mut scale, mut bias, mut weights) = (Vec::new(), Vec::new(), Vec::new());
        for part in parts {
            scale.extend(std::iter::repeat_n(part.scale(), part.weight.n));
            bias.extend(part.prepared_bias());
            weights.extend_from_slice(&part.weight.values);
        }
        let form = AffineForm { inputs, outputs: scale.len(), alpha, relu };
        let weights = self.bytes(weights, [form.outputs, inputs]);
        Linear::new(ops::pack(weights, self.vector(scale), self.vector(bias), form), form)
    }

    fn bytes(&self, values: Vec<i8>, shape: [usize; 2]) -> Tensor<2, Int> {
        Tensor::from_data(TensorData::new(values, shape), (self.device, DType::I8))
    }

    fn vector(&self, values: Vec<f32>) -> Tensor<1> {
        let shape = [values.len()];
        Tensor::from_data(TensorData::new(values, shape), self.device)
    }
}
