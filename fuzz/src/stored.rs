//! What the device has stored: damaged, it is refused or harmless.

use chacha20::ChaCha20Rng;
use rand_core::SeedableRng;
use volly_core::{
    api::{CallId, ContactId, GetSnapshot, GetTimeline, Stretch},
    engine::{
        Engine,
        effect::{Effect, Row, Table},
        input::{Input, Timestamp},
    },
    identity::{Device, PreKeySecrets},
    limits::SIZE_CLASSES,
    session::SessionState,
};

use crate::{Verdict, parties::NOW, wire::canonical};

pub(crate) fn device(bytes: &[u8]) -> Verdict {
    let device = canonical(bytes, Device::decode(bytes), |device| device.encode().to_vec());
    Verdict::of(device.is_some())
}

pub(crate) fn prekeys(bytes: &[u8]) -> Verdict {
    let decoded = PreKeySecrets::decode(bytes);
    Verdict::of(canonical(bytes, decoded, |prekeys| prekeys.encode().to_vec()).is_some())
}

/// A session that decodes still refuses what is not for it, and seals or says why not.
pub(crate) fn session(bytes: &[u8]) -> Verdict {
    let decoded = SessionState::decode(bytes);
    let Some(mut session) = canonical(bytes, decoded, |session| session.encode().to_vec()) else {
        return Verdict::Refused;
    };
    assert!(session.open(bytes, NOW).is_err(), "a session is no envelope");
    assert!(session.encode().as_slice() == bytes, "what does not open changes nothing");
    match session.seal(b"text", NOW, &mut ChaCha20Rng::seed_from_u64(1)) {
        Ok(envelope) => {
            assert!(SIZE_CLASSES.contains(&envelope.len()));
            assert!(SessionState::decode(&session.encode()) == Ok(session));
        }
        Err(_) => assert!(session.encode().as_slice() == bytes, "nothing was sealed"),
    }
    Verdict::Accepted
}

/// Loads an engine from rows of any table, and lets it show what it has.
pub(crate) fn rows(bytes: &[u8]) -> Verdict {
    let (messages, rows): (Vec<Row>, Vec<Row>) =
        rows_of(bytes).into_iter().partition(|row| row.table == Table::Messages);
    let contacts: Vec<u64> = rows
        .iter()
        .filter(|row| row.table == Table::Contacts)
        .filter_map(|row| row.key.first_chunk().copied().map(u64::from_be_bytes))
        .collect();
    let now = Timestamp(NOW * 1_000);
    let Ok(mut engine) = Engine::load(rows, now) else { return Verdict::Refused };
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    engine.handle(Input::Call(CallId(0), GetSnapshot {}.into()), now, rng);
    engine.handle(Input::Tick, now, rng);
    for contact in contacts {
        let call = GetTimeline { contact: ContactId(contact), stretch: Stretch::Newest };
        engine.handle(Input::Call(CallId(1), call.into()), now, rng);
    }
    while let Some(effect) = engine.poll_effect() {
        if let Effect::Scan(_) = effect {
            engine.handle(Input::Scanned(Some(messages.clone())), now, rng);
        }
    }
    Verdict::Accepted
}

/// `u8 table ‖ u8 n ‖ u16 m ‖ key (n) ‖ value (m)`, again and again; the last row may be cut off.
fn rows_of(bytes: &[u8]) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut rest = bytes;
    while let Some((&[table, key_length, high, low], behind)) = rest.split_first_chunk() {
        let (key, behind) = split(behind, usize::from(key_length));
        let (value, behind) = split(behind, usize::from(u16::from_be_bytes([high, low])));
        let table = Table::ALL.into_iter().find(|known| *known as u8 == table);
        rows.extend(table.map(|table| Row {
            table,
            key: key.to_vec(),
            value: value.to_vec().into(),
        }));
        rest = behind;
    }
    rows
}

fn split(bytes: &[u8], length: usize) -> (&[u8], &[u8]) {
    bytes.split_at_checked(length).unwrap_or((bytes, &[]))
}

/// The bytes that [`rows`] reads.
///
/// # Panics
///
/// When a key has more than 255 bytes or a value more than 65,535.
#[must_use]
pub fn row_bytes(row: &Row) -> Vec<u8> {
    let key_length = u8::try_from(row.key.len()).expect("keys are short");
    let length = u16::try_from(row.value.len()).expect("values of a corpus are short");
    let head = [&[row.table as u8, key_length][..], &length.to_be_bytes()].concat();
    [&head[..], &row.key, &row.value].concat()
}
