// Two people behind address translators find each other with the relay's STUN responder alone, or stay with the relay.
import assert from 'node:assert/strict';
import { candidates, expectDirect, observed, selected, states } from '../fixtures/connections.mjs';
import { expectSoon } from '../fixtures/expect.mjs';
import { pair, talk } from '../fixtures/pair.mjs';
import { scenario } from '../fixtures/scenario.mjs';
import { STUN, networks, outsideOf } from './network.mjs';

/** A negotiation is given up after 20 s. */
const GIVEN_UP_MS = 45_000;

/**
 * Each has asked the relay for the address under which it is seen, and heard the right one. Who is connected before the answer is
 * there looks no further, so not everybody has to have one: one of the two always does.
 * @param {import('../fixtures/user.mjs').User[]} people @param {import('../fixtures/scenario.mjs').Surroundings} around @param {number} atLeast so many
 */
async function expectMapped(people, { ends }, atLeast) {
  let mapped = 0;
  for (const [index, person] of people.entries()) {
    const reflexive = (await candidates(person)).filter((line) => line.includes(' typ srflx'));
    for (const line of reflexive) assert.equal(line.split(' ')[4], outsideOf(index), line);
    assert.ok(ends(index).includes(`Udp ${STUN}`), `${person.name} has asked the relay: ${ends(index)}`);
    mapped += reflexive.length > 0 ? 1 : 0;
  }
  assert.ok(mapped >= atLeast, `${mapped} have a server-reflexive candidate`);
}

for (const [one, other] of [
  ['full-cone', 'full-cone'],
  ['port-restricted', 'port-restricted'],
  ['full-cone', 'symmetric'],
]) {
  scenario(`${one} and ${other}: direct`, async (world) => {
    const people = await pair(observed(world));
    const both = [people.alice, people.bob];
    const started = performance.now();
    await expectDirect(both);
    world.report(`direct ${((performance.now() - started) / 1000).toFixed(1)} s after the first message`);
    await expectMapped(both, world.around, 1);
    for (const person of both) {
      const types = await selected(person);
      world.report(`${person.name}: ${types.join(' to ')}`);
      for (const type of types) assert.match(type, /^[sp]rflx$/, 'the path goes through the translators');
    }
    both.forEach((person) => (person.networkMayFail = true));
    const known = ['Hello Alice'];
    await talk(people, known, 'Direct');
    await world.relay.kill();
    await Promise.all(both.map(({ app }) => app.expectChip('Offline')));
    await talk(people, known, 'Without a relay');
  }, { surroundings: () => networks([one, other]) });
}

for (const [one, other] of [
  ['port-restricted', 'symmetric'],
  ['symmetric', 'symmetric'],
]) {
  scenario(`${one} and ${other}: through the relay`, async (world) => {
    const people = await pair(observed(world));
    const both = [people.alice, people.bob];
    const known = ['Hello Alice'];
    await talk(people, known, 'While they try');
    const tried = async () => (await Promise.all(both.map(states))).every((seen) => seen[0] === 'closed');
    await expectSoon(tried, 'the first negotiation is given up', GIVEN_UP_MS);
    await expectMapped(both, world.around, 2);
    assert.equal((await Promise.all(both.map(states))).flat().includes('connected'), false);
    await talk(people, known, 'Relayed');
    await people.alice.app.expectState('Relayed from Alice', /Delivered|Read/);
  }, { surroundings: () => networks([one, other]) });
}

scenario('who goes through the relay only asks nobody for an address', async (world) => {
  const { user, around } = observed(world);
  const [alice, bob] = [await user('Alice'), await user('Bob')];
  await alice.app.visit();
  await alice.app.start('Alice');
  await alice.app.toggleRelayOnly();
  await bob.app.accept(await alice.app.invite(), 'Bob');
  const known = ['Hello Alice'];
  await bob.app.send(known[0]);
  await alice.app.openChat('Bob');
  await talk({ alice, bob }, known, 'Relayed');
  await Promise.all([alice, bob].map(({ app }) => app.reload()));
  await Promise.all([alice.app.openChat('Bob'), bob.app.openChat('Alice')]);
  await talk({ alice, bob }, known, 'Still relayed');
  const told = [STUN, outsideOf(1)].flatMap((end) => around.ends(0).filter((line) => line.startsWith(`Udp ${end}`)));
  assert.deepEqual(told, [], 'no datagram has left');
  assert.deepEqual(await states(alice), []);
}, { surroundings: () => networks(['full-cone', 'full-cone']) });
