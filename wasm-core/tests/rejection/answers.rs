//! What a relay, a contact or a stranger sees when they send something that is not genuine: the same,
//! whatever is wrong with it.
//!
//! Not seen here: time. A forgery that has the header key of a chain is refused after one more
//! decryption than one that has not.

use volly_core::engine::{
    effect::{Effect, NetAction},
    input::{Input, NetEvent},
};

use super::person::{Done, Invite, Pair, Person, guest};

/// One bit flipped at places of each field, cut, longer, and what never was a message.
fn forgeries(genuine: &[u8]) -> Vec<Vec<u8>> {
    let mut forgeries = vec![Vec::new(), vec![0], vec![0; genuine.len()], vec![0xFF; 65_536]];
    for at in (0..genuine.len()).step_by(genuine.len() / 64).chain([genuine.len() - 1]) {
        let mut flipped = genuine.to_vec();
        flipped[at] ^= 1;
        forgeries.extend([flipped, genuine[..at].to_vec()]);
    }
    forgeries.push([genuine, &[0]].concat());
    forgeries
}

/// What leaves the engine, word for word.
fn seen(done: &Done) -> String {
    assert!(done.stored_nothing());
    format!("{:?}", done.effects)
}

/// Nothing but the acknowledgement.
fn assert_acknowledged(done: &Done) {
    let [Effect::Net(NetAction::Acknowledge { .. })] = &done.effects[..] else {
        panic!("{} effects", done.effects.len());
    };
    assert!(done.stored_nothing());
}

#[test]
fn a_forged_envelope_is_acknowledged_and_no_more() {
    let mut pair = Pair::new();
    let (_, own) = pair.alice_says("To Bob.");
    let (mailbox, opened) = pair.bob_says("Before.");
    assert!(!pair.alice.arrive(mailbox, &opened).stored_nothing());
    let (_, genuine) = pair.bob_says("Now.");
    // The first sign of life has the contact looked for; it may be anything.
    pair.alice.arrive(mailbox, b"anything");
    for forgery in forgeries(&genuine).into_iter().chain([own]).chain(forgeries(&opened)) {
        assert_acknowledged(&pair.alice.arrive(mailbox, &forgery));
    }
    assert_acknowledged(&pair.alice.arrive(mailbox, &opened));
    let done = pair.alice.arrive(mailbox, &genuine);
    assert!(!done.stored_nothing());
    assert_acknowledged(&pair.alice.arrive(mailbox, &genuine));
}

#[test]
fn a_forged_envelope_on_a_direct_stream_is_not_answered() {
    let mut pair = Pair::new();
    let (_, genuine) = pair.bob_says("Now.");
    let contact = pair.alices;
    let mut arrive = |envelope: &[u8]| {
        pair.alice.tell(Input::Net(NetEvent::DirectArrived(contact, envelope.to_vec())))
    };
    for forgery in forgeries(&genuine) {
        assert_eq!(seen(&arrive(&forgery)), "[]");
    }
    assert!(!arrive(&genuine).stored_nothing());
    assert_eq!(seen(&arrive(&genuine)), "[]");
}

#[test]
fn a_forged_answer_to_an_invite_is_acknowledged_and_leaves_the_invite_open() {
    let (mut alice, mut bob, mut carol) =
        (Person::new("Alice", 1), Person::new("Bob", 2), Person::new("Carol", 3));
    let [invite, other] = [Invite::of(&mut alice), Invite::of(&mut alice)];
    let (_, mailbox, genuine) = guest(&mut bob, &invite);
    let (_, _, for_the_other) = guest(&mut carol, &other);
    let first = alice.arrive(mailbox, &[]);
    let expected = seen(&first);
    assert_acknowledged(&first);
    for forgery in forgeries(&genuine).into_iter().chain([for_the_other]) {
        assert_eq!(seen(&alice.arrive(mailbox, &forgery)), expected);
    }
    let accepted = alice.arrive(mailbox, &genuine);
    assert!(!accepted.stored_nothing());
    // The mailbox is still listened at: the prekeys are gone, and nothing opens there any more.
    let again = alice.arrive(mailbox, &genuine);
    assert!(again.stored_nothing());
}
