// Volly's node in a page. It does what ./js.mjs does.
import { random, same, soon } from './common.mjs';

export class VollyParty {
  #node;

  /** @param {any} node */
  constructor(node) {
    this.#node = node;
  }

  /** @param {string} module what wasm-bindgen made */
  static async start(module) {
    const { default: init, Node } = await import(module);
    await init();
    return new this(new Node());
  }

  get peer() {
    return this.#node.peer;
  }

  dial = (address) => this.#node.dial(address);
  reserve = (address) => this.#node.reserve(address);
  /** A connection of its own, to a party that is reached through a relay. @param {string} peer */
  offer = (peer) => this.#node.offer(peer);
  close = (peer) => this.#node.close(peer);
  echo = (name) => this.#node.echo(name);
  count = (name) => this.#node.count(name);
  roundTrips = async (peer, name, count, size) => [...await this.#node.round_trips(peer, name, count, size)];
  push = (peer, name, bytes) => this.#node.push(peer, name, bytes);

  /** It asks by itself. @param {string} peer */
  ping = (peer) => soon(() => this.known(peer).pings.at(-1), 'a ping is answered');

  /** @param {string} peer */
  known(peer) {
    const { connections, agent, protocols, pings, unanswered } = this.#node.known(peer);
    return { connections, agent, protocols, pings: [...pings], unanswered };
  }

  async repeats(peer, direct, name, size) {
    const bytes = random(size);
    return same(await this.#node.ask(peer, direct, name, bytes), bytes);
  }
}
