//! Writes lexical shortlists.

/// Marian's binary form of `lists`, one list of target pieces for each source piece.
pub(crate) fn write(first: u64, best: u64, lists: &[Vec<u32>]) -> Vec<u8> {
    let mut offsets = vec![0_u64];
    for list in lists {
        offsets.push(offsets[offsets.len() - 1] + list.len() as u64);
    }
    let mut body = Vec::new();
    for number in [first, best, offsets.len() as u64, offsets[lists.len()]].iter().chain(&offsets) {
        body.extend(number.to_le_bytes());
    }
    body.extend(lists.iter().flatten().flat_map(|id| id.to_le_bytes()));
    seal(&body)
}

/// Puts the magic number and the right checksum in front of a body.
pub(crate) fn seal(body: &[u8]) -> Vec<u8> {
    let mut sum = 0_u64;
    for chunk in body.chunks_exact(8) {
        let number = u64::from_le_bytes(chunk.try_into().expect("chunks of 8"));
        sum ^= number.wrapping_add(0x9e37_79b9).wrapping_add(sum << 6).wrapping_add(sum >> 2);
    }
    let mut file = 0xF11A_48D5_0134_17F5_u64.to_le_bytes().to_vec();
    file.extend(sum.to_le_bytes());
    file.extend(body);
    file
}
