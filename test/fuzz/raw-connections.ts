import { connect } from 'node:net';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../chaos/random.ts';
import type { Tally } from './tally.ts';

interface RawAttack {
  readonly url: string;
  readonly key: string;
  readonly connections: number;
  readonly random: Random;
  readonly tally: Tally;
  readonly signal: AbortSignal;
}

type Opening = (attack: RawAttack) => string | Buffer;

const host = ({ url }: RawAttack): string => `Host: ${new URL(url).host}\r\n`;
const bearer = ({ key }: RawAttack): string => `Authorization: Bearer ${key}\r\n`;
const upgrade = (attack: RawAttack, more: string): string =>
  `GET /ws HTTP/1.1\r\n${host(attack)}Upgrade: websocket\r\nConnection: Upgrade\r\n${more}\r\n`;
const upgraded = (attack: RawAttack, frame: Buffer): Buffer => {
  const proper =
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: mcp\r\n';
  return Buffer.concat([Buffer.from(upgrade(attack, proper + bearer(attack))), frame]);
};
const post = (attack: RawAttack, more: string): string =>
  `POST /mcp HTTP/1.1\r\n${host(attack)}${bearer(attack)}Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n${more}`;

const openings: Readonly<Record<string, Opening>> = {
  nothing: () => '',
  bytes: ({ random }) => randomBytes(random.between(1, 2_000)),
  'half a request line': () => 'POST /mc',
  'trickled headers': (attack) => `GET /mcp HTTP/1.1\r\n${host(attack)}X-Slow: `,
  'no host': () => 'GET /mcp HTTP/1.1\r\n\r\n',
  'another host': () => 'GET /mcp HTTP/1.1\r\nHost: evil.example\r\n\r\n',
  'another protocol': () => Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]),
  'large headers': (attack) => `GET /mcp HTTP/1.1\r\n${host(attack)}X: ${'y'.repeat(40_000)}\r\n\r\n`,
  'many headers': (attack) => `GET /mcp HTTP/1.1\r\n${host(attack)}${'A: b\r\n'.repeat(3_000)}\r\n`,
  'two lengths': (attack) => post(attack, 'Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd'),
  'length and chunks': (attack) =>
    post(attack, 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n'),
  'broken chunks': (attack) => post(attack, 'Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n'),
  'endless chunk': (attack) => post(attack, 'Transfer-Encoding: chunked\r\n\r\nffffffffff\r\nabc'),
  'half a body': (attack) => post(attack, 'Content-Length: 5000\r\n\r\n{"jsonrpc":"2.0",'),
  'huge length': (attack) => post(attack, 'Content-Length: 99999999999\r\n\r\n{}'),
  'upgrade without a key': (attack) => upgrade(attack, 'Sec-WebSocket-Version: 13\r\n'),
  'upgrade to an older version': (attack) =>
    upgrade(
      attack,
      `Sec-WebSocket-Version: 7\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Protocol: mcp\r\n${bearer(attack)}`,
    ),
  'reserved bits': (attack) => upgraded(attack, Buffer.from([0xf1, 0x80, 0, 0, 0, 0])),
  'unmasked frame': (attack) => upgraded(attack, Buffer.from([0x81, 0x02, 0x68, 0x69])),
  'frame of 2^63 bytes': (attack) =>
    upgraded(attack, Buffer.from([0x81, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3, 4])),
  'frame of 1 GB': (attack) => upgraded(attack, Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4])),
  'fragmented ping': (attack) => upgraded(attack, Buffer.from([0x09, 0x80, 1, 2, 3, 4])),
  'continuation of nothing': (attack) => upgraded(attack, Buffer.from([0x80, 0x80, 1, 2, 3, 4])),
  'half a frame': (attack) => upgraded(attack, Buffer.from([0x81, 0xfe, 0x10])),
  'no UTF-8': (attack) => upgraded(attack, Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe])),
};

const sideBySide = 25;
const longestMilliseconds = 400;

/** Opens connections that break the rules of TCP's users: each is left, cut, or waited for until the gateway closes it. */
export async function attackRaw(attack: RawAttack): Promise<void> {
  let opened = 0;
  const work = async (): Promise<void> => {
    while (opened < attack.connections && !attack.signal.aborted) {
      opened += 1;
      attack.tally.count('raw', await openOne(attack));
    }
  };
  await Promise.all(Array.from({ length: sideBySide }, work));
}

async function openOne(attack: RawAttack): Promise<string> {
  const { random } = attack;
  const { hostname, port } = new URL(attack.url);
  const [kind = ''] = random.shuffle(Object.keys(openings));
  const reset = random.next() < 0.3;
  const patience = random.between(0, longestMilliseconds);
  const socket = connect({ host: hostname, port: Number(port) });
  let failure = '';
  socket.on('error', (error: NodeJS.ErrnoException) => (failure = error.code ?? 'error'));
  socket.resume();
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      resolve();
    });
  });
  socket.write(openings[kind]?.(attack) ?? '');
  const left = new AbortController();
  await Promise.race([closed, sleep(patience, undefined, { signal: left.signal }).catch(() => undefined)]);
  left.abort();
  const byGateway = socket.closed;
  if (reset) socket.resetAndDestroy();
  else socket.destroy();
  await closed;
  return failure === 'ECONNREFUSED' ? failure : byGateway ? 'closed by the gateway' : 'left';
}
