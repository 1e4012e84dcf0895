//! The engine as it was when it last committed.

use alloc::{
    collections::{BTreeMap, VecDeque},
    string::String,
    vec::Vec,
};

use zeroize::Zeroizing;

use super::{
    Engine,
    account::Account,
    contacts::Contact,
    effect::{Row, Table},
    expiries::Expiries,
    files::Files,
    input::{RelayStatus, Timestamp},
    invitations::Invite,
    mailboxes::Mailboxes,
    outbox::Outbox,
    rows::{
        ContactRow, EPOCH_KEY, InviteRow, LoadError, OutboxRow, RESTORED_KEY, decode, leading_id,
        message_id,
    },
};
use crate::{
    api::{ContactId, FileId, InviteId},
    session::SessionRecord,
};

impl Engine {
    /// Builds the engine from every row of every table that [`Table::is_loaded`], in any order.
    ///
    /// # Errors
    ///
    /// [`LoadError::Newer`] and [`LoadError::Damaged`]. Nothing is changed then, and nothing may be
    /// written over.
    pub fn load(rows: Vec<Row>, now: Timestamp) -> Result<Self, LoadError> {
        let mut engine = Self::empty();
        let mut contacts: Vec<(ContactId, ContactRow)> = Vec::new();
        let mut sessions: BTreeMap<ContactId, SessionRecord> = BTreeMap::new();
        let mut drafts: BTreeMap<ContactId, String> = BTreeMap::new();
        for row in rows {
            let damaged = LoadError::Damaged(row.table);
            let id = || leading_id(&row.key).ok_or(damaged);
            match row.table {
                Table::Account if row.key == RESTORED_KEY => engine.restored = true,
                Table::Account if row.key == EPOCH_KEY => {}
                Table::Account => {
                    engine.account = Some(Account::from_row(&decode(&row)?).ok_or(damaged)?);
                }
                Table::Contacts => contacts.push((ContactId(id()?.0), decode(&row)?)),
                Table::Sessions => {
                    let bytes: Zeroizing<Vec<u8>> = Zeroizing::new(decode(&row)?);
                    let session = SessionRecord::decode(&bytes).map_err(|_| damaged)?;
                    sessions.insert(ContactId(id()?.0), session);
                }
                Table::Outbox => {
                    let (contact, order) = id()?;
                    let order = order.try_into().map_err(|_| damaged)?;
                    let entry: OutboxRow = decode(&row)?;
                    engine.outbox.load(ContactId(contact), u64::from_be_bytes(order), entry);
                }
                Table::Invites => {
                    let invite: InviteRow = decode(&row)?;
                    let expired = invite.expires_at <= now.0;
                    engine.invites.insert(InviteId(id()?.0), Invite { row: invite, expired });
                }
                Table::Drafts => {
                    drafts.insert(ContactId(id()?.0), decode(&row)?);
                }
                Table::Expiries => {
                    let message = message_id(&row.key).ok_or(damaged)?;
                    engine.expiries.load(ContactId(id()?.0), message, decode(&row)?);
                }
                Table::Files => {
                    let (contact, file) = id()?;
                    let file = file.try_into().map_err(|_| damaged)?;
                    let file = FileId(u64::from_be_bytes(file));
                    engine.files.load(ContactId(contact), file, decode(&row)?);
                }
                Table::Messages | Table::Chunks => {}
            }
        }
        engine.reunite_at = (contacts.len() > sessions.len()).then_some(now);
        for (id, row) in contacts {
            let due = row.receipt_due;
            // Without a session there was a backup, and the contact has not answered yet.
            let mut contact = Contact::new(row, sessions.remove(&id));
            contact.draft = drafts.remove(&id).unwrap_or_default();
            contact.receipt_at = due.then_some(now);
            engine.contacts.insert(id, contact);
        }
        engine.drop_unsent_files();
        Ok(engine)
    }

    fn empty() -> Self {
        Self {
            account: None,
            restored: false,
            reunite_at: None,
            contacts: BTreeMap::new(),
            invites: BTreeMap::new(),
            outbox: Outbox::default(),
            mailboxes: Mailboxes::default(),
            visits: Vec::new(),
            expiries: Expiries::default(),
            corpus: None,
            files: Files::default(),
            reading: None,
            waiting: VecDeque::new(),
            tickets: BTreeMap::new(),
            relay: RelayStatus::Offline,
            effects: VecDeque::new(),
            next_commit: 0,
            next_ticket: 0,
            events: 0,
        }
    }
}
