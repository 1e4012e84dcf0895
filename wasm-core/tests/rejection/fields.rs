//! A message as its fields, and what can be done to each.

/// One bit in so many. A prime, so that each place in a byte is met.
const STRIDE: usize = 127;

/// Name and length of each field, in order.
pub type Layout = [(&'static str, usize)];

/// Every field of `bytes` with where it starts. A layout that does not end with them is a mistake in
/// the test.
fn places<'a>(
    bytes: &[u8],
    layout: &'a Layout,
) -> impl Iterator<Item = (&'static str, usize, usize)> + 'a {
    let total: usize = layout.iter().map(|(_, length)| length).sum();
    assert_eq!(total, bytes.len(), "the layout is not that of the bytes");
    layout.iter().scan(0, |start, &(name, length)| {
        let place = (name, *start, length);
        *start += length;
        Some(place)
    })
}

/// Calls `refused` with a field's name and the bytes in which one bit of it is flipped: for each bit
/// of its first and last byte, and for one in [`STRIDE`] between them.
pub fn each_flipped_bit(bytes: &[u8], layout: &Layout, mut refused: impl FnMut(&str, &[u8])) {
    let stride = option_env!("VOLLY_STRIDE").map_or(STRIDE, |stride| stride.parse().unwrap());
    let mut flipped = bytes.to_vec();
    for (name, start, length) in places(bytes, layout) {
        for bit in start * 8..(start + length) * 8 {
            let byte = bit / 8;
            if byte == start || byte == start + length - 1 || bit % stride == 0 {
                flipped[byte] ^= 1 << (bit % 8);
                refused(name, &flipped);
                flipped[byte] = bytes[byte];
            }
        }
    }
}

/// Calls `refused` with what was done and the bytes: cut before and in each field and by the last
/// byte, without each field, each field doubled, and a byte longer at either end.
pub fn each_wrong_length(bytes: &[u8], layout: &Layout, mut refused: impl FnMut(&str, &[u8])) {
    for (name, start, length) in places(bytes, layout) {
        let field = start..start + length;
        refused(&format!("cut before {name}"), &bytes[..start]);
        refused(&format!("cut in {name}"), &bytes[..start + length - 1]);
        let without = [&bytes[..field.start], &bytes[field.end..]].concat();
        refused(&format!("without {name}"), &without);
        let doubled = [&bytes[..field.end], &bytes[field.start..]].concat();
        refused(&format!("{name} twice"), &doubled);
    }
    for byte in [0, 0xFF] {
        refused("one byte behind it", &[bytes, &[byte]].concat());
        refused("one byte before it", &[&[byte], bytes].concat());
    }
}

/// Calls `refused` with the bytes in which one field is all zeroes, or all ones.
pub fn each_emptied_field(bytes: &[u8], layout: &Layout, mut refused: impl FnMut(&str, &[u8])) {
    for (name, start, length) in places(bytes, layout) {
        for filler in [0, 0xFF] {
            let mut emptied = bytes.to_vec();
            emptied[start..start + length].fill(filler);
            if emptied != bytes {
                refused(name, &emptied);
            }
        }
    }
}

#[test]
fn a_flip_changes_one_bit_of_the_field_that_it_names() {
    let (bytes, mut count) = ([0xA5; 600], 0);
    each_flipped_bit(&bytes, &[("first", 1), ("second", 599)], |name, flipped| {
        let changed: Vec<_> = (0..bytes.len()).filter(|&at| flipped[at] != bytes[at]).collect();
        assert_eq!(changed.len(), 1);
        assert_eq!((flipped[changed[0]] ^ bytes[changed[0]]).count_ones(), 1);
        assert_eq!(name == "first", changed[0] == 0);
        count += 1;
    });
    assert!(count >= 24 + 597 * 8 / STRIDE);
}
