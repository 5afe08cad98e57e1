import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../../identity/index.ts';
import { openToolsBench, type ToolsBench } from '../tools.fixture.ts';
import { imageOf } from './image-archive.fixture.ts';
import { importServer, realServers, whyAbsent } from './real-servers.fixture.ts';

const absent = whyAbsent();

describe.skipIf(absent !== undefined)(`tools of real servers (${absent ?? 'they are named'})`, () => {
  let bench: ToolsBench;
  let principal: Principal;

  beforeAll(async () => {
    bench = await openToolsBench();
    principal = await bench.newPrincipal();
    for (const server of realServers()) await importServer(bench, principal, server);
  }, 120_000);
  afterAll(() => bench.close());

  const call = (name: string, values: Record<string, unknown> = {}) => bench.call(principal, name, values);
  /** The JSON of an answer of success. */
  const read = async (name: string, values: Record<string, unknown> = {}): Promise<unknown> => {
    const { isError, content } = await call(name, values);
    const [piece] = content;
    const text = piece?.type === 'text' ? piece.text : '';
    expect(isError, text).toBe(false);
    return JSON.parse(text);
  };

  it('keep a zone of PowerDNS: made, changed, read and deleted with a key', async () => {
    const zone = { server_id: 'localhost', zone_id: 'crud.example.' };
    const body = { name: 'crud.example.', kind: 'Native', nameservers: ['ns1.crud.example.'] };
    await call('powerdns_deleteZone', zone);
    expect((await call('powerdns_createZone', { server_id: 'localhost', rrsets: false, body })).status).toBe(201);
    expect((await call('powerdns_createZone', { server_id: 'localhost', body })).status).toBe(409);
    const records = [{ content: '192.0.2.7', disabled: false }];
    const rrset = { name: 'www.crud.example.', type: 'A', ttl: 300, changetype: 'REPLACE', records };
    expect((await call('powerdns_patchZone', { ...zone, rrsets: [rrset] })).status).toBe(204);
    expect((await call('powerdns_patchZone', { ...zone, rrsets: [{ ...rrset, name: 'elsewhere.' }] })).status).toBe(
      422,
    );
    const wanted = { rrset_name: 'www.crud.example.', rrset_type: 'A' };
    const shown = { name: 'www.crud.example.', type: 'A', ttl: 300, records };
    expect(await read('powerdns_listZone', { ...zone, ...wanted })).toMatchObject({ rrsets: [shown] });
    expect(await read('powerdns_searchData', { server_id: 'localhost', q: 'www.crud*', max: 5 })).toMatchObject([
      { name: 'www.crud.example.', content: '192.0.2.7' },
    ]);
    expect((await call('powerdns_deleteZone', zone)).status).toBe(204);
    expect((await call('powerdns_listZone', zone)).status).toBe(404);
  }, 30_000);

  it('hand Alertmanager a list of alerts, and silence one of them', async () => {
    const alerts = ['disk', 'memory'].map((name) => ({ labels: { alertname: name, run: 'crud "&=' } }));
    expect((await call('alertmanager_postAlerts', { body: alerts })).status).toBe(200);
    const filter = ['alertname="disk"', 'run="crud \\"&="'];
    expect(await read('alertmanager_getAlerts', { filter })).toMatchObject([{ labels: alerts[0]?.labels }]);
    const silence = {
      matchers: [{ name: 'alertname', value: 'disk', isRegex: false, isEqual: true }],
      startsAt: new Date().toISOString(),
      endsAt: new Date(Date.now() + 3_600_000).toISOString(),
      createdBy: 'a test',
      comment: 'ä & b',
    };
    const { silenceID } = (await read('alertmanager_postSilences', silence)) as { silenceID: string };
    expect(await read('alertmanager_getSilence', { silenceID })).toMatchObject({ comment: 'ä & b' });
    expect(await read('alertmanager_getSilences', { filter: ['alertname="memory"'] })).toEqual([]);
    expect((await call('alertmanager_deleteSilence', { silenceID })).status).toBe(200);
    expect(await read('alertmanager_getSilence', { silenceID })).toMatchObject({ status: { state: 'expired' } });
  }, 30_000);

  it('keep a volume of Podman, found by a filter that is JSON within the query', async () => {
    await call('podman_VolumeDelete', { name: 'crud' });
    expect((await call('podman_VolumeCreate', { Name: 'crud', Labels: { of: 'a & b' } })).status).toBe(201);
    const filters = JSON.stringify({ label: ['of=a & b'] });
    expect(await read('podman_VolumeList', { filters })).toMatchObject({ Volumes: [{ Name: 'crud' }] });
    const others = JSON.stringify({ label: ['of=another'] });
    expect(await read('podman_VolumeList', { filters: others })).toMatchObject({ Volumes: [] });
    expect((await call('podman_VolumeDelete', { name: 'crud' })).status).toBe(204);
    expect((await call('podman_VolumeInspect', { name: 'crud' })).status).toBe(404);
  }, 30_000);

  it('load an image of bytes into Podman, under a name with a slash, and get it back as bytes', async () => {
    const name = 'localhost/crud/image:1';
    const loaded = await call('podman_ImageLoad', { body: { base64: imageOf(name) } });
    expect(JSON.stringify(loaded.content)).toContain(name);
    expect(await read('podman_ImageInspect', { name })).toMatchObject({ RepoTags: [name] });
    const kept = await call('podman_ImageGet', { name });
    expect(JSON.stringify(kept.content)).toMatch(/\d+ bytes of application\/octet, not shown as text/u);
    expect((await call('podman_ImageDelete', { name })).isError).toBe(false);
    expect((await call('podman_ImageInspect', { name })).status).toBe(404);
  }, 30_000);
});
