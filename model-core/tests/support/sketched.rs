//! Projections with a sketch against those without.

use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use model_core::nn::MAX_LENGTH;
use model_core::ops::{self, AffineForm, EmbedForm, ProjectionForm, SketchForm, SketchWeights};

use super::{Checks, Floats, Ints, Map, floats, ints};

impl Map {
    /// Sketches of these maps turn nothing: the first inputs are kept.
    fn sketch_form(&self, kept: usize) -> SketchForm {
        SketchForm { kept, near: 0.05, rounding: 2.0, spread: 1.2 }
    }

    fn packed_with_sketch(&self, device: &Device, form: ProjectionForm) -> Tensor<1, Int> {
        let AffineForm { inputs: k, outputs: n, alpha, .. } = self.form;
        let Some(SketchForm { kept, near, rounding, .. }) = form.sketch else {
            panic!("a form with a sketch")
        };
        let bytes = |values: Vec<i8>, shape: [usize; 2]| {
            Tensor::<2, Int>::from_data(TensorData::new(values, shape), (device, DType::I8))
        };
        let unit = |rows: usize| (0..rows * k).map(|at| if at % k == at / k { 127 } else { 0 }).collect();
        let slack = |row: usize| {
            let weights = &self.weights[row * k..][..k];
            let greatest = weights[..kept].iter().map(|&weight| f32::from(weight).abs()).fold(0.0, f32::max);
            let squares = weights.iter().enumerate().map(|(input, &weight)| {
                // A weight is kept with an error of half a step at most, and the greatest one is 63 steps.
                let (weight, error) = (f32::from(weight), 0.51 * greatest / 63.0);
                if input < kept {
                    (error / near).powi(2) + ((weight.abs() + error) / rounding).powi(2)
                } else {
                    weight.powi(2)
                }
            });
            self.scale.0[row] * alpha.unwrap_or(1.0) * squares.sum::<f32>().sqrt()
        };
        let sketch = SketchWeights {
            turn: bytes(unit(k), [k, k]),
            basis: bytes(unit(kept), [kept, k]),
            steps: Floats(vec![1.0 / 127.0; k + kept], [k + kept]).on(device),
            slack: Floats((0..n).map(slack).collect(), [n]).on(device),
        };
        let weights = bytes(self.weights.clone(), [n, k]);
        ops::pack_sketched(weights, self.scale.on(device), self.bias.on(device), sketch, form)
    }
}

impl Checks<'_> {
    /// A map with a sketch does what it does without: chooses, embeds, has parts taken from it.
    pub(crate) async fn sketch(
        &mut self,
        rows: usize,
        inputs: usize,
        outputs: usize,
        kept: usize,
        alpha: Option<f32>,
    ) {
        let (d, map) = (self.device, self.map(Self::form(inputs, outputs, alpha)));
        let mut x = self.inputs(rows, inputs);
        // Some rows are much like an output's weights, as the rows of a model are.
        for x in x.0.chunks_exact_mut(inputs).step_by(2) {
            let output = self.random.below(outputs);
            let weights = &map.weights[output * inputs..][..inputs];
            x.iter_mut().zip(weights).for_each(|(x, &weight)| *x = *x / 8.0 + f32::from(weight) / 64.0);
        }
        let form = ProjectionForm { map: map.form, sketch: Some(map.sketch_form(kept)) };
        let packed = map.packed_with_sketch(d, form);
        let (ids, log_probs) = ops::project(x.on(d), packed.clone(), form);
        let (plain_ids, plain) = ops::project(x.on(d), map.packed(d), map.form.into());
        let what = format!("sketch {rows}×{inputs}×{outputs} {alpha:?}");
        assert_eq!(ints(ids).await, ints(plain_ids).await, "{what}");
        for (found, plain) in floats(log_probs).await.into_iter().zip(floats(plain).await) {
            // Estimates: of random numbers, which resemble each other more than a model's.
            assert!((found - plain).abs() < 0.3 + 0.3 * plain.abs(), "{what}: {found} and {plain}");
        }

        let len = rows.min(outputs);
        let some = Ints((0..len).map(|_| self.random.below(outputs) as i32).collect(), [len]).on(d);
        let fewer = AffineForm { outputs: len, ..map.form };
        let taken = ops::affine(x.on(d), ops::take(packed.clone(), some.clone(), form), fewer);
        let whole = ops::affine(x.on(d), map.packed(d), map.form).select(1, some.clone());
        assert_eq!(floats(taken).await, floats(whole).await, "{what}");

        let embed = |table, sketched| {
            let form = EmbedForm { pieces: outputs, dim: inputs, unit: 1.0 / 299.9, sketched };
            let encoding = Tensor::zeros([MAX_LENGTH, inputs], d);
            ops::embed(some.clone(), Ints(vec![7], [1]).on(d), table, encoding, form)
        };
        let (sketched, plain) = (embed(packed, true), embed(map.packed(d), false));
        assert_eq!(floats(sketched).await, floats(plain).await, "{what}");
    }
}
