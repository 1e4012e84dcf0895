// The host's own cryptography, for what it has: null for the rest.
const { subtle } = globalThis.crypto;

/** @template T @param {() => Promise<T>} make @returns {Promise<T | null>} */
const ifThere = (make) => make().catch(() => null);

export const webKem = () => ifThere(async () => {
  const generate = () => subtle.generateKey('ML-KEM-768', false, ['encapsulateBits', 'decapsulateBits']);
  const { publicKey, privateKey } = await generate();
  const encapsulate = () => subtle.encapsulateBits('ML-KEM-768', publicKey);
  const { ciphertext } = await encapsulate();
  return { generate, encapsulate, decapsulate: () => subtle.decapsulateBits('ML-KEM-768', privateKey, ciphertext) };
});

/** @param {Uint8Array} message */
export const webSignature = (message) => ifThere(async () => {
  const names = ['Ed25519', 'ML-DSA-65'];
  const generate = () => Promise.all(names.map((name) => subtle.generateKey(name, false, ['sign', 'verify'])));
  const keys = await generate();
  const sign = () => Promise.all(names.map((name, index) => subtle.sign(name, keys[index].privateKey, message)));
  const signatures = await sign();
  const verify = () => Promise.all(names.map((name, index) => subtle.verify(name, keys[index].publicKey, signatures[index], message)));
  return { generate, sign, verify };
});

export const webAgreement = () => ifThere(async () => {
  const generate = () => subtle.generateKey('X25519', false, ['deriveBits']);
  const [{ privateKey }, { publicKey }] = [await generate(), await generate()];
  return { agree: () => subtle.deriveBits({ name: 'X25519', public: publicKey }, privateKey, 256) };
});
