// There are more invocations than outputs, so that an output's inputs are shared out among `MAP_PARTS` of them.

/// Has all invocations make a part of an output each; before `MAP_shared`.
fn MAP_share(worker: u32) {
    const PART = MAP_BLOCKS / MAP_PARTS;
    if worker < MAP_OUTPUTS * MAP_PARTS {
        parts[worker] = MAP_products(worker % MAP_OUTPUTS, (worker / MAP_OUTPUTS) * PART, PART);
    }
    workgroupBarrier();
}

/// An output of `MAP` for the rows, behind `MAP_share`.
fn MAP_shared(output: u32) -> Floats {
    var sums = parts[output];
    for (var part = 1u; part < MAP_PARTS; part++) {
        sums += parts[part * MAP_OUTPUTS + output];
    }
    return MAP_finish(output, sums);
}
