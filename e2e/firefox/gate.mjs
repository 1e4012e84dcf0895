// Between the browsers and the relay: lets requests through, and no WebSocket, as some networks do.
import { once } from 'node:events';
import { createServer, request } from 'node:http';

/** @param {string} url of the relay @returns {Promise<{ url: string, refused: number, close: () => void }>} */
export async function withoutUpgrades(url) {
  const { hostname, port } = new URL(url);
  const gate = { url: '', refused: 0, close: () => server.close() };
  const server = createServer((incoming, outgoing) => {
    // The host stays as it is: the relay tells the page that it is where the page came from.
    const { method, url: path, headers } = incoming;
    const onward = request({ hostname, port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  server.on('upgrade', (_, socket) => {
    gate.refused += 1;
    socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  gate.url = `http://127.0.0.1:${server.address().port}`;
  return gate;
}
