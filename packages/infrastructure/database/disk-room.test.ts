import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { requireRoom } from './disk-room.ts';

const room = 16 * 1024 * 1024;

/** A disk with so many bytes left for everybody, and plenty that only its administrator may use. */
const disk = (bytes: number, bsize = 4096) => {
  const asked: string[] = [];
  const measure = (folder: string) => {
    asked.push(folder);
    return Promise.resolve({ bavail: bytes / bsize, bfree: 1_000_000, blocks: 1_000_000, bsize });
  };
  return { asked, measure };
};

test.each([512, 4096, 65_536])('16 MiB are enough and a block less is not, in blocks of %i bytes', async (bsize) => {
  const enough = disk(room, bsize);
  await expect(requireRoom('/data', enough.measure)).resolves.toBeUndefined();
  expect(enough.asked).toEqual(['/data']);
  await expect(requireRoom('/data', disk(room - bsize, bsize).measure)).rejects.toMatchObject({
    code: 'disk_full',
    message: 'The disk of the database has 15 MiB free and needs 16: writes fail or soon will.',
  });
});

test('a disk without any room is full', async () => {
  await expect(requireRoom('/data', disk(0).measure)).rejects.toMatchObject({ code: 'disk_full' });
});

test('without a measure of its own it asks the operating system about that folder [database.disk-full]', async () => {
  await expect(requireRoom(tmpdir())).resolves.toBeUndefined();
  await expect(requireRoom('/there/is/no/such/folder')).rejects.toMatchObject({ code: 'ENOENT' });
});
