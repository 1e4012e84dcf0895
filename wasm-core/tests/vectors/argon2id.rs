//! Argon2id, by [`Argon2Parameters::stretch`].
//!
//! The vector of RFC 9106 has a secret and associated data, which ours leaves out: it goes to the crate.
//! The others were computed with libargon2, the reference implementation, at our lengths; the passphrases
//! among them that are no ASCII were normalised to NFKD before by Python's `unicodedata`.

use argon2::{Algorithm, Argon2, AssociatedData, Block, ParamsBuilder, Version};
use data_encoding::HEXLOWER;
use volly_core::crypto::passphrase::{Argon2Parameters, Passphrase, SALT_BYTES};

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn rfc_9106_section_5_3() {
    let params = ParamsBuilder::new()
        .m_cost(32)
        .t_cost(3)
        .p_cost(4)
        .data(AssociatedData::new(&[4; 12]).unwrap())
        .build()
        .unwrap();
    let secret = [3; 8];
    let argon2 =
        Argon2::new_with_secret(&secret, Algorithm::Argon2id, Version::V0x13, params).unwrap();
    let mut tag = [0; 32];
    let memory = &mut [Block::new(); 32][..];
    argon2.hash_password_into_with_memory(&[1; 32], &[2; 16], &mut tag, memory).unwrap();
    assert_eq!(
        HEXLOWER.encode(&tag),
        "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"
    );
}

/// Passphrase, KiB, passes, lanes, and the key; the salt is 0, 1, … 15.
type Vector = (&'static str, u32, u32, u8, &'static str);

const REFERENCE: [Vector; 7] = [
    ("password", 65_536, 2, 1, "3fde0023e9c90652edac14784971e4258e084751bce00b5965d995c639b15cff"),
    ("password", 65_536, 3, 1, "def6fd068289b9a0cf1114f8e978a2c4dab6faef377d895b9c2d59fc93fc5653"),
    (
        "differentpassword",
        8,
        1,
        1,
        "b786da3797ab54ddba975d352dd62dbad8d9666940e1edb4e6e12899a224f51a",
    ),
    ("password", 64, 10, 4, "0234d6496e10e95cd7d85c127b37a6c41dbf68aea5b6e9464735d2731e06d727"),
    // Lanes of a whole number of blocks need one block less than 37.
    ("password", 37, 3, 2, "159e600b32ba9412a0e1bce78a99b9a89f498aa4ef6700865437f96c4abf6173"),
    ("password", 256, 3, 3, "686a0c41090bb57341d5854c67a615cf67335457d955d42eaf3776525986e6d8"),
    (
        "Grüße aus Zürich",
        64,
        2,
        1,
        "c92aeaae7f359be974789c57447bc396fcf38eb76bfae001178629600daa94ca",
    ),
];

#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
#[cfg_attr(not(target_arch = "wasm32"), test)]
fn argon2id_reference_implementation() {
    let salt: [u8; SALT_BYTES] = core::array::from_fn(|i| u8::try_from(i).unwrap());
    let longest = "a".repeat(1_024);
    let long =
        (&*longest, 64, 2, 1, "8816dcaa435c45bbf3a2b7a567a31f685f4680d7cef3751f74e09c000ab79f4f");
    for (typed, memory_kib, passes, lanes, expected) in REFERENCE.into_iter().chain([long]) {
        let parameters = Argon2Parameters::new(memory_kib, passes, lanes).unwrap();
        let key = parameters.stretch(&Passphrase::new(typed).unwrap(), &salt).unwrap();
        assert_eq!(HEXLOWER.encode(key.expose()), expected, "{memory_kib} {passes} {lanes}");
    }
}
