//! How bytes look inside of Base64, wherever in it they begin.

/// The digits of Base64 that depend on nothing but `bytes`, with so many bytes before them.
#[must_use]
pub fn inside(before: usize, bytes: &[u8]) -> String {
    let text = data_encoding::BASE64.encode(&[&vec![0; before], bytes].concat());
    let (from, to) = ((before * 8).div_ceil(6), (before + bytes.len()) * 8 / 6);
    text[from..to].to_owned()
}
