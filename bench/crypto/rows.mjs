// What is timed: Volly's operations through its wasm, and the same by others.
import Olm from '@matrix-org/olm';
import { ed25519, x25519 } from '@noble/curves/ed25519.js';
import { ml_dsa65 } from '@noble/post-quantum/ml-dsa.js';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import { MlKem768 } from 'mlkem';
import { webAgreement, webKem, webSignature } from './web-crypto.mjs';

/** @typedef {import('./measure.mjs').Operate} Operate */
/**
 * @typedef {object} Row
 * @property {string} name
 * @property {Record<string, Operate | null>} subjects
 * @property {Operate} [less] what of Volly's operation is not counted
 * @property {string} [peer] whom Volly is compared with
 * @property {number} [least] how many times as fast as the peer Volly has to be
 * @property {number} [most] microseconds that Volly may take
 */

const MESSAGE = new Uint8Array(256).fill(0xa5);

/** An envelope of the smallest class carries no keys. */
const SMALLEST = 512;

/** @param {() => unknown} once @returns {Operate} */
const often = (once) => (count) => {
  for (let index = 0; index < count; index += 1) once();
};

/** @param {() => Promise<unknown>} once @returns {Operate} */
const inTurn = (once) => async (count) => {
  for (let index = 0; index < count; index += 1) await once();
};

/** @returns {Promise<Row[]>} */
async function kem(volly) {
  const ours = new volly.Kem();
  const [theirs, mlkem, web] = [ml_kem768.keygen(), new MlKem768(), await webKem()];
  const { cipherText } = ml_kem768.encapsulate(theirs.publicKey);
  const [mlkemPublic, mlkemSecret] = await mlkem.generateKeyPair();
  const [mlkemCiphertext] = await mlkem.encap(mlkemPublic);
  const row = (name, subjects) => ({ name: `ML-KEM-768, ${name}`, subjects, peer: 'noble', least: 3 });
  return [
    row('keys', {
      Volly: (count) => ours.generate(count),
      noble: often(() => ml_kem768.keygen()),
      mlkem: inTurn(() => mlkem.generateKeyPair()),
      WebCrypto: web && inTurn(web.generate),
    }),
    row('encapsulate', {
      Volly: (count) => ours.encapsulate(count),
      noble: often(() => ml_kem768.encapsulate(theirs.publicKey)),
      mlkem: inTurn(() => mlkem.encap(mlkemPublic)),
      WebCrypto: web && inTurn(web.encapsulate),
    }),
    row('decapsulate', {
      Volly: (count) => ours.decapsulate(count),
      noble: often(() => ml_kem768.decapsulate(cipherText, theirs.secretKey)),
      mlkem: inTurn(() => mlkem.decap(mlkemCiphertext, mlkemSecret)),
      WebCrypto: web && inTurn(web.decapsulate),
    }),
  ];
}

/** Both signatures, as Volly makes them. @returns {Promise<Row[]>} */
async function signature(volly) {
  const [ours, web] = [new volly.HybridSignature(), await webSignature(MESSAGE)];
  const generate = () => [ed25519.keygen(), ml_dsa65.keygen()];
  const [classical, lattice] = generate();
  const sign = () => [ed25519.sign(MESSAGE, classical.secretKey), ml_dsa65.sign(MESSAGE, lattice.secretKey)];
  const [first, second] = sign();
  const row = (name, subjects) => ({ name: `Ed25519 and ML-DSA-65, ${name}`, subjects, peer: 'noble' });
  return [
    row('keys', { Volly: (count) => ours.generate(count), noble: often(generate), WebCrypto: web && inTurn(web.generate) }),
    row('sign', { Volly: (count) => ours.sign(count), noble: often(sign), WebCrypto: web && inTurn(web.sign) }),
    row('verify', {
      Volly: (count) => ours.verify(count),
      noble: often(() => ed25519.verify(first, MESSAGE, classical.publicKey) && ml_dsa65.verify(second, MESSAGE, lattice.publicKey)),
      WebCrypto: web && inTurn(web.verify),
    }),
  ];
}

/** @returns {Promise<Row[]>} */
async function agreement(volly) {
  const [ours, web] = [new volly.Agreement(), await webAgreement()];
  const [secret, theirs] = [x25519.keygen().secretKey, x25519.keygen().publicKey];
  const subjects = {
    Volly: (count) => ours.agree(count),
    noble: often(() => x25519.getSharedSecret(secret, theirs)),
    WebCrypto: web && inTurn(web.agree),
  };
  return [{ name: 'X25519', subjects, peer: 'noble' }];
}

/** Two who can begin sessions of libolm: classical, as it has no other. @returns {() => any[]} the ends of a new one */
function olmPair() {
  const [alice, bob] = [new Olm.Account(), new Olm.Account()];
  for (const account of [alice, bob]) account.create();
  bob.generate_one_time_keys(1);
  const identity = JSON.parse(bob.identity_keys()).curve25519;
  const [oneTime] = Object.values(JSON.parse(bob.one_time_keys()).curve25519);
  return () => {
    const [guest, inviter] = [new Olm.Session(), new Olm.Session()];
    guest.create_outbound(alice, identity, oneTime);
    const { type, body } = guest.encrypt('hello');
    inviter.create_inbound(bob, body);
    inviter.decrypt(type, body);
    return [guest, inviter];
  };
}

/** @param {any[]} ends @param {number} bytes @returns {{ say: (from: number) => void }} */
function olmTalk(ends, bytes) {
  const text = 'a'.repeat(bytes);
  const say = (from) => {
    const { type, body } = ends[from].encrypt(text);
    ends[1 - from].decrypt(type, body);
  };
  return { say };
}

/** @param {any[]} ends @param {number} bytes */
function ourTalk(ends, bytes) {
  const content = new Uint8Array(bytes).fill(0xa5);
  let now = 0;
  const say = (from) => {
    const envelope = ends[from].seal(content, now);
    ends[1 - from].open(envelope, now);
    return envelope.length;
  };
  return { say, wait: (seconds) => { now += seconds; } };
}

/** Both have answered, so that the guest goes on in its chain, and no keys are under way. */
function settled(talk) {
  for (const from of [1, 0, 1]) talk.say(from);
  return talk;
}

/** @returns {Row[]} */
function messages(volly, pair, meet) {
  const chain = (bytes) => ({
    Volly: ((talk) => often(() => talk.say(0)))(settled(ourTalk(pair.meet(), bytes))),
    libolm: ((talk) => often(() => talk.say(0)))(settled(olmTalk(meet(), bytes))),
  });
  const alternate = (talk) => {
    let from = 1;
    return often(() => {
      talk(from);
      from = 1 - from;
    });
  };
  const [ours, theirs] = [settled(ourTalk(pair.meet(), MESSAGE.length)), settled(olmTalk(meet(), MESSAGE.length))];
  const step = (from) => {
    ours.wait(volly.seconds_to_a_step());
    if (ours.say(from) === SMALLEST) throw new Error('a message that was to carry a step carries none');
  };
  return [
    { name: '256 B sealed and opened, one chain', subjects: chain(256), peer: 'libolm', most: 12 },
    { name: '1 KB sealed and opened, one chain', subjects: chain(1024), peer: 'libolm', most: 100 },
    { name: '256 B in turn, a hybrid step each', subjects: { Volly: alternate(step), libolm: alternate(theirs.say) }, peer: 'libolm', least: 1 },
  ];
}

/** @param {any} volly @returns {Promise<Row[]>} */
export async function rows(volly) {
  await Olm.init({ locateFile: globalThis.document && ((name) => `/node_modules/@matrix-org/olm/${name}`) });
  const [pair, meet] = [new volly.Pair(), olmPair()];
  const handshake = {
    name: 'handshake, both sides',
    subjects: { Volly: (count) => pair.handshakes(count), libolm: often(() => meet().forEach((end) => end.free())) },
    less: (count) => pair.certificates(count),
    peer: 'libolm',
    most: 3000,
  };
  return [
    ...(await kem(volly)),
    ...(await signature(volly)),
    ...(await agreement(volly)),
    handshake,
    { name: 'check of a certificate, once for each contact', subjects: { Volly: (count) => pair.certificates(count) } },
    { name: 'prekeys made, signed and checked', subjects: { Volly: (count) => pair.bundles(count) } },
    ...messages(volly, pair, meet),
  ];
}
