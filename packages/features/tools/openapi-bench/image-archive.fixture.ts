import { createHash } from 'node:crypto';

/** A container image with one empty file, as `docker save` writes it: a tar archive in base64. */
export function imageOf(tag: string): string {
  const layer = tar([['hello', tag]]);
  const config = JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    config: { Cmd: ['/hello'] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${digest(layer)}`] },
  });
  const configName = `${digest(config)}.json`;
  const manifest = JSON.stringify([{ Config: configName, RepoTags: [tag], Layers: ['layer.tar'] }]);
  const archive = tar([
    [configName, config],
    ['layer.tar', layer],
    ['manifest.json', manifest],
  ]);
  return archive.toString('base64');
}

function digest(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}

const block = 512;

/** Files as a POSIX tar archive. */
function tar(files: readonly (readonly [string, Buffer | string])[]): Buffer {
  const parts = files.flatMap(([name, content]) => {
    const bytes = Buffer.from(content);
    const padding = Buffer.alloc((block - (bytes.length % block)) % block);
    return [header(name, bytes.length), bytes, padding];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}

function header(name: string, size: number): Buffer {
  const bytes = Buffer.alloc(block);
  bytes.write(name, 0);
  bytes.write('0000644\0', 100);
  bytes.write('0000000\0', 108);
  bytes.write('0000000\0', 116);
  bytes.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  bytes.write('00000000000\0', 136);
  // The sum counts itself as spaces.
  bytes.write('        ', 148);
  bytes.write('0', 156);
  bytes.write('ustar\x0000', 257);
  const sum = bytes.reduce((all, byte) => all + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return bytes;
}
