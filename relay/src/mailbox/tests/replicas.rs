//! What goes from one relay to another.

use volly_core::wire::replica::Item;

use super::*;

#[test]
fn what_another_relay_hands_on_ends_when_the_first_copy_does() {
    let mut relay = Relay::new();
    let change = Change::of_client(deposit([1; 16], 10 * HOUR, vec![1; 512]), NOW);
    relay.now += 9 * u64::from(HOUR);
    assert_eq!(relay.change(HERE, &change), Status::Done);
    relay.now += u64::from(HOUR) + 60;
    assert_eq!(relay.ids(HERE), [] as [u8; 0]);
}

#[test]
fn a_copy_that_would_end_too_early_is_prolonged_by_the_next() {
    let mut relay = Relay::new();
    let op = deposit([1; 16], 10 * HOUR, vec![1; 512]);
    relay.change(HERE, &Change { op: op.clone(), until: minute(NOW) + 1 });
    assert_eq!(relay.apply(HERE, op), Status::Done);
    relay.now += 9 * u64::from(HOUR);
    assert_eq!((relay.ids(HERE), relay.expire()), (vec![1], 0));
    relay.now += u64::from(HOUR) + 60;
    assert_eq!((relay.expire(), relay.total()), (1, 0));
    assert_eq!(relay.store.rows().unwrap(), []);
}

#[test]
fn what_is_handed_on_is_what_the_client_has_signed() {
    let relay = Relay::new();
    let keys = AddressKeys::derive(&Secret::new([1; 32]), Purpose::Mailbox, Direction::Back, 1);
    let (address, now) = (keys.address(), minute(NOW));
    let deposited = Change::of_client(Op::deposit(&keys, [1; 16], HOUR, vec![2; 512]), NOW);
    let put = Change::of_client(Op::put_record(&keys, 7, HOUR, vec![3; 9]), NOW);
    for change in [&deposited, &put] {
        assert_eq!(relay.change(address, change), Status::Done);
    }
    let read = relay.store.envelope_change(&address, &[1; 16], now).unwrap();
    assert_eq!(read, Some(deposited));
    assert_eq!(relay.store.record_change(&address, now).unwrap(), Some(put));
    assert_eq!(relay.store.envelope_change(&address, &[2; 16], now).unwrap(), None);
    assert_eq!(relay.store.record_change(&address, now + 61).unwrap(), None, "it has expired");
}

#[test]
fn what_is_missing_is_told_from_what_is_there() {
    let relay = Relay::new();
    relay.deposit(HERE, 1, 512);
    relay.put(HERE, 5, b"five");
    let items = [
        Item::Envelope(HERE, [1; 16]),
        Item::Envelope(HERE, [2; 16]),
        Item::Envelope(THERE, [1; 16]),
        Item::Record(HERE, 5),
        Item::Record(HERE, 6),
        Item::Record(THERE, 5),
    ];
    let missing = relay.store.missing(&items, minute(NOW)).unwrap();
    assert_eq!(missing, [false, true, true, false, true, true]);
    let positions = relay.store.positions(&[0; 48], 9).unwrap();
    assert_eq!(positions.len(), 1);
    assert_eq!(relay.store.positions(&positions[0].0, 9).unwrap(), []);
    assert_eq!(relay.store.sequences(&[0; 32], 9).unwrap(), [(HERE, 5)]);
}
