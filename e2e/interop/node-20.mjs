// What js-libp2p takes from Node 22, where there is an older one.
import { WebSocket } from 'ws';

globalThis.WebSocket ??= WebSocket;

Promise.withResolvers ??= function withResolvers() {
  const resolvers = {};
  resolvers.promise = new Promise((resolve, reject) => Object.assign(resolvers, { resolve, reject }));
  return resolvers;
};
