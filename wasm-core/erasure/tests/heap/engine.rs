//! The engine, which hands what it knows to the store in rows, and takes it back at the next start.

use std::collections::BTreeMap;

use volly_core::{
    api::{CallId, CreateInvite, Request, Start},
    crypto::secret::Secret,
    engine::{
        Engine,
        effect::{Effect, Row, Table},
        input::{Input, Timestamp},
    },
    store::at_rest::TableKeys,
};
use volly_erasure::picture;

use super::{secrets::Secrets, tape::Tape};

const SEED: u64 = 11;
const NOW: Timestamp = Timestamp(1_800_000_000_000);

/// Begins, makes an invite, and begins again from what was stored; returns what is stored.
fn life(rng: &mut Tape) -> Vec<Row> {
    let mut engine = Engine::load(Vec::new(), NOW).unwrap();
    let mut rows = BTreeMap::new();
    for call in [Request::from(Start { name: "Alice".into() }), CreateInvite {}.into()] {
        engine.handle(Input::Call(CallId(1), call), NOW, rng);
        while let Some(effect) = engine.poll_effect() {
            let Effect::Commit { id, changes, .. } = effect else { continue };
            rows.extend(changes.puts.into_iter().map(|row| ((row.table, row.key), row.value)));
            engine.handle(Input::Committed(id), NOW, rng);
        }
    }
    let row = |((table, key), value)| Row { table, key, value };
    let rows: Vec<Row> = rows.into_iter().map(row).collect();
    drop(Engine::load(rows.clone(), NOW).unwrap());
    rows
}

fn drawn() -> Secrets {
    let mut tape = Tape::recording(SEED);
    drop(life(&mut tape));
    let names = ["account seed", "X25519 identity key", "ML-KEM identity seed", "invite secret"]
        .into_iter()
        .chain(["SPK", "OPK", "PQOPK"]);
    let drawn: Vec<_> = names.zip(tape.secrets).collect();
    assert_eq!(drawn.len(), 7);
    drawn
}

#[test]
fn an_engine_that_was_dropped_leaves_nothing() {
    let ((), dropped) = picture(|| drop(life(&mut Tape::silent(SEED))));
    assert!(dropped.traces(&drawn()).is_empty(), "{:?}", dropped.traces(&drawn()));
}

#[test]
fn a_row_that_was_opened_and_dropped_leaves_nothing() {
    let keys = TableKeys::derive(&Secret::new([7; 32]));
    let value: Vec<u8> = (0..100).collect();
    let row = Row { table: Table::Sessions, key: vec![1], value: value.into() };
    let sealed = keys.seal(&row, &mut Tape::silent(SEED));
    let ((), opened) = picture(|| drop(keys.open(Table::Sessions, vec![1], &sealed).unwrap()));
    assert!(opened.traces(&[("value", row.value.to_vec())]).is_empty());
}

/// The seal encrypts in place, in a buffer that does not grow.
#[test]
fn a_row_that_was_sealed_leaves_nothing() {
    let keys = TableKeys::derive(&Secret::new([7; 32]));
    let row = Row { table: Table::Sessions, key: vec![1], value: Vec::from_iter(0..100).into() };
    let (_, sealed) = picture(|| keys.seal(&row, &mut Tape::silent(SEED)));
    assert!(sealed.traces(&[("value", row.value.to_vec())]).is_empty());
}
