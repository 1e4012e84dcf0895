//! Gives another relay what it should have and has not: when the two meet, when a third one is gone
//! and it is now among those who keep something, and now and then.
//!
//! Pages of what is here are offered, and what is wanted is handed on; so two that have the same say
//! little. Envelopes of one mailbox go in the order of their deposit.

use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::{Semaphore, oneshot};
use volly_core::{
    limits::MAX_OFFER,
    wire::{
        mailbox::{Address, EnvelopeId, Status},
        replica::{Ask, Item, decode_wanted},
    },
};

use super::{Peer, Settle, What};
use crate::{
    clock, defaults,
    mailbox::{minute, session::Service},
};

/// Offers `peer` all that it should have. `None` when it was gone before the end, or the store fails.
pub async fn sync(service: &Service, peer: &Peer) -> Option<()> {
    let window = Arc::new(Semaphore::new(defaults::REPLICA_WINDOW));
    let mut after = [0; 48];
    loop {
        let page = service.store.positions(&after, MAX_OFFER).ok()?;
        let Some(&(last, _)) = page.last() else { break };
        after = last;
        let mut mailboxes = BTreeMap::<Address, Vec<(u32, EnvelopeId)>>::new();
        for (key, position) in page {
            let (address, id) = crate::mailbox::store::rows::read_position_key(&key)?;
            mailboxes.entry(address).or_default().push((position, id));
        }
        let mut items = Vec::new();
        for (address, mut envelopes) in mailboxes {
            if service.mesh.keeps(&peer.id, &address) {
                envelopes.sort_unstable();
                items.extend(envelopes.into_iter().map(|(_, id)| Item::Envelope(address, id)));
            }
        }
        offer(service, peer, items, &window).await?;
    }
    let mut after = [0; 32];
    loop {
        let page = service.store.sequences(&after, MAX_OFFER).ok()?;
        let Some(&(last, _)) = page.last() else { break };
        after = last;
        let kept = page.into_iter().filter(|(address, _)| service.mesh.keeps(&peer.id, address));
        let items = kept.map(|(address, sequence)| Item::Record(address, sequence)).collect();
        offer(service, peer, items, &window).await?;
    }
    // All that was sent is answered when there is room for as much.
    let all = u32::try_from(defaults::REPLICA_WINDOW).ok()?;
    let _whole = window.acquire_many(all).await.ok()?;
    Some(())
}

async fn offer(
    service: &Service,
    peer: &Peer,
    items: Vec<Item>,
    window: &Arc<Semaphore>,
) -> Option<()> {
    if items.is_empty() {
        return Some(());
    }
    let (replied, reply) = oneshot::channel();
    let ask = Box::new(Ask::Offer { id: 0, items: items.clone() });
    if !peer.send(What::Ask(ask), Settle::Reply(replied)).await {
        return None;
    }
    let (Status::Done, payload) = reply.await.ok()? else { return Some(()) };
    let wanted = decode_wanted(&payload, items.len()).ok()?;
    for (item, _) in items.iter().zip(wanted).filter(|(_, wanted)| *wanted) {
        let minute = minute(clock::unix_seconds());
        let change = match item {
            Item::Envelope(address, id) => service.store.envelope_change(address, id, minute),
            Item::Record(address, _) => service.store.record_change(address, minute),
        };
        // It may be gone meanwhile.
        let Some(change) = change.ok()? else { continue };
        let room = Arc::clone(window).acquire_owned().await.ok()?;
        if !peer.send(What::HandOn(Arc::new(change)), Settle::Permit(room)).await {
            return None;
        }
    }
    Some(())
}
