import { imageOf } from './image-archive.fixture.ts';

type Values = Readonly<Record<string, unknown>>;

/** What the document of a server does not say of it. */
export interface RealDescription {
  readonly name: string;
  readonly document: string;
  readonly basePath: string;
  /** Arguments of the operations that a pattern names which its texts or its state ask for, in place of generated ones. */
  readonly known: readonly (readonly [RegExp, Values])[];
  /** The same, given even where they are optional. */
  readonly needed: readonly (readonly [RegExp, Values])[];
  /** Calls that make what the known arguments name; what is there already may be refused. */
  readonly seeds: readonly (readonly [string, Values])[];
  /** What it says where it understood a request and refuses what it means. */
  readonly understood: RegExp;
  /** What it says of a path or method that it does not serve. */
  readonly unserved: RegExp;
}

const alertmanager: RealDescription = {
  name: 'alertmanager',
  document: 'alertmanager-0.25.yaml',
  basePath: '/api/v2',
  known: [
    [/./u, { filter: ['alertname="seed"'] }],
    [/^postSilences$/u, { startsAt: '2090-01-01T00:00:00Z', endsAt: '2091-01-01T00:00:00Z' }],
  ],
  needed: [],
  seeds: [],
  understood: /silence not found|at least one label pair required|^"?\s*$/u,
  unserved: /path \S+ was not found|404 page not found|method \S+ is not allowed/u,
};

const zone = { server_id: 'localhost', zone_id: 'seed.example.' };

const powerdns: RealDescription = {
  name: 'powerdns',
  document: 'powerdns-auth-4.7.yaml',
  basePath: '/api/v1',
  known: [
    [/./u, { ...zone, cryptokey_id: '1', metadata_kind: 'ALSO-NOTIFY', tsigkey_id: 'seed.' }],
    [/^(?:cacheFlush|listZones)/u, { domain: 'seed.example.', zone: 'seed.example.' }],
    [/^searchData$/u, { object_type: 'all' }],
    [/Metadata$/u, { kind: 'ALSO-NOTIFY' }],
    [/TSIGKey$/u, { algorithm: 'hmac-sha256', key: 'c2VlZA==' }],
    [/^getStats$/u, { statistic: 'uptime' }],
  ],
  needed: [],
  seeds: [
    ['createZone', { server_id: 'localhost', body: { name: 'seed.example.', kind: 'Native', nameservers: [] } }],
    ['createTSIGKey', { server_id: 'localhost', name: 'seed', algorithm: 'hmac-sha256' }],
    ['createMetadata', { ...zone, kind: 'ALSO-NOTIFY', metadata: ['192.0.2.1'] }],
    ['createCryptokey', { ...zone, keytype: 'ksk', active: true }],
  ],
  understood:
    /not a slave domain|not present or not a|is not specified or|is not canonical|leave 'privatekey' empty|TSIG key with name|already exists|(?:RRset|Domain|Conflict) |No rrsets given|is not an IP address|metadata is not specified/u,
  unserved: /^(?:\{"error": ")?(?:Not Found|Method Not Allowed)"?\}?$/u,
};

const podman: RealDescription = {
  name: 'podman',
  document: 'docker-engine-1.41.yaml',
  basePath: '/v1.41',
  known: [
    [/./u, { filters: '{}', 'X-Registry-Auth': 'e30=' }],
    [/^(?:Container|PutContainer)/u, { id: 'seed', path: '/', copyUIDGID: '0', noOverwriteDirNonDir: '0' }],
    [/^Network/u, { id: 'seed', Container: 'seed', IPAM: {}, EndpointConfig: {} }],
    [/^Image/u, { name: 'seed', names: ['seed'] }],
    [/^Volume/u, { name: 'seed', Driver: 'local', DriverOpts: {} }],
    [/^Secret/u, { id: 'seed', Data: 'c2VlZA==' }],
    [/^(?:ImageLoad|PutContainerArchive)$/u, { body: { base64: imageOf('docker.io/library/seed:latest') } }],
    [/^SystemEvents$/u, { since: '0', until: '1' }],
    [/^ContainerWait$/u, { condition: 'not-running' }],
  ],
  needed: [
    [/^SystemEvents$/u, { until: '1' }],
    [/^Container(?:Logs|Attach)$/u, { stdout: true, logs: true, stream: false, tail: 'all' }],
    [/^Container(?:Create|Exec)$/u, { Env: ['NAME=value'] }],
    [/^ImageTag$/u, { repo: 'seed' }],
    [/^ContainerStats$/u, { stream: false, 'one-shot': true }],
    [/^ContainerCreate$/u, { Image: 'seed' }],
    [/^ImageGetAll$/u, { names: ['seed'] }],
    [/^ImageCommit$/u, { container: 'seed' }],
    [/^Network(?:Connect|Disconnect)$/u, { Container: 'seed' }],
    [/^ImageCreate$/u, { fromImage: 'seed' }],
    [/^SecretCreate$/u, { Name: 'made', Data: 'c2VlZA==', Driver: { Name: 'file' } }],
  ],
  seeds: [
    ['ImageLoad', { body: { base64: imageOf('docker.io/library/seed:latest') } }],
    ['ContainerCreate', { name: 'seed', Image: 'docker.io/library/seed', Cmd: ['/none'] }],
    ['VolumeCreate', { Name: 'seed' }],
    ['NetworkCreate', { Name: 'seed' }],
    ['SecretCreate', { Name: 'seed', Data: 'c2VlZA==', Driver: { Name: 'file' } }],
  ],
  understood:
    /no such |not known|connection refused|is blocked in|in use|link is not supported|setrlimit .*not permitted|already exists|can only |not running|is not mounted|state improper|invalid signal/iu,
  unserved: /^Not Found\s*$|^Method Not Allowed\s*$|is not supported"|does not support service/u,
};

/** The servers that are called, and what is told beside their documents. */
export const realDescriptions: readonly RealDescription[] = [alertmanager, powerdns, podman];
