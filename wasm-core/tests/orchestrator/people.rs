//! Two devices and their prekeys, for every schedule the same: signatures are slow.

use volly_core::{
    identity::{
        AccountSeed, Device, LastResortPreKeys, PreKeyKind, PreKeySecrets, Verified,
        generate_prekeys,
    },
    wire::PreKeyBundle,
};

use super::tape::Tape;

/// When every schedule begins, in 2027.
pub const BEGIN: u64 = 1_800_000_000;
pub const DAY: u64 = 86_400;
/// One-time bundles of each, with the ids from 0 on. After that there are those of last resort.
const ONE_TIME: u32 = 4;

pub struct Person {
    pub device: Device,
    pub one_time: Vec<(PreKeySecrets, Verified<PreKeyBundle>)>,
    pub last_resort: (LastResortPreKeys, Verified<PreKeyBundle>),
}

impl Person {
    fn draw(rng: &mut Tape) -> Self {
        // Old enough that no clock of a schedule is before it.
        let made = BEGIN - 10 * DAY;
        let device = Device::generate(&AccountSeed::generate(rng), made, rng);
        let verify = |bundle: PreKeyBundle| bundle.verify(device.fingerprint(), BEGIN).unwrap();
        let one_time = (0..ONE_TIME).map(|id| {
            let expires = BEGIN + 7 * DAY;
            let (secrets, bundle) =
                generate_prekeys(&device, PreKeyKind::OneTime, id, expires, rng);
            (secrets, verify(bundle))
        });
        let one_time = one_time.collect();
        let (secrets, bundle) = LastResortPreKeys::generate(&device, BEGIN, rng);
        let last_resort = (secrets, verify(bundle));
        Self { device, one_time, last_resort }
    }

    pub fn two() -> [Self; 2] {
        let rng = &mut Tape::new(0);
        [Self::draw(rng), Self::draw(rng)]
    }
}
