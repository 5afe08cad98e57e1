/** A program that speaks MCP 2025-06-18 by hand, as one argument of `node -e`. Its tools show what it is given and does. */
export const speaker = `
const { spawn } = require('node:child_process');
const send = (message) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
const text = (value) => ({ content: [{ type: 'text', text: String(value) }] });
const tools = {
  environment: () => text(JSON.stringify(process.env)),
  where: () => text(process.cwd()),
  pid: () => text(process.pid),
  // One child in its group and one that leaves it.
  family: () => {
    const sleeper = () => ['-e', 'setInterval(() => {}, 1000)'];
    const near = spawn(process.execPath, sleeper(), { stdio: 'ignore' });
    const far = spawn(process.execPath, sleeper(), { stdio: 'ignore', detached: true });
    far.unref();
    return text([near.pid, far.pid].join(' '));
  },
  stubborn: () => {
    process.on('SIGTERM', () => {});
    setInterval(() => {}, 1000);
    return text('stays');
  },
  hog: () => {
    const held = [];
    for (;;) held.push(Buffer.alloc(16 * 1024 * 1024, 1));
  },
  crash: () => {
    process.stderr.write('the disk is on fire\\n');
    process.exit(3);
  },
  endless: () => {
    process.stdout.write('x'.repeat(4 * 1024 * 1024));
    return text('written');
  },
};
const answers = {
  initialize: ({ protocolVersion }) => ({ protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'speaker', version: '1' } }),
  'tools/list': () => ({ tools: Object.keys(tools).map((name) => ({ name, inputSchema: { type: 'object' } })) }),
  'tools/call': ({ name }) => tools[name](),
  ping: () => ({}),
};
let rest = '';
process.stdin.on('data', (chunk) => {
  const lines = (rest + chunk).split('\\n');
  rest = lines.pop();
  for (const line of lines) {
    const { id, method, params } = JSON.parse(line);
    if (id === undefined) continue;
    const answer = answers[method];
    if (answer) send({ id, result: answer(params) });
    else send({ id, error: { code: -32601, message: 'no such method' } });
  }
});
`;
