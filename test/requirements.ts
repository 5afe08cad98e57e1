import { edgePromises } from './edge-promises.ts';

/** A promise of the product. Tests that prove it cite its id in brackets at the end of their title. */
export interface Requirement {
  readonly id: string;
  /** The promise, as a user or an operator would check it. */
  readonly sentence: string;
  /** Where it is kept. */
  readonly room: string;
}

type Promises = Readonly<Record<string, string>>;

function promisesOf(room: string, promises: Promises): readonly Requirement[] {
  return Object.entries(promises).map(([id, sentence]) => ({ id, sentence, room }));
}

/** Every promise of the mission, kept or still open; an id never changes its meaning. */
export const requirements: readonly Requirement[] = [
  ...promisesOf('apps/devmesh', {
    'start.one-command': 'One command starts every service on the embedded default and prints where they are.',
    'start.ten-seconds': 'After installation it is up within 10 seconds.',
    'start.key-once': 'The admin key is shown at the first start and never again.',
    'start.keeps-everything': 'Stopping and starting again keeps everything.',
    'start.refuses-clearly':
      'A port or folder in use, a broken configuration: one sentence with a code, and nothing half-started.',
    'demo.main-job': 'The demo proves the main job step by step and exits non-zero when a step fails.',
    'demo.both-engine-sets': 'The demo passes on the embedded default and on PostgreSQL with Redis.',
    'demo.kill-loses-nothing': 'A kill -9 in the middle and a restart lose no acknowledged event.',
    'mesh.drains': 'A mesh told to stop under load ends with 0, and no client sees an error.',
    'mesh.engines-away': 'While an engine is down or hangs, senders are told at once, and what they were told holds.',
    'chaos.plants': 'Chaos is proved by planted bugs, each of which makes its run fail.',
  }),
  ...promisesOf('test', {
    'isolation.catalogue':
      'Whatever isolation rests on in the database is there, in every table, and is asked of a new one too.',
    'isolation.probes': 'No verb on any table reaches another tenant, and each system job reaches what was decided on.',
    'isolation.pool': 'Tenants that share connections see no row of each other, whichever of them throws.',
    'isolation.sweep':
      'Every operation, tool and resource answers for what another organization has as for what nobody has, changes nothing, and leaves an entry.',
    'isolation.shared': 'Caches, limits, sessions, blobs, streams, search and circuits keep tenants apart.',
    'isolation.plants': 'The proof is proved by planted bugs, each of which makes its check fail.',
  }),
  ...promisesOf('packages/foundation', {
    'errors.one-table':
      'Every failure has a code of one table, with HTTP status, JSON-RPC code and what to do next, and the documents list exactly these.',
    'errors.no-leak': 'An unknown failure tells nobody its inner message.',
    'config.all-problems': 'A wrong configuration is refused with every problem at once.',
    'services.ordered': 'Services start in order and stop in reverse; a second signal forces.',
    'resilience.breaker': 'A failing upstream is cut off, probed and taken back.',
    'secrets.redacted-by-value':
      'The text of a secret that the process handled shows in no log, trace, error or answer.',
    'secrets.nowhere': 'A planted secret is afterwards in no answer, no log line and no file of the data folder.',
    'secrets.unprintable': 'A secret prints as [redacted] however it is printed or serialized.',
  }),
  ...promisesOf('packages/api', {
    'api.declared-once':
      'One declaration gives route, validation, client, OpenAPI document, MCP tool and verb of the command line.',
    'api.one-way-in':
      'A call from the same process is let in, limited, checked and answered as the request that it stands for.',
    'api.openapi-document': 'The API describes itself as a valid OpenAPI 3.1 document.',
    'api.validated':
      'Path, query and body that do not fit are refused with the wrong fields named, in application/problem+json.',
    'api.paging': 'Lists are paged by a cursor that misses and repeats nothing.',
    'api.idempotency': 'A write sent twice under one idempotency key has one effect and one answer.',
  }),
  ...promisesOf('packages/infrastructure/database', {
    'database.fair': 'Where there is one connection, organizations take turns with it.',
    'tenancy.rls-forced':
      'Every table has forced row-level security with USING and WITH CHECK, and its keys contain the tenant.',
    'tenancy.role-without-ownership':
      'Statements run as a role that owns nothing and cannot bypass row-level security.',
    'tenancy.no-foreign-rows': 'No statement of a tenant sees or changes the rows of another, whatever it asks.',
    'database.same-suite': 'PGlite and PostgreSQL pass the same suite.',
    'database.survives-kill': 'A killed process loses no acknowledged transaction.',
    'database.one-owner': 'A second process on the same folder is refused.',
    'database.disk-full': 'On a full disk nothing is half-written, and it says so.',
    'database.growing-indexed': 'Lists and look-ups of tables with many partitions are answered by indexes.',
    'migrations.up-down': 'Migrations go up, down and up again to the same schema.',
    'migrations.refuse-changed': 'Changed, missing or late migration files are refused by name.',
    'migrations.under-load': 'Migrations go up and down under load without a failed request.',
    'migrations.one-at-a-time': 'Two processes that migrate together wait for each other.',
  }),
  ...promisesOf('packages/infrastructure/stream', {
    'stream.contract': 'The stream on the database and on Redis pass the same suite.',
    'stream.at-least-once': 'Every entry reaches every group until it is acknowledged, whoever dies.',
    'stream.untrimmed': 'Unread entries are never trimmed.',
    'stream.poison': 'An entry that kills its handler is set aside by its count before the handler runs again.',
    'stream.fair': 'A tenant with thousands of entries does not hold up the others.',
    'stream.drained': 'A consumer that is stopped cleanly leaves nothing to be delivered twice.',
    'stream.bounded': 'What a read, a claim or an acknowledgement costs does not grow with the queue.',
    'stream.chaos': 'Chaos over both engine sets loses nothing and doubles no effect.',
  }),
  ...promisesOf('packages/infrastructure/redis', {
    'redis.failover': 'After a failover of sentinels or of a cluster everything goes on alone.',
    'redis.tls': 'Redis is talked to over TLS only where it proves who it is.',
    'redis.acl-minimal': 'The user of Redis needs exactly the permissions that are documented.',
    'redis.no-password-shown': 'No failure and no log line holds a password of Redis.',
  }),
  ...promisesOf('packages/infrastructure/keyvalue', {
    'keyvalue.contract': 'Key-values in memory and on Redis pass the same suite.',
    'keyvalue.lock-fenced': 'A lock has one holder, and its fence grows.',
    'keyvalue.rate-exact': 'A rate limit is exact, also across two processes.',
    'keyvalue.lock-fence-grows': 'The fence of a lock grows for ever, also where counters are forgotten.',
    'keyvalue.rate-together': 'Limits that hold at once are charged all or none, exactly.',
    'keyvalue.rate-away': 'While Redis is away each process limits by itself, and says so.',
    'keyvalue.rate-headers': 'Limits are told in RateLimit headers.',
    'keyvalue.sessions': 'Sessions of gateways are seen by every process until they end or are revoked.',
    'keyvalue.cache-levels': 'A cache with two levels fetches a missing value once.',
    'keyvalue.cache-tenant': 'A cache never gives a tenant the value of another, wherever it stands.',
    'keyvalue.cache-failure': 'A cache remembers that there is nothing for a shorter time, and a failure never.',
    'keyvalue.cache-spread': 'What was cached together does not end together.',
    'keyvalue.cache-change': 'A change is seen at once by every process that caches.',
    'keyvalue.cache-no-secrets': 'No secret is stored in a cache.',
    'keyvalue.cache-away': 'Reads of a cache go on without Redis, and a change made meanwhile is not lost.',
  }),
  ...promisesOf('packages/infrastructure/journal', {
    'journal.survives': 'What the journal took and nobody has done is found by the next process, and done once.',
  }),
  ...promisesOf('packages/infrastructure/blob', {
    'blob.checked': 'A blob is found by its content, belongs to its tenant, and is checked when it is read.',
    'blob.s3': 'Files and S3 pass the same suite.',
  }),
  ...promisesOf('packages/infrastructure/http', {
    'edges.tls': 'Where TLS ends at a service it is version 1.3 or nothing.',
    'edges.headers': 'Every answer tells browsers not to guess, frame, leak or run what it carries.',
    'edges.cors': 'No page of another place may read an answer of the API.',
    'edges.host': 'A request for a host name that is not ours is refused before anything looks at it.',
    'outbound.guarded':
      'No outbound call reaches a private address, at connect or on a redirect, however it is written.',
    'outbound.bounded': 'Outbound answers are bounded in time and size, before and after decompression.',
    'outbound.credentials-stay': 'A redirect to another origin loses its credentials.',
    'outbound.redirects-read': 'A redirect to another origin changes nothing there: only reading requests follow it.',
    'outbound.of-organization': 'A host that the operator opened for one organization is open for no other.',
    'outbound.client-certificate':
      'A client certificate is shown to its own origin, over connections that nobody shares.',
    'outbound.streams': 'Answers that are read while they come are under the same checks and bounded alike.',
    'http.bounded': 'Bodies that are too large, too slow or malformed are refused without harm.',
  }),
  ...promisesOf('packages/infrastructure/telemetry', {
    'telemetry.redacted': 'No secret reaches a log or a trace.',
    'telemetry.one-trace': 'One trace follows a request through every service.',
  }),
  ...promisesOf('packages/infrastructure/embedder', {
    'embedder.local': 'Text is embedded on this machine without network, the same vector for the same text.',
    'embedder.pinned': 'The model is the pinned one or nothing.',
  }),
  ...promisesOf('packages/features/identity', {
    'identity.key-hashed': 'A key is stored only as a hash and shown once.',
    'identity.key-types': 'Four types of keys have a recognizable prefix and their own scopes.',
    'identity.key-ends': 'An expired or revoked key stops working at once.',
    'identity.last-used': 'A key tells when it was last used.',
    'identity.slug-unique': 'An organization registers under a slug that only one has.',
    'identity.last-owner':
      'Once there was an owner there always is one who can act, and nobody gives or touches a role above their own.',
    'identity.invitations': 'An invitation works once, for a while, unless it or its inviter ended.',
    'identity.owned-keys': 'A key never does more than the person it belongs to, and ends with them.',
    'identity.rotation': 'A rotated key gives way to one like it, after an overlap of at most seven days.',
    'identity.remembered':
      'Who is remembered is asked again when their key, role or organization changes, in every process.',
    'identity.passwords': 'Passwords are stored as argon2id, a few computed at once, and the commonest are refused.',
    'identity.deletion': 'A deleted organization opens to nobody at once, and leaves nothing but its tombstone.',
    'identity.users': 'Users sign in with a password or OIDC and have roles.',
    'identity.jwt-attacks': 'Forged, confused, expired and reused tokens are refused.',
  }),
  ...promisesOf('packages/features/vault', {
    'vault.sealed': 'A stored credential opens only for its tenant, row and field, and any changed bit is refused.',
    'vault.tenant-keys': 'Each tenant has a key of its own, which can be rotated and shredded.',
    'vault.rotation': 'Rotation under load fails no read.',
  }),
  ...promisesOf('packages/features/policy', {
    'policy.one-decision': 'What the list hides the call refuses, by one decision that names its rule.',
    'policy.explains': 'It is told why a tool is missing or denied.',
  }),
  ...promisesOf('packages/features/audit', {
    'audit.every-write': 'Every write and every tool call leaves an entry: who, what, result, trace.',
    'audit.append-only': 'Entries cannot be changed by the application.',
    'audit.chained': 'Any tampering with an exported trail is found offline.',
    'audit.bodies':
      'The arguments of tool calls are kept for auditors only where the organization wants it, encrypted, and never in the trail itself.',
  }),
  ...promisesOf('packages/features/events', {
    'events.ordered': 'A watcher sees every event once, in one order, also after it reconnects.',
  }),
  ...promisesOf('packages/features/retention', {
    'retention.settings':
      'An organization says for how many days it keeps what grows, within bounds, and each change is audited.',
    'retention.exact': 'What is older than its organization keeps it is removed, and nothing of another organization.',
    'retention.waiting': 'Nothing that waits to be processed or decided on is removed for its age.',
    'retention.partitions': 'Partitions are there before they are needed, and no insert fails for its time.',
  }),
  ...promisesOf('packages/features/limits', {
    'limits.exact':
      'Limits of organizations, agents, capabilities and tools are exact, whichever API, key or process is used.',
    'limits.all-or-none': 'A request that one limit refuses takes nothing of the others.',
    'limits.clear':
      'A refusal names the limit and says when to come back; every answer tells how much of the tightest limit is left.',
    'limits.warm': 'Limits that are known cost a request no query.',
    'limits.usage': 'What is left of each limit can be looked at without taking any.',
    'limits.webhooks': 'A limit of a capability refuses callers and never drops the task of a webhook.',
    'limits.mcp': 'Over MCP a refused call says with the same code which limit refused and when to come back.',
  }),
  ...promisesOf('packages/features/tools', {
    'tools.import': 'An OpenAPI document becomes tools with valid, unique, stable names and JSON Schemas.',
    'tools.catalogue-fresh': 'The catalogue shows an import or removal at once, in every process.',
    'tools.broken-document': 'A broken or unreachable document is refused in a sentence, and nothing is stored.',
    'tools.references':
      'References are followed within a document, to addresses of its origin without a credential, and to files uploaded with it; nowhere else.',
    'tools.every-body': 'Every kind of body becomes arguments: JSON, forms, files, text and bytes.',
    'tools.hidden-text': 'Nothing that a document hides in names and texts reaches a model.',
    'tools.answers': 'The schema of an answer describes it, and no answer is refused by it.',
    'tools.report': 'Every operation that is not exposed is listed with its reason.',
    'tools.call': 'A call sends path, query, header and body parameters as the document says.',
    'tools.styles': 'What is sent in any style of a parameter, a form or multipart is read back as it was given.',
    'tools.path-safe': 'No argument changes the host of a call, nor the path but for its own part.',
    'tools.large-results': 'A large result is kept whole for a day, and read by nobody but whoever called.',
    'tools.paging': 'The next page of an answer is told exactly, and several are put together.',
    'tools.validated': 'Arguments that do not fit are refused with what to repair, before anything is sent.',
    'tools.credential-hidden': 'A credential is stored sealed, added last, and appears in no answer.',
    'tools.every-scheme': 'Every security scheme of OpenAPI works.',
    'tools.credential-slots': 'A call fills every slot of one alternative of its document, or says which are missing.',
    'tools.own-credential': "A person's own credential goes before the organization's, for that person's calls alone.",
    'tools.credential-host': 'A credential goes to the origin that it was set for and to no other.',
    'tools.upstream-mcp': 'Tools of MCP servers are relayed, and a dead one empties no list.',
    'upstream.offerings':
      'Resources, prompts and completions of MCP servers are relayed under names and addresses of their own.',
    'upstream.relayed':
      'Progress, logs, cancellation and what a server asks of its client reach the right side of the right call.',
    'upstream.rounds':
      'Questions that a server gives as a result reach any client in its way, with the state, and the answers go back.',
    'upstream.followed': 'What a server changes is followed, by one process at a time.',
    'upstream.transports': 'Servers are reached over Streamable HTTP, HTTP with SSE, WebSocket and as programs.',
    'upstream.eras': 'Servers of revisions with sessions and without are spoken with in their own.',
    'upstream.programs': 'A program runs only where the operator allows it, within limits, and is never left behind.',
    'upstream.bounded': 'A hostile server is heard no further than its bounds.',
    'upstream.credential': 'A credential of an MCP server goes to its origin alone and shows nowhere.',
    'upstream.answers': 'Only the key that called answers what is asked during its call, once, in any process.',
    'tools.screened': 'What in the lists of a server looks like an attempt on models is found and told.',
    'tools.override':
      'An organization renames, redescribes and hides what its services offer, and sees why something is hidden.',
    'tools.fixed-arguments': 'A fixed argument is in every call, and nobody who calls can change it.',
    'tools.route-rules': 'By method, path and tag operations become tools, resources, or nothing.',
    'tools.set-offerings':
      'A tool set shows what else the servers have that it takes in whole, under names that lead to one server.',
    'tools.sets': 'A tool set has an endpoint of its own, shows and calls its own tools, and widens nothing.',
    'tools.pinned': 'Every definition is pinned by its hash, and only what changed is written.',
    'tools.drift': 'A changed document changes no tool behind the back of its users.',
    'tools.discovery-credentials': 'No credential goes to a host that was only probed.',
    'packs.default-set': "A provider's default set is listed; all else of it is found, called, and can be listed.",
    'packs.permissions': 'What the stored credential cannot do is hidden with the reason, and shown again once it can.',
    'packs.health': 'Services are looked at by reads alone; how they answered is kept.',
    'tools.round-trip':
      'Arguments that fit a tool make requests that fit the document it came from, judged by code of its own.',
    'tools.finding': 'A tool is found by words among thousands.',
    'tools.meta':
      'A client that should not see thousands of tools finds, reads and calls each by three tools, with pinned ones beside.',
    'tools.usage':
      'Each call of a tool is counted with its caller, duration, size and failure, and priced where a price is set.',
    'resilience.circuit': 'A host that fails is left alone, probed and taken back, for each organization by itself.',
    'resilience.bulkhead': 'A slow host holds a bounded number of calls, and the rest hear when to come back.',
    'resilience.retries':
      'A call is tried again only where a repeat does no more, and no sooner than the service asks.',
    'resilience.no-repeated-write': 'A write is sent once; one whose answer is lost says that it may have happened.',
    'resilience.settings':
      'How calls of a service are carried out is set by its organization, and holds from the next call on.',
    'resilience.coalescing': 'Reads that are the same at once share one request, and writes never do.',
    'resilience.cache': 'An answer is given again as long as its service allows, and no longer.',
    'resilience.cache-apart': 'No answer is shared between organizations, people or credentials.',
    'resilience.cache-bounded': 'What is kept of answers is bounded for each organization.',
    'resilience.read-your-writes': 'Who reads after a write gets nothing that was read before it.',
  }),
  ...promisesOf('packages/features/notifications', {
    'notifications.committed': 'A notice and what it tells about are committed together, or neither.',
    'notifications.meant-for': 'A notice for one agent reaches no other agent.',
    'notifications.mcp': 'An open MCP session is told as its protocol has it, from the severity it asked for.',
  }),
  ...promisesOf('packages/features/webhooks', {
    'webhooks.signature': 'The signature is checked on the raw body; a bad one writes nothing.',
    'webhooks.committed-first': 'The event is a committed row before the sender gets its 202.',
    'webhooks.once': 'The same delivery sent again is one event and one effect.',
    'webhooks.retry': 'A failing effect is tried again, then waits as a dead letter, and redriving it has one effect.',
    'webhooks.redrive':
      'A dead letter is redriven once, and each run of an event has its effects once, whatever is done in whichever order.',
    'webhooks.replay': 'A range of events is replayed once each, across crashes and with several workers.',
    'webhooks.rotation':
      'A new secret counts at once in every process, the old one to the end of its grace and no longer.',
    'webhooks.back-pressure': 'What is too much is refused with a time to come again, and never dropped.',
    'webhooks.no-hang':
      'While the database hangs senders are refused within two seconds; a late commit is found again.',
    'webhooks.providers': 'Every provider of the mission is verified by its documented vectors.',
  }),
  ...promisesOf('packages/features/deliveries', {
    'webhooks.out': 'Outbound webhooks are signed, tried again and logged.',
    'webhooks.out-lossless':
      'An event that an endpoint wants reaches it, whoever dies in between; again under the same id.',
    'webhooks.out-breaker':
      'A failing endpoint is left alone and probed, and what waits for it is not given up meanwhile.',
    'webhooks.out-apart': 'A slow endpoint holds up no other, and no other organization.',
    'webhooks.out-rotation': 'A secret is changed without a delivery that the receiver refuses.',
  }),
  ...promisesOf('packages/features/connections', {
    'connections.presets': 'Accounts are connected, renewed and revoked at each provider as it wants it.',
    'connections.state': 'A consent ends once, for who began it; no other return of a browser connects anything.',
    'connections.own-browser':
      'A consent ends in the browser of who began it: signed in as them, or with the code that only they were given.',
    'connections.pkce': 'A code alone is worth nothing: the verifier never leaves the platform before it is redeemed.',
    'connections.one-renewal': 'However many calls need a token in however many processes, it is asked for once.',
    'connections.rotation':
      'A rotated refresh token is stored, or refused where somebody newer was first, and never used twice.',
    'connections.consent-gone': 'A consent that is gone is told as such, with where to give it anew.',
    'connections.transient': 'A provider that fails for a moment costs no connection.',
    'connections.own': "A person's connection serves that person's calls, and nobody else's.",
    'connections.hosts': 'Tokens go to the hosts of their provider only.',
    'connections.refused': 'A refused token is renewed once; a call that may have done something is not sent again.',
    'connections.revoked':
      'A removed connection is used no more, whatever its provider answers, and the caller is told.',
    'connections.secret': 'No token or client secret shows in rows, logs, traces, the trail, answers or errors.',
    'connections.pass-through':
      "A person's own credential serves one call of the service it names, and is found nowhere after it.",
  }),
  ...promisesOf('packages/features/automation', {
    'automation.rules':
      'Rules route events by source, name and JsonLogic; what an event lacks never matches, and a condition that cannot be told fails aloud.',
    'automation.bounded': 'Rules are bounded in number, size and work, and refused with the place of the fault.',
    'automation.trial': 'A trial tells which rules match and what would happen, and nothing does.',
  }),
  ...promisesOf('packages/features/tasks', {
    'tasks.assign': 'A task goes to an agent that has its capabilities and room for it.',
    'tasks.one-owner': 'A task has one owner at a time; a late one is refused.',
    'tasks.lease': 'A task whose owner is silent goes to another.',
    'tasks.notify': 'The agent learns of its task by a notification.',
  }),
  ...promisesOf('packages/features/agents', {
    'agents.presence': 'An agent that is gone is shown as gone.',
  }),
  ...promisesOf('packages/features/workflows', {
    'workflows.durable': 'A workflow goes on where it was after a crash, without repeating an effect.',
  }),
  ...promisesOf('packages/features/knowledge', {
    'knowledge.tracked-files': 'The tracked files of a git repository are indexed, and nothing ignored or secret.',
    'knowledge.answers': 'A question is answered with file, lines and commit.',
    'knowledge.truthful': 'No match, not indexed, stale and failed are different answers.',
    'knowledge.incremental': 'Indexing again costs what has changed.',
  }),
  ...promisesOf('packages/features/prompts', {
    'prompts.literal': 'What is put into a prompt stands there as it is and is never read as a part of it.',
    'prompts.versions':
      'A version of a prompt never changes, clients get the active one, and no change of somebody else is lost.',
    'prompts.tenant': 'Prompts are of their organization alone.',
    'prompts.served': 'Clients of every transport list, fill in and complete prompts, and hear when they change.',
  }),
  ...promisesOf('packages/mcp', {
    'mcp.official-client': 'The official client works over WebSocket and over HTTP.',
    'mcp.revisions': 'Each revision of the protocol is negotiated and kept to.',
    'mcp.stateless': 'A request without a session is answered by itself, and asks its client by its result.',
    'mcp.mirrored-headers':
      'Arguments that a tool wants repeated in headers are repeated to its server, and calls whose headers differ are refused.',
    'mcp.frames': 'Binary frames carry messages whole, in order and smaller, and nothing that is not one.',
    'mcp.malformed': 'Malformed frames and messages are answered by their code and harm nobody else.',
    'mcp.sessions-resume':
      'A WebSocket session whose connection was cut is resumed by its own key, with all it missed in order and nothing twice.',
    'mcp.reconnects': 'The client library comes back by itself, and says so where its session could not be kept.',
    'mcp.latency':
      'The round trip to each WebSocket client is measured, and a dead peer is dropped within two intervals.',
    'mcp.floods': 'No flood, fragment or silence of a WebSocket peer costs others their service.',
    'mcp.stdio':
      'Clients on standard streams reach the mesh: nothing is missed by a cut, a lost session is begun anew, and what may not have been done is said.',
    'mcp.resumes': 'A dropped stream is resumed without losing a message.',
    'mcp.real-clients':
      'Clients of others connect with a key, list and call tools and read resources, in their own way.',
    'mcp.conformance': 'The official conformance suite passes without expected failures.',
  }),
  ...promisesOf('apps/edge-mcp', edgePromises),
  ...promisesOf('apps/console', {
    'console.live': 'The console shows what runs, tools, agents, tasks and events as they happen.',
    'console.search': 'Code is searched from the console.',
  }),
  ...promisesOf('apps/mockserver', {
    'mockserver.real-state': 'The mock keeps state and does what its document says.',
    'mockserver.signed': 'The mock signs webhooks as the real senders do.',
  }),
];
