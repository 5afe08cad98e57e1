import { createHash, createHmac, randomBytes } from 'node:crypto';

/** The `X-Hub-Signature-256` value of a body: HMAC-SHA-256 over its exact bytes. */
export function signGitHub(secret: string, rawBody: string | Uint8Array): string {
  return `sha256=${createHmac('sha256', secret).update(rawBody).digest('hex')}`;
}

/** One commit of a push; what is left out is made up. */
export interface GitHubPushCommit {
  readonly message: string;
  readonly id?: string;
  readonly author?: string;
  readonly added?: readonly string[];
  readonly modified?: readonly string[];
  readonly removed?: readonly string[];
}

interface GitHubPushOptions {
  /** Owner and name; `acme/checkout` by default. */
  readonly repository?: string;
  readonly branch?: string;
  readonly defaultBranch?: string;
  /** Commit of the branch before the push. */
  readonly before?: string;
  /** Commit of the branch after it; the last commit's by default. */
  readonly after?: string;
  /** Login of who pushed. */
  readonly pusher?: string;
  readonly commits?: readonly GitHubPushCommit[];
  /** Unix milliseconds of the push. */
  readonly at?: number;
}

/** The payload of a GitHub `push` event, with the fields that receivers read. */
export function githubPush(options: GitHubPushOptions = {}) {
  const { repository, branch, defaultBranch, pusher, ...given } = { ...defaults, ...options };
  const at = given.at ?? Date.now();
  const commits = given.commits.map((commit) => pushedCommit(commit, repository, pusher, at));
  const before = given.before ?? randomSha();
  const after = given.after ?? commits.at(-1)?.id ?? randomSha();
  const owner = repository.split('/')[0] ?? repository;
  const zero = '0'.repeat(40);
  return {
    ref: `refs/heads/${branch}`,
    before,
    after,
    repository: describeRepository(repository, owner, defaultBranch, at),
    pusher: { name: pusher, email: mailOf(pusher) },
    organization: { ...account(owner), description: 'An imaginary shop' },
    sender: { ...account(pusher), type: 'User', site_admin: false },
    created: before === zero,
    deleted: after === zero,
    forced: false,
    base_ref: null,
    compare: `https://github.com/${repository}/compare/${before.slice(0, 12)}...${after.slice(0, 12)}`,
    commits,
    head_commit: commits.at(-1) ?? null,
  };
}

const defaults: Required<Omit<GitHubPushOptions, 'before' | 'after' | 'at'>> = {
  repository: 'acme/checkout',
  branch: 'main',
  defaultBranch: 'main',
  pusher: 'amara',
  commits: [
    {
      message: 'Fold the discounts in the order of the vouchers',
      modified: ['src/pricing/vouchers.ts', 'src/pricing/vouchers.test.ts'],
    },
  ],
};

function pushedCommit(commit: GitHubPushCommit, repository: string, pusher: string, at: number) {
  const id = commit.id ?? randomSha();
  const login = commit.author ?? pusher;
  const person = { name: login, email: mailOf(login), username: login };
  return {
    id,
    tree_id: createHash('sha1').update(`tree ${id}`).digest('hex'),
    distinct: true,
    message: commit.message,
    timestamp: new Date(at).toISOString().replace(/\.\d{3}Z$/, 'Z'),
    url: `https://github.com/${repository}/commit/${id}`,
    author: person,
    committer: person,
    added: commit.added ?? [],
    removed: commit.removed ?? [],
    modified: commit.modified ?? [],
  };
}

function describeRepository(fullName: string, owner: string, defaultBranch: string, at: number) {
  const page = `https://github.com/${fullName}`;
  const id = stableNumber(fullName);
  return {
    id,
    node_id: Buffer.from(`010:Repository${String(id)}`).toString('base64'),
    name: fullName.split('/')[1] ?? fullName,
    full_name: fullName,
    private: true,
    owner: { ...account(owner), name: owner, type: 'Organization', site_admin: false },
    html_url: page,
    description: null,
    fork: false,
    url: `https://api.github.com/repos/${fullName}`,
    clone_url: `${page}.git`,
    git_url: `git://github.com/${fullName}.git`,
    ssh_url: `git@github.com:${fullName}.git`,
    language: 'TypeScript',
    archived: false,
    disabled: false,
    visibility: 'private',
    default_branch: defaultBranch,
    master_branch: defaultBranch,
    pushed_at: Math.floor(at / 1000),
  };
}

function account(login: string) {
  const id = stableNumber(login);
  return {
    login,
    id,
    url: `https://api.github.com/users/${login}`,
    html_url: `https://github.com/${login}`,
    avatar_url: `https://avatars.githubusercontent.com/u/${String(id)}?v=4`,
  };
}

function mailOf(login: string): string {
  return `${login}@acme.example`;
}

function stableNumber(name: string): number {
  return createHash('sha1').update(name).digest().readUInt32BE(0);
}

function randomSha(): string {
  return randomBytes(20).toString('hex');
}
