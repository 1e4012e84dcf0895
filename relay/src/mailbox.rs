//! Records and mailboxes at blinded addresses (protocol.md §10): what a change does, given the time.
//!
//! Invariant: a change is answered after its transaction, so *done* means durable. Whether the
//! asker may ask is decided before, in [`session`].
//!
//! ```text
//!  session (one a stream) ── Change ──► writer (one thread) ── one transaction for many ──► store
//!        ▲ push                            │ after the commit
//!        └──────────── switchboard ◄───────┘ "something happened at this address"
//! ```

pub mod answer;
pub mod quota;
pub mod recent;
pub mod session;
pub mod store;
pub mod switchboard;
pub mod writer;

use redb::ReadableTable;
use volly_core::{
    limits::MAILBOX_LIFETIME,
    wire::mailbox::{Address, Op, Status},
};

use self::store::{
    StoreError, Tables,
    rows::{
        EnvelopeRow, Meter, Proof, RECORD_POSITION, RecordRow, envelope_key, expiry_key,
        position_key, read_expiry_key,
    },
};
use crate::defaults;

/// Minutes for which the end of an envelope is put off at least, see [`prolong`].
const WORTH_A_WRITE: u32 = 60;

/// Something to write at an address. The right to do so has been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// PutRecord, Deposit or Acknowledge.
    pub op: Op,
    /// Minute at which what it writes ends at the latest: a relay that hands it on starts no
    /// lifetime anew.
    pub until: u32,
}

impl Change {
    /// As a client asks for it at `now`.
    #[must_use]
    pub fn of_client(op: Op, now: u64) -> Self {
        let until = match op {
            Op::PutRecord { lifetime, .. } | Op::Deposit { lifetime, .. } => expires(now, lifetime),
            _ => u32::MAX,
        };
        Self { op, until }
    }

    /// Bytes held in memory while it waits, beside its fixed part.
    #[must_use]
    pub const fn len(&self) -> usize {
        match &self.op {
            Op::PutRecord { value, .. } => value.len(),
            Op::Deposit { envelope, .. } => envelope.len(),
            _ => 0,
        }
    }

    /// Whether nothing is held.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Units of one mailbox, see [`quota::units`].
    pub mailbox_units: u16,
    /// Bytes of everything, see [`quota::charge`].
    pub total_bytes: u64,
    /// Of these what has room where nothing was before: those who are here have the rest.
    pub new_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            mailbox_units: defaults::MAILBOX_UNITS,
            total_bytes: defaults::TOTAL_BYTES,
            new_bytes: defaults::NEW_BYTES,
        }
    }
}

impl Limits {
    /// How much everything may come to after a write, where something was before or nothing.
    const fn bytes(self, known: bool) -> u64 {
        if known { self.total_bytes } else { self.new_bytes }
    }
}

/// The minute of a time in seconds; what expires in a minute is gone when it begins.
#[must_use]
pub fn minute(now: u64) -> u32 {
    u32::try_from(now / 60).unwrap_or(u32::MAX)
}

/// Rounded up, so that the store does not tell the second of a deposit.
fn expires(now: u64, lifetime: u32) -> u32 {
    let lifetime = u64::from(lifetime).min(MAILBOX_LIFETIME.as_secs());
    minute(now.saturating_add(lifetime).saturating_add(59))
}

/// Does `change` at `address`.
///
/// # Errors
/// When the database fails; the transaction must be given up then.
pub fn apply(
    tables: &mut Tables<'_>,
    address: &Address,
    change: &Change,
    limits: Limits,
    now: u64,
) -> Result<Status, StoreError> {
    let expires = |lifetime: u32| expires(now, lifetime).min(change.until);
    match &change.op {
        Op::PutRecord { keys, sequence, lifetime, value, signature } => {
            let proof = Proof { keys: *keys, lifetime: *lifetime, signature: *signature };
            let (expires, sequence) = (expires(*lifetime), *sequence);
            put_record(tables, address, RecordRow { expires, sequence, proof, value }, limits)
        }
        Op::Deposit { keys, id, lifetime, envelope, signature } => {
            let proof = Proof { keys: *keys, lifetime: *lifetime, signature: *signature };
            let expires = expires(*lifetime);
            deposit(tables, address, EnvelopeRow { expires, id, proof, envelope }, limits)
        }
        Op::Acknowledge { id, .. } => {
            let position = tables.positions.get(&position_key(address, id))?;
            let position = position.map(|row| row.value());
            if let Some(position) = position {
                delete_envelope(tables, address, position)?;
            }
            Ok(Status::Done)
        }
        Op::GetRecord { .. } | Op::Subscribe { .. } | Op::Unsubscribe { .. } => {
            Ok(Status::Malformed)
        }
    }
}

fn put_record(
    tables: &mut Tables<'_>,
    address: &Address,
    new: RecordRow<'_>,
    limits: Limits,
) -> Result<Status, StoreError> {
    let old = tables.records.get(address)?.and_then(|row| {
        let old = RecordRow::read(row.value())?;
        let stale =
            old.sequence > new.sequence || (old.sequence == new.sequence && old.value != new.value);
        Some((old.expires, quota::charge(old.value.len()), stale))
    });
    if old.is_some_and(|(_, _, stale)| stale) {
        return Ok(Status::Stale);
    }
    let freed = old.map_or(0, |(_, charge, _)| charge);
    let total = tables.total().saturating_sub(freed) + quota::charge(new.value.len());
    if total > limits.bytes(old.is_some()) {
        return Ok(Status::Full);
    }
    if let Some((expires, ..)) = old {
        tables.expiries.remove(&expiry_key(expires, address, RECORD_POSITION))?;
    }
    tables.records.insert(address, new.write().as_slice())?;
    tables.expiries.insert(&expiry_key(new.expires, address, RECORD_POSITION), ())?;
    tables.set_total(total);
    Ok(Status::Done)
}

fn deposit(
    tables: &mut Tables<'_>,
    address: &Address,
    new: EnvelopeRow<'_>,
    limits: Limits,
) -> Result<Status, StoreError> {
    let position_key = position_key(address, new.id);
    let known = tables.positions.get(&position_key)?.map(|row| row.value());
    if let Some(position) = known {
        prolong(tables, address, position, new.expires)?;
        return Ok(Status::Done);
    }
    let meter = tables.meters.get(address)?.map(|meter| Meter::read(meter.value()));
    let limit = limits.bytes(meter.is_some());
    let meter = meter.unwrap_or_default();
    let total = tables.total() + quota::charge(new.envelope.len());
    let units = meter.units.saturating_add(quota::units(new.envelope.len()));
    // The last position stands for a record among the expiries.
    if units > limits.mailbox_units || total > limit || meter.next == RECORD_POSITION {
        return Ok(Status::Full);
    }
    let position = meter.next;
    tables.envelopes.insert(&envelope_key(address, position), new.write().as_slice())?;
    tables.positions.insert(&position_key, position)?;
    tables.expiries.insert(&expiry_key(new.expires, address, position), ())?;
    tables.meters.insert(address, &Meter { next: position + 1, units }.write())?;
    tables.set_total(total);
    Ok(Status::Done)
}

/// Puts off the end of an envelope. Which relay hands it on first, and for how long, must not matter;
/// what is sent again within an hour is not worth a write.
fn prolong(
    tables: &mut Tables<'_>,
    address: &Address,
    position: u32,
    expires: u32,
) -> Result<(), StoreError> {
    let key = envelope_key(address, position);
    let row = tables.envelopes.get(&key)?.and_then(|row| {
        let old = EnvelopeRow::read(row.value())?;
        let later = expires > old.expires.saturating_add(WORTH_A_WRITE);
        later.then(|| (old.expires, EnvelopeRow { expires, ..old }.write()))
    });
    if let Some((before, row)) = row {
        tables.expiries.remove(&expiry_key(before, address, position))?;
        tables.expiries.insert(&expiry_key(expires, address, position), ())?;
        tables.envelopes.insert(&key, row.as_slice())?;
    }
    Ok(())
}

/// Removes an envelope from every table. The meter goes with the last one.
fn delete_envelope(
    tables: &mut Tables<'_>,
    address: &Address,
    position: u32,
) -> Result<(), StoreError> {
    let Some(row) = tables.envelopes.remove(&envelope_key(address, position))? else {
        return Ok(());
    };
    let Some(old) = EnvelopeRow::read(row.value()) else { return Ok(()) };
    let bytes = old.envelope.len();
    tables.positions.remove(&position_key(address, old.id))?;
    tables.expiries.remove(&expiry_key(old.expires, address, position))?;
    drop(row);
    let mut meter =
        tables.meters.get(address)?.map_or_else(Meter::default, |m| Meter::read(m.value()));
    meter.units = meter.units.saturating_sub(quota::units(bytes));
    if meter.units == 0 {
        tables.meters.remove(address)?;
    } else {
        tables.meters.insert(address, &meter.write())?;
    }
    let total = tables.total().saturating_sub(quota::charge(bytes));
    tables.set_total(total);
    Ok(())
}

fn delete_record(tables: &mut Tables<'_>, address: &Address) -> Result<(), StoreError> {
    let Some(row) = tables.records.remove(address)? else { return Ok(()) };
    let bytes = RecordRow::read(row.value()).map_or(0, |old| old.value.len());
    drop(row);
    let total = tables.total().saturating_sub(quota::charge(bytes));
    tables.set_total(total);
    Ok(())
}

/// Removes what has expired, at most `at_most` rows; answers how many.
///
/// # Errors
/// When the database fails; the transaction must be given up then.
pub fn expire(tables: &mut Tables<'_>, now: u64, at_most: usize) -> Result<usize, StoreError> {
    let end = expiry_key(minute(now), &[0xFF; 32], u32::MAX);
    let mut due = Vec::new();
    for row in tables.expiries.range::<&[u8; 40]>(..=&end)?.take(at_most) {
        due.push(*row?.0.value());
    }
    for key in &due {
        tables.expiries.remove(key)?;
        match read_expiry_key(key) {
            Some((_, address, RECORD_POSITION)) => delete_record(tables, &address)?,
            Some((_, address, position)) => delete_envelope(tables, &address, position)?,
            None => {}
        }
    }
    Ok(due.len())
}

#[cfg(test)]
mod tests;
