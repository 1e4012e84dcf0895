//! Invites and presence, by the engine that reads them: the seals of records are its own.

use data_encoding::BASE64URL_NOPAD;
use volly_core::{
    api::{AcceptInvite, ApiError},
    engine::{effect::Effect, effect::NetAction},
};

use super::{
    fields::{Layout, each_emptied_field, each_flipped_bit, each_wrong_length},
    person::{Invite, Pair, Person},
};

type Looked = Result<String, ApiError>;

/// Looks at an invite, and gives what the relay holds, if it is asked; `confirm` would accept it.
/// What is refused stores nothing, and sends nothing.
fn look(guest: &mut Person, link: &str, record: &[u8], confirm: bool) -> Looked {
    look_at(guest, link, record, confirm).1
}

/// The same, with the address at which the relay was asked.
fn look_at(
    guest: &mut Person,
    link: &str,
    record: &[u8],
    confirm: bool,
) -> (Option<[u8; 32]>, Looked) {
    let asked = guest.ask(AcceptInvite { link: link.into(), confirm });
    if let Some(Err(error)) = asked.reply::<AcceptInvite>() {
        return (None, Err(error));
    }
    let (ticket, address) = asked.asked().unwrap();
    let done = guest.give(ticket, record);
    let reply = done.reply::<AcceptInvite>().unwrap();
    if reply.is_err() {
        assert!(done.stored_nothing());
        assert!(done.effects.iter().all(|effect| matches!(effect, Effect::Reply(..))));
    }
    (Some(address), reply.map(|(preview, _)| preview.name))
}

#[test]
fn an_invite_record_with_a_flipped_bit_is_refused_and_nothing_says_where() {
    let invite = Invite::of(&mut Person::new("Alice", 1));
    let mut guest = Person::new("Bob", 2);
    let layout = [("nonce", 24), ("record", invite.record.len() - 24 - 16), ("tag", 16)];
    let mut refused = |what: &str, record: &[u8]| {
        let looked = look(&mut guest, &invite.fragment, record, true);
        assert_eq!(looked, Err(ApiError::InviteMismatch), "{what}");
    };
    each_flipped_bit(&invite.record, &layout, &mut refused);
    each_wrong_length(&invite.record, &layout, &mut refused);
    each_emptied_field(&invite.record, &layout, &mut refused);
    assert_eq!(look(&mut guest, &invite.fragment, &invite.record, true), Ok("Alice".into()));
}

#[test]
fn the_record_of_one_invite_is_refused_for_another() {
    let (mut alice, mut mallory) = (Person::new("Alice", 1), Person::new("Mallory", 3));
    let invites = [Invite::of(&mut alice), Invite::of(&mut alice), Invite::of(&mut mallory)];
    let mut guest = Person::new("Bob", 2);
    for link in &invites {
        for record in &invites {
            let looked = look(&mut guest, &link.fragment, &record.record, false);
            let same = link.fragment == record.fragment;
            assert_eq!(looked.is_ok(), same);
            assert_eq!(looked.err(), (!same).then_some(ApiError::InviteMismatch));
        }
    }
}

/// protocol.md §11.
const LINK: &Layout =
    &[("version", 1), ("kind", 1), ("fingerprint", 32), ("secret", 32), ("expires", 4)];

/// A link is not signed: who can change it can hand out another one. It leads to what the right
/// account has signed, or nowhere; and the signed prekeys say themselves when they end.
#[test]
fn a_link_with_a_flipped_bit_leads_nowhere_or_to_the_same_invite() {
    let invite = Invite::of(&mut Person::new("Alice", 1));
    let mut guest = Person::new("Bob", 2);
    let bytes = BASE64URL_NOPAD.decode(invite.fragment.as_bytes()).unwrap();
    each_flipped_bit(&bytes, LINK, |field, flipped| {
        let link = BASE64URL_NOPAD.encode(flipped);
        let (asked, looked) = look_at(&mut guest, &link, &invite.record, false);
        let elsewhere = asked.is_some_and(|address| address != invite.address);
        assert_eq!(elsewhere, field == "secret");
        let expected = match field {
            "version" | "kind" => looked == Err(ApiError::NotAnInvite),
            "fingerprint" | "secret" => looked == Err(ApiError::InviteMismatch),
            _ => looked == Ok("Alice".into()) || looked == Err(ApiError::InviteExpired),
        };
        assert!(expected, "{field}: {looked:?}");
    });
    each_wrong_length(&bytes, LINK, |what, bytes| {
        let link = BASE64URL_NOPAD.encode(bytes);
        let looked = look(&mut guest, &link, &invite.record, false);
        assert_eq!(looked, Err(ApiError::NotAnInvite), "{what}");
    });
}

/// 94 characters hold four bits more than 70 bytes, and each character has one meaning.
#[test]
fn a_link_with_another_character_is_another_link() {
    let invite = Invite::of(&mut Person::new("Alice", 1));
    let mut guest = Person::new("Bob", 2);
    let (last, rest) = (invite.fragment.chars().next_back().unwrap(), &invite.fragment[..93]);
    for other in ('!'..='~').filter(|other| *other != last && *other != '#') {
        let link = format!("{rest}{other}");
        let looked = look(&mut guest, &link, &invite.record, false);
        let bits = BASE64URL_NOPAD.decode(link.as_bytes());
        assert_eq!(looked == Err(ApiError::NotAnInvite), bits.is_err(), "{other}: {looked:?}");
    }
    for place in (0..94).step_by(5) {
        let mut link = invite.fragment.clone();
        link.replace_range(place..=place, "=");
        let looked = look(&mut guest, &link, &invite.record, false);
        assert_eq!(looked, Err(ApiError::NotAnInvite));
    }
}

/// Lets the pause pass, and has the engine look where its contact is.
fn seek(pair: &mut Pair, mailbox: [u8; 32], record: &[u8]) -> Vec<Effect> {
    pair.alice.now.0 += 3_000;
    let asked = pair.alice.arrive(mailbox, b"a sign of life").asked();
    let done = pair.alice.give(asked.expect("the contact is looked for").0, record);
    assert!(done.stored_nothing());
    done.effects
}

#[test]
fn a_presence_record_with_a_flipped_bit_leads_nowhere() {
    let mut pair = Pair::new();
    let (mailbox, _) = pair.bob_says("Here I am.");
    pair.bob.now.0 += 3_600_000;
    let (_, address, record) = pair.bob.connect().put();
    pair.alice.now.0 += 3_000;
    let asked = pair.alice.arrive(mailbox, b"a sign of life").asked();
    assert_eq!(asked.map(|(_, address)| address), Some(address));

    let layout = [("nonce", 24), ("record", record.len() - 24 - 16), ("tag", 16)];
    let mut refused = |what: &str, record: &[u8]| {
        assert!(seek(&mut pair, mailbox, record).is_empty(), "{what}");
    };
    each_flipped_bit(&record, &layout, &mut refused);
    each_wrong_length(&record, &layout, &mut refused);
    each_emptied_field(&record, &layout, &mut refused);
    let found = seek(&mut pair, mailbox, &record);
    let reaches = |effect: &Effect| matches!(effect, Effect::Net(NetAction::ReachDirect { peer, .. }) if peer == b"a peer");
    assert!(found.iter().any(reaches));
}
