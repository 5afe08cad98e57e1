import { open } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { MeshError, Secret } from '@devmesh/foundation';

interface KeyFileOptions {
  /** Whether it may be a secret that an orchestrator mounts: owned by root, readable by the group of this process. */
  readonly mounted: boolean;
}

/** Of a file that holds keys. */
const maximumBytes = 4_096;

/** The text of a file that nobody else can read; undefined where there is none. Throws `invalid_config`. */
export async function readKeyFile(path: string, { mounted }: KeyFileOptions): Promise<Secret | undefined> {
  const file = await open(path, 'r').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new MeshError('invalid_config', `${path} cannot be read (${reason}); give it to the user that runs this.`, {
      cause: error,
    });
  });
  if (file === undefined) return undefined;
  try {
    const about = await file.stat();
    if (!about.isFile()) throw new MeshError('invalid_config', `${path} is not a file.`);
    if (about.size > maximumBytes) throw new MeshError('invalid_config', `${path} is too large to hold a key.`);
    refuseOthers(path, about, mounted);
    return new Secret((await file.readFile('utf8')).trim());
  } finally {
    await file.close();
  }
}

/** Kubernetes and Docker mount secrets as root's; to another user they are readable by its group alone. */
function refuseOthers(path: string, { mode, uid }: Stats, mounted: boolean): void {
  const own = process.getuid?.();
  if (uid !== own && uid !== 0) {
    throw new MeshError(
      'invalid_config',
      `${path} belongs to another user, who can change it; give it to the user that runs this.`,
    );
  }
  const allowed = mounted && uid === 0 ? 0o740 : 0o700;
  if ((mode & 0o777 & ~allowed) === 0) return;
  const mountedHint = mounted ? ' (a mounted secret: mode 0400, or 0440 with the group of this process)' : '';
  throw new MeshError('invalid_config', `${path} can be read by other users; run: chmod 600 ${path}${mountedHint}`);
}
